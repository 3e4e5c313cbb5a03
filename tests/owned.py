"""Owners for tests of what owners have."""

from collections.abc import Iterator
from contextlib import contextmanager

from isolation._owners import OWNER, Owner


def an_owner(name: str = "test_it") -> Owner:
    """Return the owner of a test that does not exist."""
    return Owner("test", name, f"test_chat.py::{name}")


@contextmanager
def owned_by(owner: Owner | None) -> Iterator[None]:
    """Let *owner* own what is made inside."""
    token = OWNER.set(owner)
    try:
        yield
    finally:
        OWNER.reset(token)


@contextmanager
def ended() -> Iterator[Owner]:
    """Give an owner of what is made inside, which comes to its end then."""
    owner = an_owner()
    with owned_by(owner):
        yield owner
    owner.is_alive = False
