"""Cleanups: what is to be called once, on which terms, and who registered it where."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutinefunction
from types import CodeType, MappingProxyType, TracebackType
from typing import Literal, Protocol, Self, TypeAlias, TypeVar
from weakref import ref

from isolation._deadlines import Limit, working_directory
from isolation._homes import Home, current_home
from isolation._origin import Origin, relative
from isolation._owners import OWNER

_running_loop = asyncio._get_running_loop  # noqa: SLF001 - documented, and asked for every registration
T = TypeVar("T")
Cleanup: TypeAlias = Callable[[T], object | Awaitable[object]]
CleanupStatus: TypeAlias = Literal["pending", "running", "done", "failed", "not_run", "released"]
Details: TypeAlias = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
Frames: TypeAlias = Sequence[tuple[CodeType, int]]


class Child(Protocol):
    """A manager that is one cleanup of another."""

    async def unwind(self, deadline: float | None, details: Details) -> None:
        """Clean up; *details* is the exception that ended the block, for context managers."""

    def unwind_sync(self, deadline: float | None, details: Details) -> None:
        """Do the same from sync code."""

    def bounded(self, deadline: float | None) -> float | None:
        """Return the smaller of *deadline* and its own."""

    def find_blocked(self) -> "CleanupHandle | None":
        """Return a cleanup that cannot run from sync code here and now."""


class Leavable(Protocol):
    """A context manager that was entered in a task of its own."""

    async def leave(self, details: Details, limit: Limit | None) -> BaseException | None:
        """Exit it; return a cancellation of the caller that was held back."""


class Keeper(Protocol):
    """What a handle asks of its manager."""

    name: str

    def release(self, handle: "CleanupHandle") -> None:
        """Forget *handle*."""

    def link(self, handle: "CleanupHandle", others: Iterable[object]) -> None:
        """Let *handle* run before *others*."""

    async def run_now(self, handle: "CleanupHandle") -> None:
        """Run *handle* ahead of its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a cleanup is to be run.

    Attributes:
        label: Its name; None to take that of the function.
        priority: Lower ones run first.
        timeout: Its own timeout in seconds.
        is_context: Whether it exits a context manager: in order, with the details, and with no scope around it.
        is_async: Whether it is known to need an event loop.
        own_task: Whether it runs in a task of its own.
        owned: The context manager if that lives in a task of its own.
        child: The manager if it is one.
    """

    label: str | None = None
    priority: int = 0
    timeout: float | None = None
    is_context: bool = False
    is_async: bool = False
    own_task: bool = False
    owned: Leavable | None = None
    child: Child | None = None


INSIDE: ContextVar[tuple[object, ...]] = ContextVar("isolation_drains", default=())
"""The drains that have called what runs now, innermost last."""
PLAIN = Terms()
CONTEXT = Terms(is_context=True)
NO_KEYWORDS: Mapping[str, object] = MappingProxyType({})
Call: TypeAlias = Callable[..., object]


class WeakResource(ref[object]):
    """A resource that may be collected before its turn, and the cleanup that is not needed then."""

    __slots__ = ("handle",)

    handle: "CleanupHandle"


class CleanupHandle:
    """One registered cleanup: see what became of it, run it early, order it, or give it away.

    Attributes:
        status: ``pending``, ``running``, ``done``, ``failed``, ``not_run`` (a deadline or a second interrupt came
            first), or ``released`` (given away, or collected before its turn).
    """

    __slots__ = (
        "__weakref__", "_arguments", "_call", "_frames", "_home", "_keeper", "_keywords", "_label", "_owner", "key",
        "number", "resource", "status", "terms",
    )  # fmt: skip

    status: CleanupStatus
    resource: object
    key: int
    number: int
    terms: Terms
    _call: Call

    def __init__(
        self,
        keeper: "ref[Keeper]",
        call: Call,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        frames: Frames,
        *,
        terms: Terms = PLAIN,
        resource: object = None,
    ) -> None:
        self._keeper = keeper
        self._call = call
        self._arguments = arguments
        self._keywords = keywords
        self._frames = frames
        self._home = _running_loop() or current_home()
        self._owner = OWNER.get()
        self._label: str | None = None
        self.resource = resource
        self.key = 0 if resource is None else id(resource)
        self.terms = terms
        self.status = "pending"

    def __repr__(self) -> str:
        return f"<CleanupHandle {self.name!r} {self.status}, registered at {self.where}>"

    @property
    def name(self) -> str:
        """Return the name it was given, else that of the function."""
        name = self._label or self.terms.label or name_of(self._call)
        return name.rpartition("<locals>.")[2]

    @property
    def origin(self) -> Origin:
        """Return who registered it, and where."""
        return Origin(self._owner, self._frames)

    @property
    def where(self) -> str:
        """Return where it was registered, as ``path:line``."""
        place = self.origin.created_at
        return f"{relative(place.file, working_directory())}:{place.line}" if place else "an unknown place"

    def release(self) -> None:
        """Forget the cleanup, since somebody else owns the resource now; do nothing if it has already run."""
        keeper = self._keeper()
        if keeper is not None:
            keeper.release(self)

    async def run_now(self) -> None:
        """Run the cleanup now; do nothing if it has already begun.

        Raises:
            ValueError: If another pending cleanup depends on it, or is a context manager entered inside of it.
            Exception: What the cleanup raises; :meth:`ResourceManager.cleanup_all` does not raise it again.
        """
        __tracebackhide__ = True
        keeper = self._keeper()
        if keeper is not None:
            await keeper.run_now(self)

    def depends_on(self, *others: "CleanupHandle") -> Self:
        """Let this cleanup run before *others*, whatever their priorities, and return it.

        Raises:
            ValueError: If one of *others* already runs before this one, or belongs to another manager.
        """
        __tracebackhide__ = True
        keeper = self._keeper()
        if keeper is not None:
            keeper.link(self, others)
        return self

    # What follows is for the manager.

    @property
    def home(self) -> "Home | None":
        """Return the loop that ran where it was registered; the cleanups of a child know their own."""
        return None if self.terms.child is not None else self._home

    @property
    def is_async(self) -> bool:
        """Tell whether it certainly needs a loop; a lambda around an async function does, and nobody can know."""
        return self.terms.is_async or is_async_callable(self._call)

    def call(self, details: Details) -> object:
        """Call it and return the result, which may have to be awaited."""
        if self.terms.is_context:
            return self._call(*details)
        return self._call(*self._arguments, **self._keywords)

    def resume_with(self, work: object) -> None:
        """Take back *work*, which a call has returned and which cannot be awaited now."""
        self._call, self._arguments, self._keywords = partial(_given, work), (), NO_KEYWORDS

    def move_to(self, home: "Home") -> None:
        """Let it run in *home*, wherever it was registered."""
        self._home = home

    def belongs_to(self, keeper: "ref[Keeper]") -> bool:
        """Tell whether *keeper* keeps it."""
        return self._keeper is keeper

    def weaken(self, gone: Callable[["WeakResource"], object]) -> None:
        """Hold the resource, the only argument, weakly; *gone* is called when it is collected."""
        self.resource = WeakResource(self.resource, gone)
        self.resource.handle = self
        self._arguments = ()

    def strengthen(self) -> bool:
        """Hold the resource for the call; tell whether it still exists."""
        if isinstance(self.resource, WeakResource):
            resource = self.resource()
            self._arguments = (resource,)
            return resource is not None
        return True

    def end(self, status: CleanupStatus) -> None:
        """Note how it ended, and keep nothing alive."""
        self._label = self.terms.label or getattr(self._call, "__qualname__", None) or name_of(self._call)
        self._call, self._arguments, self._keywords = nothing, (), NO_KEYWORDS
        self.resource = self._home = None
        self.terms = PLAIN
        self.status = status

    def blame(self, manager: str) -> str:
        """Return the note for what it raised; *manager* is how its manager is called."""
        fixture = self.origin.fixture
        of = f"fixture {fixture!r}" if fixture else manager
        return f"while cleaning up {self.name!r} of {of} (registered at {self.where})"


def _given(work: object, *_: object) -> object:
    return work


def context_terms(cm: object, owned: Leavable | None = None, *, is_async: bool = False) -> Terms:
    """Return how *cm* is left; ask before it is entered, since contextlib forgets the function then."""
    own_task = owned is not None
    return Terms(label=context_name(cm), is_context=True, is_async=is_async, own_task=own_task, owned=owned)


def context_name(cm: object) -> str:
    """Return the name of the function or class that made *cm*."""
    return name_of(getattr(cm, "func", type(cm)))


def nothing() -> None:
    """Stand for the function of a cleanup that is over."""


def name_of(call: object) -> str:
    """Return the qualified name of a function or method, for example ``Pool.close``."""
    call = getattr(call, "func", call)
    name: str = getattr(call, "__qualname__", type(call).__qualname__)
    return name


def is_async_callable(call: object) -> bool:
    """Tell whether *call* is an async function, a partial of one, or an object with an async ``__call__``."""
    return iscoroutinefunction(call) or iscoroutinefunction(vars(type(call)).get("__call__"))


def counted(handles: Sequence[CleanupHandle]) -> str:
    """Return how many there are, with the noun."""
    return f"{len(handles)} cleanup{'s' if len(handles) != 1 else ''}"


def listed(handles: Sequence[CleanupHandle], limit: int = 10) -> str:
    """Return one indented line for each of *handles*, at most *limit*."""
    lines = [f"\n  {handle.name!r} (registered at {handle.where})" for handle in handles[:limit]]
    rest = f"\n  and {len(handles) - limit} more" if len(handles) > limit else ""
    return "".join(lines) + rest
