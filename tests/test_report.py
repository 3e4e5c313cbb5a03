"""How findings are said."""

import json
import re
from typing import Any

import pytest

from isolation import _report
from isolation._owners import Owner
from tests.made import CLIENT, CONNECT, IN_TEST, SERVER, finding, frame, record


def test_a_record_has_every_key() -> None:
    """What a machine reads of a finding: its test, its owner, what it is, and where it was made."""
    found = finding(maker=CLIENT, frames=[CONNECT], detail="pending", hint="await it", before="0", after="1")

    said = _report.finding_record(found, restored=True, excused="marker", root="/srv/app")

    assert said == {
        "record": "finding",
        "test": "tests/test_chat.py::test_chat",
        "owner": {
            "kind": "test",
            "name": "test_chat",
            "nodeid": "tests/test_chat.py::test_chat",
            "scope": "function",
        },
        "probe": "tasks",
        "kind": "task",
        "severity": "error",
        "name": "heartbeat",
        "place": None,
        "unit": None,
        "detail": "pending",
        "hint": "await it",
        "fixture": "client",
        "origin": [{"file": "app/ws.py", "line": 41, "function": "connect", "source": ""}],
        "before": "0",
        "after": "1",
        "restored": True,
        "excused": "marker",
        "worker": None,
    }


def test_a_record_of_a_wider_fixture_has_no_test() -> None:
    """A fixture of wider scope is nobody's test."""
    said = record(owner=SERVER)

    assert said["test"] is None
    assert said["owner"]["scope"] == "module"


def test_a_record_of_a_block_names_its_test() -> None:
    """What a `no_leaks` block left is its test's in the report."""
    block = Owner("barrier", "no_leaks block", "tests/test_chat.py::test_chat", "block")

    assert record(owner=block)["test"] == "tests/test_chat.py::test_chat"


def test_a_record_without_owner_and_origin_has_nothing_instead() -> None:
    """What is not known is null or empty, and no guess."""
    said = record(owner=None, frames=None)

    assert (said["test"], said["owner"], said["fixture"], said["origin"]) == (None, None, None, [])


def test_frames_of_libraries_are_left_out() -> None:
    """Users read their own lines; what lies between them is not theirs."""
    library = frame("/usr/lib/python3/site-packages/aiohttp/client.py", 7, "request")

    said = record(frames=[library, CONNECT, library, IN_TEST])

    assert [place["function"] for place in said["origin"]] == ["connect", "test_chat"]


def test_frames_of_libraries_are_better_than_none() -> None:
    """Where no line of the user took part, a library's is shown, relative to where it is installed."""
    said = record(frames=[frame("/usr/lib/python3/site-packages/aiohttp/client.py", 7, "request")])

    assert [place["file"] for place in said["origin"]] == ["aiohttp/client.py"]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"detail": "pending at app/ws.py:57 in heartbeat"},
            "task 'heartbeat' pending at app/ws.py:57 in heartbeat, created at app/ws.py:41 in connect",
        ),
        ({"maker": CLIENT}, "task 'heartbeat', created at app/ws.py:41 in connect, while setting up fixture 'client'"),
        ({"owner": SERVER}, "task 'heartbeat', created at app/ws.py:41 in connect"),
        ({"frames": None}, "task 'heartbeat'"),
        ({"owner": None, "maker": CLIENT, "frames": ()}, "task 'heartbeat', while setting up fixture 'client'"),
        ({"frames": (), "hint": "await it"}, "task 'heartbeat'; await it"),
        ({"kind": "async_generator", "frames": ()}, "async generator 'heartbeat'"),
        ({"kind": "socket", "name": "127.0.0.1:80", "frames": ()}, "socket 127.0.0.1:80"),
        ({"kind": "executor", "name": "", "detail": "not shut down", "frames": ()}, "executor not shut down"),
        ({"before": "{}", "after": "{'u1': 3}", "frames": ()}, "task 'heartbeat': {} -> {'u1': 3}"),
        ({"after": "1", "frames": ()}, "task 'heartbeat': None -> 1"),
        ({"name": "x" * 120, "frames": ()}, f"task '{'x' * 120}'"),
        ({"name": "x" * 121, "frames": ()}, f"task '{'x' * 117}...'"),
        ({"name": "two\nlines", "frames": ()}, "task 'two\\nlines'"),
    ],
)
def test_a_line_says_it_all(fields: dict[str, Any], line: str) -> None:
    """One line has the kind, the name, the state, the place, the fixture and the advice, as far as they are known."""
    assert _report.line(record(**fields)) == line


def test_one_frame_needs_no_stack() -> None:
    """The line itself has said where."""
    assert _report.stack(record(frames=[CONNECT])) == ()


def test_a_stack_is_aligned() -> None:
    """Places stand in one column and code in another, outermost first; where there is no code, no space either."""
    source = frame(__file__, 9, "<module>")

    rows = _report.stack(record(frames=[CONNECT, source]))

    assert rows == [
        f"{__file__}:9 in <module>  from isolation import _report",
        "app/ws.py:41 in connect",
    ]


