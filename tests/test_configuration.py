"""Options, ini values and markers, as pytest hands them over."""

from collections.abc import Sequence

import pytest

from isolation import _configuration
from isolation._judgements import Terms
from isolation._settings import Settings


@pytest.fixture(autouse=True)
def _unsuspecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep from these tests what the surrounding run is told."""
    for variable in ("CI", "GITHUB_ACTIONS", "ENVIRONMENT", "ISOLATION_PROFILE"):
        monkeypatch.delenv(variable, raising=False)


def read(pytester: pytest.Pytester, ini: str = "", *options: str) -> Settings:
    """Return the settings of a project whose ini file has the lines *ini*, run with *options*."""
    pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
    return _configuration.read_settings(pytester.parseconfig(*options))


def items(pytester: pytest.Pytester, source: str) -> Sequence[pytest.Item]:
    """Return the tests of a module with *source*."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester.getitems(f"import pytest\n{source}")


def test_the_defaults(pytester: pytest.Pytester) -> None:
    """Without a word everything is reported, to the terminal only."""
    settings = read(pytester)

    assert (settings.mode, settings.probe_modes, settings.is_tracing) == ("report", {}, False)
    assert (settings.allowances, settings.severities, settings.holders, settings.reports) == ([], {}, [], [])


def test_every_line_of_the_ini_file_is_read(pytester: pytest.Pytester) -> None:
    """Each setting has its place in the ini file; lines may be indented below it."""
    settings = read(
        pytester,
        """
isolation_mode = fail
isolation_probes =
    tasks=restore
isolation_allow =
    threads: a.* = creator
    tasks: b = name
isolation_severity = timer = error
isolation_holders = app:client
isolation_watch = shop stock
    orders
isolation_watch_strict = true
isolation_profile = staging
""",
    )

    assert (settings.mode, settings.probe_modes) == ("fail", {"tasks": "restore"})
    assert [allowance.line for allowance in settings.allowances] == ["threads: a.* = creator", "tasks: b = name"]
    assert (settings.severities, settings.holders) == ({"timer": "error"}, ["app:client"])
    assert (settings.watch, settings.is_strict) == (["shop", "stock", "orders"], True)
    assert (settings.profile.name, settings.profile.reason) == ("staging", "isolation_profile of tox.ini")


def test_every_option_is_read(pytester: pytest.Pytester) -> None:
    """Options count more than the ini file, and may be given in one word."""
    settings = read(
        pytester,
        "isolation_mode = report\nisolation_probes = loops=off\nisolation_profile = ci\n",
        "--isolation-mode=restore",
        "--isolation-probes= tasks=fail, ,threads=off,",
        "--isolation-profile=development",
        "--isolation-trace",
        "--isolation-report=a.jsonl",
        "--isolation-report=b.jsonl",
    )

    assert (settings.mode, settings.probe_modes) == ("restore", {"tasks": "fail", "threads": "off"})
    assert (settings.profile.name, settings.profile.reason) == ("development", "--isolation-profile")
    assert settings.is_tracing
    assert [path.name for path in settings.reports] == ["a.jsonl", "b.jsonl"]


def test_a_probe_that_is_named_is_on(pytester: pytest.Pytester) -> None:
    """A probe that has to be asked for is asked for by its name; it has the general mode then."""
    settings = read(pytester, "isolation_mode = restore\nisolation_probes =\n    memory\n    tasks\n")

    assert (settings.mode_of("memory"), settings.mode_of("tasks"), settings.mode_of("threads")) == (
        "restore",
        "restore",
        "off",
    )


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("isolation_mode=x", "-o isolation_mode"),
        ("isolation_probes=x", "-o isolation_probes"),
        ("isolation_profile=x", "-o isolation_profile"),
        ("isolation_allow=x", "-o isolation_allow"),
        ("isolation_severity=x", "-o isolation_severity"),
        ("isolation_holders=x", "-o isolation_holders"),
    ],
)
def test_an_override_is_the_place_of_a_wrong_value(pytester: pytest.Pytester, line: str, place: str) -> None:
    """A value of `-o` is not looked for in the ini file, which may have a right one."""
    with pytest.raises(pytest.UsageError, match=f" in {place}; "):
        read(pytester, "isolation_mode = report", "-o", line)


def test_other_overrides_do_not_move_the_place(pytester: pytest.Pytester) -> None:
    """What `-o` says of other settings is of no interest."""
    with pytest.raises(pytest.UsageError, match=r"^unknown isolation mode 'x' in isolation_mode of tox\.ini; "):
        read(pytester, "isolation_mode = x", "-o", "xfail_strict=true")


