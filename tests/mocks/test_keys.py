"""Where a mock stands: paths of names and results, compared part by part."""

import pytest

from isolation.mocks._keys import ROOT, Key


def test_a_key_is_made_from_names_and_results() -> None:
    """As one would write it in code."""
    key = ROOT.child("acquire").result().child("__aenter__").result().child("fetch")

    assert key == "acquire().__aenter__().fetch"
    assert ROOT.result().child("fetch") == "().fetch"


@pytest.mark.parametrize(
    ("key", "parent", "last"),
    [
        ("fetch", "", "fetch"),
        ("a.b", "a", "b"),
        ("a()", "a", "()"),
        ("a().b", "a()", "b"),
        ("()", "", "()"),
        ("", "", ""),
    ],
)
def test_a_key_has_a_parent_and_a_last_part(key: str, parent: str, last: str) -> None:
    """The root is its own parent."""
    assert (Key(key).parent, Key(key).last) == (parent, last)


def test_keys_are_compared_by_parts() -> None:
    """What begins alike is something else."""
    key = Key("fetch().rows")

    assert key.is_below("fetch")
    assert key.is_below("fetch()")
    assert key.is_below(key)
    assert key.is_below(ROOT)
    assert not Key("fetchrow").is_below("fetch")
    assert key.relative_to("fetch") == "().rows"
    assert key.relative_to("fetch()") == "rows"


def test_a_key_reads_with_the_name_of_the_root() -> None:
    """As in reports."""
    assert Key("acquire().fetch").text("postgres") == "postgres.acquire().fetch"
    assert Key("().fetch").text("postgres") == "postgres().fetch"
    assert Key("postgres.fetch").text("") == "postgres.fetch"