@pytest.mark.parametrize(
    ("owner", "title"),
    [
        (None, "somebody"),
        (SERVER, "fixture 'server' (scope=module) of tests/test_chat.py"),
        (Owner("fixture", "engine", scope="session"), "fixture 'engine' (scope=session)"),
        (Owner("test", "test_chat", "tests/test_chat.py::test_chat"), "tests/test_chat.py::test_chat"),
        (Owner("barrier", "no_leaks block", scope="block"), "no_leaks block"),
    ],
)
def test_a_title_says_whose_it_is(owner: Owner | None, title: str) -> None:
    """A heading is a node id, or a fixture with its scope and where it lives, or a name."""
    assert _report.title(record(owner=owner)) == title


def test_a_section_has_a_heading_for_each_owner() -> None:
    """What belongs together stands together, in the order in which owners were met."""
    records = [record(frames=()), record(owner=SERVER, frames=()), record(name="second", frames=())]

    assert _report.section(records) == [
        "tests/test_chat.py::test_chat left",
        "  task 'heartbeat'",
        "  task 'second'",
        "fixture 'server' (scope=module) of tests/test_chat.py left",
        "  task 'heartbeat'",
    ]


def test_a_message_counts_and_advises() -> None:
    """An error says how much each left, shows the way there, and names all probes that a marker would have to."""
    records = [record(), record(owner=SERVER, frames=()), record(probe="threads", kind="thread", frames=())]

    assert _report.leak_message(records) == (
        "tests/test_chat.py::test_chat left 2 things behind\n"
        "  task 'heartbeat', created at app/ws.py:41 in connect\n"
        "    tests/test_chat.py:9 in test_chat\n"
        "    app/ws.py:41 in connect\n"
        "  thread 'heartbeat'\n"
        "fixture 'server' (scope=module) of tests/test_chat.py left 1 thing behind\n"
        "  task 'heartbeat'\n"
        "close them in a teardown, or mark the test with "
        '@pytest.mark.isolation_allow("tasks", "threads", reason="...")'
    )


def test_a_message_takes_other_advice() -> None:
    """What is no test cannot be marked."""
    message = _report.leak_message([record(frames=())], "end them inside the block")

    assert message.splitlines()[-1] == "end them inside the block"


def test_jsonl_is_one_object_per_line() -> None:
    """Each line is one object; text that is not ASCII stays as it is."""
    text = _report.jsonl([{"name": "ä\nb"}, {"name": None}])

    assert text == '{"name": "ä\\nb"}\n{"name": null}\n'
    assert [json.loads(line) for line in text.splitlines()] == [{"name": "ä\nb"}, {"name": None}]


def test_nothing_is_an_empty_file() -> None:
    """No records, no lines."""
    assert _report.jsonl([]) == ""


def changed(test: str, place: str = "app.pool._conns['a']", **fields: Any) -> _report.Record:
    """Return a record of state that the test *test* left changed."""
    owner = Owner("test", test, f"test_pool.py::{test}")
    given = {"probe": "singletons", "kind": "container", "before": "{}", "after": "{'a': 1}", "frames": None}
    return record(owner=owner, **{**given, "place": place, "unit": re.sub(r"\[.*\]", "[*]", place), **fields})


def test_a_line_of_changed_state_has_its_place_and_both_values() -> None:
    """And what happened and what to do, if that is not clear."""
    assert _report.line(changed("test_one")) == "app.pool._conns['a']: {} -> {'a': 1}"
    assert _report.line(changed("test_one", detail="replaced", hint="patch it")) == (
        "app.pool._conns['a']: {} -> {'a': 1}, replaced; patch it"
    )


def test_a_place_stands_where_it_was_changed_first() -> None:
    """With the one other test that did, too; what was left alive is apart."""
    records = [changed("test_one"), record(frames=()), changed("test_two", "app.pool._conns['b']"), changed("test_one")]

    assert _report.section(records) == [
        "test_pool.py::test_one changed",
        "  app.pool._conns['a']: {} -> {'a': 1}",
        "    so does test_pool.py::test_two",
        "tests/test_chat.py::test_chat left",
        "  task 'heartbeat'",
    ]
    assert _report.distinct(records) == records[:2]


@pytest.mark.parametrize(("tests", "is_asked"), [(12, True), (16, False)])
def test_a_place_that_a_quarter_of_the_tests_change_may_be_meant(tests: int, *, is_asked: bool) -> None:
    """Then the line is said that excuses it."""
    lines = _report.section([changed(f"test_{number}") for number in range(4)], tests)

    assert lines[2] == "    so do 3 more, the last of them test_pool.py::test_3"
    assert lines[3:] == (
        ["    shared state by design? then excuse it: isolation_allow = singletons: app.pool._conns[*] = path"]
        if is_asked
        else []
    )


def test_whoever_changes_very_much_is_cut_short() -> None:
    """Ten places of a probe are shown and the others counted, in the summary and in the error."""
    records = [changed("test_one", f"app.pool.conn{number}") for number in range(12)]

    section, message = _report.section(records), _report.leak_message(records).splitlines()

    assert section[10:] == message[10:-1]
    assert section[10:] == [
        "  app.pool.conn9: {} -> {'a': 1}",
        "  and 2 more places of probe 'singletons', which a report file lists",
    ]
