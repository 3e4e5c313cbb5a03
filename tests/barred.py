"""What the tests of barriers share: targets that note what happens to them, and a context variable."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar

TENANT: ContextVar[str] = ContextVar("tenant")
LOCALE: ContextVar[str] = ContextVar("locale", default="en")


class Box:
    """A target: a value of the process, with a log of what was done to it."""

    def __init__(self, name: str, log: list[str] | None = None, value: object = "before") -> None:
        self.name = name
        self.log = log if log is not None else []
        self.value = value

    def snapshot(self) -> object:
        """Return the value."""
        self.log.append(f"take {self.name}")
        return self.value

    def restore(self, state: object, /) -> None:
        """Put it back."""
        self.log.append(f"restore {self.name}")
        self.value = state


class Telling(Box):
    """A box that tells whether it has changed."""

    def changed(self, state: object, /) -> Sequence[str]:
        """Return its name if its value is another one."""
        return [f"{self.name}.value"] if self.value is not state else []


class Derived(Box):
    """A box that keeps a copy of something."""

    def settle(self) -> None:
        """Forget it."""
        self.log.append(f"settle {self.name}")
        self.value = None


class Stubborn(Box):
    """A box that cannot be taken or restored."""

    def __init__(self, name: str, *, take: BaseException | None = None, restore: BaseException | None = None) -> None:
        super().__init__(name)
        self.take_failure = take
        self.restore_failure = restore

    def snapshot(self) -> object:
        """Raise, or return the value."""
        if self.take_failure is not None:
            raise self.take_failure
        return super().snapshot()

    def restore(self, state: object, /) -> None:
        """Raise, or put it back."""
        super().restore(state)
        if self.restore_failure is not None:
            raise self.restore_failure


def raising(failure: BaseException) -> Callable[[], None]:
    """Return what raises *failure*."""

    def fail() -> None:
        raise failure

    return fail
