"""Calls that come when their test is over: from a task or a thread that outlived it, or from what kept its mock."""

from collections.abc import Sequence

from isolation._findings import Finding
from isolation.mocks._calls import Call, Log
from isolation.mocks._strictness import Strictness


class LateCalls:
    """Collect the calls that come too late, each line of each test once."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Finding] = {}
        self._taken = 0

    def take(self) -> Sequence[Finding]:
        """Return what has come since the last time."""
        if self._taken == len(self._found):
            return ()
        new = list(self._found.values())[self._taken :]
        self._taken += len(new)
        return new

    def log(self, root: str, strictness: Strictness) -> Log:
        """Return where a ledger whose mock is called *root*, and whose owner *strictness* knows, writes its calls."""
        return _LateLog(self._found, root, strictness)


class _LateLog(Log):
    """Where the calls of a closed ledger go; it keeps none of them, since what they were called with may be large."""

    __slots__ = ("_found", "_root", "_strictness")

    def __init__(self, found: dict[tuple[object, ...], Finding], root: str, strictness: Strictness) -> None:
        super().__init__()
        self._found = found
        self._root = root
        self._strictness = strictness

    def append(self, call: Call, /) -> None:
        """Note *call* unless the same line has called before."""
        key = (id(self._strictness.owner), call.key, call.code, call.instruction)
        if key not in self._found:
            self._found[key] = self._strictness.late(call, self._root)
