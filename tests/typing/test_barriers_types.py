"""What type checkers know of barriers and targets, and what they report."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import assert_type

import pytest

from isolation import (
    Barrier,
    Isolatable,
    environment,
    isolate,
    isolation_barrier,
    sync_isolation_barrier,
    working_directory,
)

TENANT: ContextVar[str] = ContextVar("typed_tenant")


class Flags:
    """A target of a user: a read-only name, and a state of its own type."""

    name = "flags"

    def snapshot(self) -> frozenset[str]:
        """Return them."""
        return frozenset()

    def restore(self, state: frozenset[str], /) -> None:
        """Put them back."""


class Forgetful:
    """Something that cannot be restored."""

    name = "forgetful"

    def snapshot(self) -> int:
        """Return a number."""
        return 0


async def test_a_barrier_is_given_to_its_block() -> None:
    """Both forms are typed alike."""
    async with isolation_barrier("types", environment(), TENANT, tasks="wait", timeout=None) as barrier:
        assert_type(barrier, Barrier)
        assert_type(barrier.parent, Barrier | None)
    with sync_isolation_barrier("types", working_directory(), on_conflict="fail") as sync_barrier:
        assert_type(sync_barrier, Barrier)
        assert_type(sync_barrier.changed, Sequence[str])


def test_a_barrier_does_not_swallow_what_its_block_raises() -> None:
    """What follows a block that always raises is not reached, and type checkers know that."""

    def refuse() -> int:
        with sync_isolation_barrier("types"):
            raise KeyError("refused")

    with pytest.raises(KeyError):
        assert_type(refuse(), int)


def test_anything_with_the_two_methods_is_a_target() -> None:
    """No class has to be inherited from."""
    flags: Isolatable[frozenset[str]] = Flags()

    forget = isolate("types", flags, TENANT)
    forget()

    assert_type(forget, Callable[[], None])


def test_what_cannot_be_restored_is_no_target() -> None:
    """Type checkers say so, and so does the call."""
    with pytest.raises(TypeError):
        isolate("types", Forgetful())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_policy_is_one_of_four_words() -> None:
    """A wrong one is reported where it is written."""
    with pytest.raises(ValueError, match="kill"):
        isolation_barrier("types", tasks="kill")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
