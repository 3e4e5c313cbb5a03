"""What a verdict says: as a record, as lines, as a command."""

from typing import Any

import pytest

from isolation._verdicts import Verdict, kept_arguments, lines

STATE = {
    "probe": "singletons",
    "kind": "key_added",
    "place": "app.SETTINGS['mode']",
    "unit": "app.SETTINGS[*]",
    "before": "'slow'",
    "after": "'fast'",
}
LINE = {"file": "app/config.py", "line": 12, "function": "switch", "source": "SETTINGS['mode'] = mode"}
PAIR: dict[str, Any] = {"test": "t.py::b", "others": ["t.py::a"], "runs": 4, "seconds": 2.04}


def said(verdict: Verdict, command: str | None = None) -> list[str]:
    """Return the lines of *verdict*."""
    return list(lines(verdict.record(command)))


def test_a_proven_verdict_names_test_place_values_and_line() -> None:
    """One sentence says it all; below it is what it rests on."""
    verdict = Verdict(
        name="order-dependent",
        found_by="findings",
        state=STATE,
        is_proven=True,
        line=LINE,
        tried=["it passes alone"],
        **PAIR,
    )

    assert said(verdict, "pytest t.py::a t.py::b") == [
        (
            "t.py::b fails because t.py::a left app.SETTINGS['mode']: 'slow' -> 'fast', "
            "changed at app/config.py:12 in switch"
        ),
        "  it passes alone",
        "  see it with: pytest t.py::a t.py::b",
        "  4 runs in 2.0 s",
    ]


@pytest.mark.parametrize(
    ("more", "headline"),
    [
        ({"name": "order-dependent"}, "t.py::b fails after t.py::a"),
        (
            {"name": "order-dependent", "state": STATE},
            "t.py::b fails after t.py::a, perhaps through app.SETTINGS['mode']: 'slow' -> 'fast'",
        ),
        (
            {"name": "order-dependent", "others": ["t.py::a", "t.py::c"]},
            "t.py::b fails after t.py::a and t.py::c together",
        ),
        ({"name": "order-dependent", "others": (), "imports": ["c.py"]}, "t.py::b fails after the import of c.py"),
        (
            {"name": "brittle", "state": STATE, "is_proven": True},
            "t.py::b passes only after t.py::a has set app.SETTINGS['mode']: 'slow' -> 'fast'",
        ),
        (
            {"name": "order-dependent", "state": STATE, "is_proven": True, "more": 2},
            ("t.py::b fails because t.py::a left app.SETTINGS['mode']: 'slow' -> 'fast' and 2 more of app.SETTINGS[*]"),
        ),
        ({"name": "brittle"}, "t.py::b fails alone, and passes after t.py::a"),
        (
            {"name": "brittle", "state": STATE},
            "t.py::b fails alone, and passes after t.py::a, perhaps through app.SETTINGS['mode']: 'slow' -> 'fast'",
        ),
        ({"name": "random", "others": ()}, "t.py::b fails at random, whatever runs before it"),
        ({"name": "not order-dependent", "others": ()}, "t.py::b fails alone, too: it does not depend on the order"),
        ({"name": "unknown", "others": ()}, "t.py::b fails for a reason that was not found"),
    ],
)
def test_each_verdict_has_its_sentence(more: dict[str, Any], headline: str) -> None:
    """The first line says what it is."""
    assert said(Verdict(**{**PAIR, **more}))[0] == headline


def test_bisection_and_single_runs_are_said() -> None:
    """The last line is what it took."""
    assert said(Verdict(name="brittle", found_by="bisection", **PAIR))[-1] == "  4 runs in 2.0 s, by bisection"
    assert said(Verdict(name="unknown", **{**PAIR, "runs": 1}))[-1] == "  1 run in 2.0 s"


def test_a_record_has_all_keys() -> None:
    """Whatever the verdict, machines find the same keys."""
    assert Verdict(test="t.py::b", name="unknown", worker="gw0").record(None) == {
        "record": "diagnosis",
        "test": "t.py::b",
        "verdict": "unknown",
        "others": [],
        "imports": [],
        "found_by": None,
        "probe": None,
        "kind": None,
        "place": None,
        "unit": None,
        "before": None,
        "after": None,
        "more": 0,
        "is_proven": False,
        "line": None,
        "command": None,
        "tried": [],
        "runs": 0,
        "seconds": 0.0,
        "worker": "gw0",
    }


def test_a_command_runs_the_others_and_the_test() -> None:
    """It is quoted for a shell, and names tests as they are found from where the user is."""
    verdict = Verdict(test="t.py::b[x y]", name="order-dependent", others=["t.py::a"])

    command = verdict.command(["-p", "no:randomly"], {"t.py::a": "sub/t.py::a"})

    assert command == "pytest sub/t.py::a 't.py::b[x y]' -p no:randomly"


def test_there_may_be_no_command() -> None:
    """What needs no other test, or the import of a file, is not shown by two tests."""
    assert Verdict(test="t.py::b", name="random").command() is None
    assert Verdict(test="t.py::b", name="order-dependent", imports=["a.py"]).command() is None


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["-x", "tests", "--isolation-diagnose"], []),
        (["-c", "other.ini", "--rootdir=.", "tests"], ["-c", "other.ini", "--rootdir=."]),
        (["-p", "no:cov", "-pno:asyncio", "-p"], ["-p", "no:cov", "-p", "no:asyncio", "-p", ""]),
        (["-p", "no:randomly", "-pno:randomly", "-n", "4"], []),
        (["-ofoo=1", "--override-ini", "bar=2"], ["-o", "foo=1", "--override-ini", "bar=2"]),
    ],
)
def test_options_that_matter_to_a_test_are_kept(arguments: list[str], kept: list[str]) -> None:
    """Settings, plugins and the import mode, each once."""
    assert kept_arguments(arguments) == kept
