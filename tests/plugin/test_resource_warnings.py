"""A ResourceWarning names the test that left the thing, not only the one in which it was collected."""

import sys

import pytest

from isolation._origin import Origin
from isolation._owners import Owner
from isolation._resource_warnings import ResourceWarnings
from isolation.recording._recorder import Recorder

LEAKING = """
    import gc, socket

    class Cycle:
        def __init__(self):
            self.itself = self
            self.socket = socket.socket()

    def test_leaves():
        gc.disable()
        Cycle()

    def test_collects():
        gc.enable()
        gc.collect()
"""


def test_the_summary_says_whose_a_warning_is(pytester: pytest.Pytester) -> None:
    """Whoever is warned learns who left the thing, and where it was made."""
    pytester.makepyfile(LEAKING)

    result = pytester.runpytest_subprocess("-W", "always::ResourceWarning", "-p", "no:cacheprovider")

    result.stdout.fnmatch_lines(
        [
            (
                "isolation: *::test_collects is warned of what was left by *::test_leaves, created at *:6 in __init__: "
                "unclosed <socket.socket *"
            )
        ]
    )


def test_a_warning_as_error_has_a_note(pytester: pytest.Pytester) -> None:
    """With warnings as errors the innocent test fails, and its error says who is guilty."""
    pytester.makepyfile(LEAKING)

    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")

    result.stdout.fnmatch_lines(["E       left by *::test_leaves, created at *:6 in __init__"])


def test_the_hook_is_put_back() -> None:
    """After a run, what destructors raise goes where it went before."""
    before = sys.unraisablehook
    resource_warnings = ResourceWarnings(Recorder(), "")

    resource_warnings.install()
    resource_warnings.uninstall()

    assert sys.unraisablehook == before


def test_a_hook_of_somebody_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has replaced the hook since keeps it."""
    resource_warnings = ResourceWarnings(Recorder(), "")
    resource_warnings.install()
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    resource_warnings.uninstall()

    assert sys.unraisablehook == seen.append


@pytest.mark.parametrize("owner", [None, Owner("test", "test_it", "test_it.py::test_it")], ids=["nobody", "itself"])
def test_what_needs_no_explanation_gets_none(owner: Owner | None) -> None:
    """A warning that reaches its own test, or about a thing of nobody's, stays as it is."""
    recorder = Recorder()
    process = type("Process", (), {})()
    recorder.processes.add(process, Origin(owner))

    said = ResourceWarnings(recorder, "").describe(process, "test_it.py::test_it")

    assert said is None


def test_a_thing_without_a_stack_has_an_owner_at_least() -> None:
    """Who left it is said even if nobody knows where it was made."""
    recorder = Recorder()
    process = type("Process", (), {})()
    recorder.processes.add(process, Origin(Owner("fixture", "server", "", "session")))

    said = ResourceWarnings(recorder, "").describe(process, None)

    assert said == "left by server"


class Unraisable:
    """What the interpreter gives to the hook."""

    def __init__(self, exc_value: BaseException, source: object) -> None:
        self.exc_value = exc_value
        self.object = source


@pytest.mark.parametrize("failure", [ResourceWarning("unclosed"), ValueError("other")], ids=["unknown", "other"])
def test_other_failures_of_destructors_pass_unchanged(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """What is not known here, or is no ResourceWarning, goes on to the hook that was there."""
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    resource_warnings = ResourceWarnings(Recorder(), "")
    resource_warnings.install()
    unraisable = Unraisable(failure, object())

    sys.unraisablehook(unraisable)  # type: ignore[arg-type]  # the hook reads two attributes only

    resource_warnings.uninstall()
    assert seen == [unraisable]
    assert not hasattr(failure, "__notes__")
