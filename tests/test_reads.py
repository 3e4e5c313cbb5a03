"""What code reads, and which changed places that makes likely."""

import json
from typing import Any

import pytest

from isolation._reads import Reads, most_likely, names_in, ranked, reads_of_failure, score
from isolation._report import Record


def changed(place: str, probe: str = "singletons", test: str = "t.py::one") -> Record:
    """Return what a finding about *place* says."""
    return {"test": test, "probe": probe, "place": place, "unit": place}


def fail(settings: Any) -> None:
    """Read something and fail."""
    assert settings.modes["fast"] == ("slow", "slower")


def load() -> None:
    """Fail in the standard library."""
    json.loads("[")


def test_names_attributes_and_keys_are_read() -> None:
    """Code knows the names that it uses, and the texts that may be keys, also in tuples."""
    assert {"modes", "fast", "slow", "slower"} <= set(names_in(fail.__code__))


def test_a_long_text_is_no_key() -> None:
    """What documents a function would only cost room."""
    assert not any(len(name) > 80 for name in names_in(compile(f"x = {'y' * 100!r}", "", "exec")))


def test_a_traceback_names_what_its_frames_read() -> None:
    """Frames of the user's code count, those of libraries do not."""
    with pytest.raises(ValueError, match="Expecting value") as failure:
        load()

    reads = reads_of_failure(failure.tb)

    assert {"loads", "load"} <= reads.near
    assert not reads.near & set(json.JSONDecoder.raw_decode.__code__.co_names)
    assert reads.modules == {__name__}


def test_no_traceback_reads_nothing() -> None:
    """A test that passes though it should not has none."""
    assert reads_of_failure(None) == Reads()


def test_reads_travel_as_plain_data() -> None:
    """What a worker sends is what the controller has."""
    reads = Reads(near=frozenset({"a"}), names=frozenset({"b", "c"}), modules=frozenset({"d"}))

    assert Reads.from_data(reads.as_data()) == reads


def test_reads_are_joined() -> None:
    """What the failure said and what the code says count both."""
    joined = Reads(near=frozenset({"a"})).beside(Reads(names=frozenset({"b"})))

    assert joined == Reads(near=frozenset({"a"}), names=frozenset({"b"}))


@pytest.mark.parametrize(
    ("place", "points"),
    [
        ("app.core.SETTINGS['mode']", 4 + 12 + 1),
        ("app.core.SETTINGS['other']", 12 + 1),
        ("app.core.manager._queues", 8 + 2 + 1),
        ("app.core.other.unknown", 1),
        ("lib.unknown", 0),
    ],
)
def test_the_more_specific_a_place_the_likelier(place: str, points: int) -> None:
    """A key counts, the name of the place, the name of what holds it, and its module, in this order."""
    reads = Reads(
        near=frozenset({"SETTINGS", "mode", "manager"}), names=frozenset({"_queues"}), modules=frozenset({"app.core"})
    )

    assert score(changed(place), reads) == points


def test_process_state_is_always_possible() -> None:
    """Libraries read it, whose code nobody looks at."""
    assert score(changed("os.environ['HOME']", "environment"), Reads()) == 1
    assert score(changed("os.environ['HOME']", "environment"), Reads(near=frozenset({"environ", "HOME"}))) == 13
    assert score(changed("current directory", "cwd"), Reads(names=frozenset({"open"}))) == 5


def test_the_likeliest_come_first() -> None:
    """Who changed the most specific place last; what nobody reads does not come at all; what is alive is no state."""
    reads = Reads(near=frozenset({"_queues"}), names=frozenset({"SETTINGS"}))
    records = [
        changed("app.SETTINGS", test="t.py::one"),
        changed("app._queues", test="t.py::two"),
        changed("app._queues", test="t.py::three"),
        changed("app.nothing", test="t.py::four"),
        {**changed("app._queues", test="t.py::five"), "unit": None},
    ]

    assert [record["test"] for record in most_likely(records, reads)] == ["t.py::three", "t.py::one", "t.py::two"]


def test_who_changed_a_place_before_the_last_is_less_likely() -> None:
    """Another place that is read less closely comes before it."""
    reads = Reads(names=frozenset({"a", "b", "app"}), modules=frozenset({"app"}))
    records = [
        changed("app.a", test="t.py::one"),
        changed("other.b", test="t.py::two"),
        changed("app.a", test="t.py::three"),
    ]

    assert [record["test"] for record in most_likely(records, reads)] == ["t.py::three", "t.py::two", "t.py::one"]


def test_a_known_reason_comes_first_if_it_is_read() -> None:
    """What spoiled another test is likely to have spoiled this one, unless this one has nothing to do with it."""
    reads = Reads(near=frozenset({"a", "environ"}), names=frozenset({"b"}))
    records = [
        changed("os.environ['X']", "environment", "t.py::zero"),
        changed("app.b", test="t.py::one"),
        changed("app.c", test="t.py::two"),
        changed("app.a", test="t.py::three"),
    ]
    known = [
        ("t.py::one", "singletons", "app.b"),
        ("t.py::two", "singletons", "app.c"),
        ("t.py::zero", "environment", "os.environ['X']"),
    ]

    found = [record["test"] for record in most_likely(records, reads, known)]

    assert found == ["t.py::zero", "t.py::one", "t.py::three"]


def test_every_place_has_its_rank() -> None:
    """A known reason first, then what is read, then the worst; one record for each unit."""
    records: list[Record] = [
        {**changed("lib.a"), "severity": "note"},
        {**changed("lib.b"), "severity": "error"},
        {**changed("app.c"), "severity": "note"},
        {**changed("lib.d"), "severity": "note"},
        {**changed("lib.d", test="t.py::two"), "severity": "note"},
    ]

    places = ranked(records, Reads(names=frozenset({"c"})), [("t.py::one", "singletons", "lib.d")])

    assert [record["place"] for record in places] == ["lib.d", "app.c", "lib.b", "lib.a"]
