"""What a call gives where nothing is set: what an empty service would, or an open mock where nothing is known."""

from typing import Any

from isolation.mocks._facts import Itself
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Member
from isolation.mocks._state import stamp

RESULT = "()"
"""The name in a mock's ``__dict__`` of the mock that calls of it give."""


def default_of(handle: Any, args: tuple[Any, ...]) -> Any:
    """Return what a call of *handle* gives by default."""
    member: Member = handle._isolation_member
    if member.special is not None:
        return member.special(handle._isolation_owner, args)
    if member.make is not None:
        return member.make()
    if isinstance(member.result, Itself):
        handle._isolation_ledger.gives_mocks = True
        return handle._isolation_owner
    return result_mock(handle)


def result_mock(handle: Any) -> Any:
    """Return the mock that calls of *handle* give, always the same one."""
    attributes = handle.__dict__
    found = attributes.get(RESULT)
    if found is not None:
        return found
    handle._isolation_refuse_if_sealed(RESULT)
    member: Member = handle._isolation_member
    if member.given is None:
        member.given = member.template.given(member)
    ledger: Ledger = handle._isolation_ledger
    ledger.gives_mocks = True
    made = stamp(member.given, ledger, handle._isolation_key.result())
    return attributes.setdefault(RESULT, made)
