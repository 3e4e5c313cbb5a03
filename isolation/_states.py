"""States: what the targets of a plan held at one moment, and how that is put back."""

from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet
from contextvars import Context, ContextVar, Token, copy_context
from typing import Any, cast

from isolation._changes import ABSENT
from isolation._groups import Plan
from isolation._owners import OWNER
from isolation._targets import Isolatable, claimed_by


class States:
    """Remember what the targets of a plan hold, put it back, and say what was changed.

    Attributes:
        changed: What of the targets was changed, as far as they can tell; known when they are restored.
        leaked: The other context variables that have changed, which nobody can undo.
    """

    __slots__ = ("_context", "_failures", "_taken", "_variables", "_whose", "changed", "leaked")

    changed: Sequence[str]
    leaked: Sequence[str]

    def __init__(self, whose: object) -> None:
        self.changed, self.leaked = [], []
        self._whose = whose
        self._taken: list[tuple[Isolatable[Any], Any]] = []
        self._variables: list[tuple[ContextVar[Any], object, Token[Any]]] = []
        self._context: Context | None = None
        self._failures: list[BaseException] = []

    def take(self, plan: Plan) -> None:
        """Take the snapshots of all targets of *plan*.

        Raises:
            BaseException: What one of them has raised; those that were taken before are to be restored then.
        """
        for target in reversed(plan.targets):
            try:
                self._taken.append((target, target.snapshot()))
            except BaseException as failure:
                failure.add_note(f"while taking the snapshot of {target.name!r} for {self._whose}")
                raise
        self._variables = [_set_again(variable) for variable in plan.variables]
        self._context = copy_context()

    def restore(self, revoked: AbstractSet[Hashable] = frozenset()) -> list[BaseException]:
        """Put everything back in its order, but for the places that were *revoked*; return what was raised.

        What was derived from other state is dropped when all that is restored.
        """
        self.leaked = self._leaked()
        taken = [each for each in reversed(self._taken) if not revoked or revoked.isdisjoint(claimed_by(each[0]))]
        changed: list[str] = []
        for target, state in taken:
            compare: Callable[[Any], Sequence[str]] | None = getattr(target, "changed", None)
            if compare is not None:
                changed += cast("Sequence[str]", self._attempt("comparing", target, compare, state) or ())
            # What settles by itself in restore() would do so too early here.
            self._attempt("restoring", target, getattr(target, "isolation_put_back", target.restore), state)
        for target, _ in taken:
            settle: Callable[[], object] | None = getattr(target, "settle", None)
            if settle is not None:
                self._attempt("settling", target, settle)
        for variable, value, token in reversed(self._variables):
            changed += [variable.name] if variable.get(None) is not value else []
            self._attempt("resetting", variable, variable.reset, token)
        self.changed = changed
        return self._failures

    def _attempt(
        self,
        doing: str,
        target: Isolatable[Any] | ContextVar[Any],
        act: Callable[..., object],
        *arguments: object,
    ) -> object:
        try:
            return act(*arguments)
        except BaseException as failure:  # noqa: BLE001 - everything is put back, then what failed is raised
            failure.add_note(f"while {doing} {target.name!r} at the end of {self._whose}")
            self._failures.append(failure)
            return None

    def _leaked(self) -> Sequence[str]:
        before = self._context
        if before is None:
            return []
        listed = {variable for variable, _, _ in self._variables}
        now = copy_context()
        names = [
            variable.name
            for variable, value in now.items()
            if before.get(variable, ABSENT) is not value and variable not in listed and variable is not OWNER
        ]
        return names + [variable.name for variable in before if variable not in now]


def _set_again(variable: ContextVar[Any]) -> tuple[ContextVar[Any], object, Token[Any]]:
    """Set *variable* to what it is: the token is the only way back to *unset*.

    One that is unset and has no default is None meanwhile.
    """
    try:
        value = variable.get()
    except LookupError:
        value = None
    return variable, value, variable.set(value)
