"""Undoing: what was changed is put back, the newest first, and what fails keeps nothing else from being put back."""

from collections.abc import Callable
from types import CodeType

from isolation._deadlines import working_directory
from isolation._errors import CleanupError
from isolation._origin import relative, resolve
from isolation.mocks._sites import site_of_caller


class Undoing:
    """Hold what undoes changes.

    It calls nothing that a test may have replaced until everything is undone: no clock, no process id, no path. A
    `ResourceManager` does, so with a patched ``os.getpid`` it took itself for one of another process.

    Args:
        name: What messages call the changes.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._steps: list[Step] = []

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: "Step") -> None:
        """Undo *step* before all that were added so far."""
        self._steps.append(step)

    def run(self) -> None:
        """Undo everything; afterwards there is nothing to undo.

        Raises:
            CleanupError: If something cannot be undone; everything else was.
        """
        __tracebackhide__ = True
        total = len(self._steps)
        failed: list[tuple[Step, BaseException]] = []
        while self._steps:
            step = self._steps.pop()
            try:
                step.undo()
            except BaseException as failure:  # noqa: BLE001 - the others must be undone all the same
                failed.append((step, failure))
        self._raise(failed, total)

    def _raise(self, failed: "list[tuple[Step, BaseException]]", total: int) -> None:
        __tracebackhide__ = True
        for step, failure in failed:
            failure.add_note(f"while undoing the patch of {step.name!r} ({step.where})")
        for _, failure in failed:
            if not isinstance(failure, Exception):
                raise failure  # Ctrl-C fits in no group
        failures = [failure for _, failure in failed if isinstance(failure, Exception)]
        if failures:
            raise CleanupError(f"{len(failures)} of {total} patches could not be undone by {self.name}", failures)


class Step:
    """One change that can be undone.

    Attributes:
        name: Of what was changed.
        undo: What undoes it.
    """

    def __init__(self, name: str, undo: Callable[[], None]) -> None:
        self.name = name
        self.undo = undo
        self._site: tuple[CodeType | None, int] = site_of_caller()

    @property
    def where(self) -> str:
        """Who changed it, as ``path:line``."""
        code, instruction = self._site
        if code is None:
            return "at an unknown place"
        place = resolve(code, instruction)
        return f"patched at {relative(place.file, working_directory())}:{place.line}"
