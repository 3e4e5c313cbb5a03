"""Parts: what a mock is, as far as those need to know that who control it: its ledger, its key, its member."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isolation.mocks._answers import Expected
from isolation.mocks._keys import Key
from isolation.mocks._ledger import Ledger
from isolation.mocks._members import Form, Member
from isolation.mocks._open import Open
from isolation.mocks._state import State


@dataclass(frozen=True, slots=True)
class Part:
    """One mock of a tree.

    Attributes:
        ledger: Where its calls and its configuration are.
        key: Its key there.
        member: What it was made from.
    """

    ledger: Ledger
    key: Key
    member: Member

    @property
    def name(self) -> str:
        """What people call it."""
        return self.key.text(self.ledger.name or "mock")

    @property
    def is_awaited(self) -> bool:
        """Tell whether its calls are awaited."""
        return self.member.form is Form.ASYNC

    @property
    def is_open(self) -> bool:
        """Tell whether it stands for nothing in particular, and takes everything."""
        return isinstance(self.member.template, Open)

    def expect(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Expected:
        """Return these arguments, to be compared with those of calls.

        Raises:
            TypeError: If a call could not have them.
        """
        __tracebackhide__ = True
        check = self.member.check
        if check is None:
            return Expected(args, kwargs, None)
        if self.member.is_bound:
            check(None, *args, **kwargs)
        else:
            check(*args, **kwargs)
        return Expected(args, kwargs, _signature(check, is_bound=self.member.is_bound))


def _signature(check: Callable[..., object], *, is_bound: bool) -> inspect.Signature:
    signature = inspect.signature(check)
    parameters = list(signature.parameters.values())
    if is_bound and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        del parameters[0]
    return signature.replace(parameters=parameters)


def part_of(mock: object) -> Part | None:
    """Return which part of which tree *mock* is; None if it is no isolated mock."""
    if not issubclass(type(mock), State):
        return None
    ledger, key, member = (vars(State)[f"_isolation_{name}"].__get__(mock) for name in ("ledger", "key", "member"))
    return Part(ledger, key, member)