def test_a_project_without_an_ini_file_has_the_defaults(pytester: pytest.Pytester) -> None:
    """Nobody has to write a file."""
    config = pytester.parseconfig("-o", "asyncio_default_fixture_loop_scope=function")

    settings = _configuration.read_settings(config)

    assert (settings.mode, settings.profile.reason) == ("report", "default")


def test_an_unmarked_test_has_no_terms(pytester: pytest.Pytester) -> None:
    """Without a marker the settings hold."""
    (item,) = items(pytester, "def test_it(): pass")

    assert _configuration.terms_of(item) == Terms()


def test_markers_are_the_terms_of_a_test(pytester: pytest.Pytester) -> None:
    """The closest mode counts; what is allowed anywhere above is allowed; one word switches the test off."""
    (item,) = items(
        pytester,
        """
pytestmark = [pytest.mark.isolation_mode("off"), pytest.mark.isolation_allow("loops")]

@pytest.mark.isolation_mode("restore")
@pytest.mark.isolation_allow("tasks", "threads", reason="...")
class TestIt:
    @pytest.mark.isolation_mode("fail")
    @pytest.mark.no_resource_tracking
    def test_it(self): pass
""",
    )

    terms = _configuration.terms_of(item)

    assert terms == Terms(mode="fail", allowed=frozenset({"tasks", "threads", "loops"}), is_tracked=False)


def test_right_markers_pass(pytester: pytest.Pytester) -> None:
    """Markers of others are of no interest."""
    found = items(
        pytester,
        """
@pytest.mark.isolation_allow("tasks", reason="...")
@pytest.mark.isolation_mode("fail")
@pytest.mark.no_resource_tracking
@pytest.mark.parametrize("number", [1, 2])
def test_it(number): pass
""",
    )

    _configuration.check_markers(found)

    assert len(found) == 2


@pytest.mark.parametrize(
    "marker",
    [
        "isolation_allow",
        'isolation_allow("task")',
        "isolation_allow(7)",
        'isolation_allow("tasks", why="...")',
        "isolation_mode",
        'isolation_mode("fial")',
        "isolation_mode(3)",
        'isolation_mode("fail", reason="...")',
        'no_resource_tracking("tasks")',
        'no_resource_tracking(reason="...")',
    ],
)
def test_wrong_markers_are_refused(pytester: pytest.Pytester, marker: str) -> None:
    """The message names marker and test."""
    found = items(pytester, f"@pytest.mark.{marker}\ndef test_it(): pass")
    name = marker.partition("(")[0]

    with pytest.raises(pytest.UsageError, match=rf" in @pytest\.mark\.{name} of test_\w+\.py::test_it[,;]"):
        _configuration.check_markers(found)


def test_a_holder_of_nothing_is_refused(pytester: pytest.Pytester) -> None:
    """The message says which file names it."""
    settings = read(pytester, "isolation_holders = no_such_module_of_test:client")

    with pytest.raises(pytest.UsageError) as caught:
        _configuration.check_names(pytester.parseconfig(), settings)

    assert str(caught.value) == (
        "cannot import 'no_such_module_of_test', which isolation_holders of tox.ini names in "
        "'no_such_module_of_test:client': No module named 'no_such_module_of_test'"
    )


def test_right_holders_pass(pytester: pytest.Pytester) -> None:
    """What exists may hold."""
    settings = read(pytester, "isolation_holders =\n    json:decoder\n    os:environ\n")

    _configuration.check_names(pytester.parseconfig(), settings)

    assert list(settings.holders) == ["json:decoder", "os:environ"]


def test_a_module_that_does_not_exist_cannot_be_watched(pytester: pytest.Pytester) -> None:
    """The message says which file names it, and what comes near."""
    settings = read(pytester, "isolation_watch = json.decode")

    with pytest.raises(pytest.UsageError) as caught:
        _configuration.check_names(pytester.parseconfig(), settings)

    assert str(caught.value) == (
        "unknown module 'json.decode' in isolation_watch of tox.ini; did you mean 'json.decoder'?"
    )


def test_conftests_and_named_modules_are_watched(pytester: pytest.Pytester) -> None:
    """The plugins of pytest are not."""
    pytester.makeconftest("")
    settings = read(pytester, "isolation_watch = json.decoder")

    watched = _configuration.make_watching(pytester.parseconfig(), settings).join()

    assert [(each.name, each.is_test) for each in watched] == [("json.decoder", False), ("conftest", True)]


def test_a_diagnosis_names_the_place_to_put_back(pytester: pytest.Pytester) -> None:
    """The hidden option of its runs arrives in the settings."""
    assert read(pytester).restore_only is None
    assert read(pytester, "", "--isolation-restore-only=app.cache[*]").restore_only == "app.cache[*]"
