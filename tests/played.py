"""Random programs of cleanups, played on a real manager, with notes of everything that happened."""

import asyncio
import re
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Any

import anyio
import trio
import trio.testing
from hypothesis import strategies as st

from isolation import CleanupError, CleanupHandle, ManagerState, ResourceManager

FOREVER = 1e6
RAISING: dict[str, Callable[[int], BaseException]] = {
    "fail": KeyError,
    "fail with a group": lambda number: ExceptionGroup(str(number), [ValueError(number)]),
    "raise a base": lambda number: Odd(number),  # noqa: PLW0108 - it is defined below
    "raise a base group": lambda number: BaseExceptionGroup(str(number), [Odd(number), ValueError(number)]),
    "raise CancelledError": asyncio.CancelledError,
    "raise GeneratorExit": GeneratorExit,
    "interrupt": KeyboardInterrupt,
    "exit": SystemExit,
    "interrupt with a group": lambda number: BaseExceptionGroup("", [KeyboardInterrupt(number), ValueError(number)]),
}
INTERRUPTING = ("interrupt", "exit", "interrupt with a group")
HANGING = ("hang", "hang and swallow", "refuse to end")
MEDDLING = ("cancel the task", "cancel the scope", "register", "register a child", "drain", "release", "run another")
DEEDS = ("nothing", *RAISING, *HANGING, *MEDDLING)
INTERRUPTS = (KeyboardInterrupt, SystemExit)


class Odd(BaseException):
    """What is no Exception, and nobody expects."""


@dataclass(frozen=True)
class Entry:
    """One cleanup of a program: what it does when it is called, and how it is registered."""

    kind: str = "callback"
    deed: str = "nothing"
    is_async: bool = False
    own_task: bool = False
    is_bounded: bool = False
    is_forgotten: bool = False
    priority: int = 0
    needs: Sequence[int] = ()
    target: int = 0
    inner: "Sequence[Entry]" = ()


@dataclass(frozen=True)
class Program:
    """What is registered, what is done with the handles before the end, and how the end comes."""

    entries: Sequence[Entry]
    steps: Sequence[tuple[str, int, int]] = ()
    ending: str = "cleanup_all"
    has_deadline: bool = False
    is_bounded: bool = False
    is_scoped: bool = False

    @property
    def may_have_scopes(self) -> bool:
        """Tell whether context managers are left in this task, at the end, and all: else no scope of theirs can be."""
        deeds = [entry.deed for entry in every(self.entries)]
        names = [name for name, *_ in self.steps]
        is_in_order = not {"drain", "run another", "release"} & {*deeds, *names}
        return is_in_order and not self.has_deadline and sum(deed in INTERRUPTING for deed in deeds) < 2


def every(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield *entries* and all that is inside of them."""
    for entry in entries:
        yield entry
        yield from every(entry.inner)


def entries(inner: st.SearchStrategy[list[Entry]]) -> st.SearchStrategy[list[Entry]]:
    """Return lists of entries; a child holds what *inner* gives."""
    return st.lists(
        st.builds(
            Entry,
            kind=st.sampled_from(["callback", "callback", "context", "child"]),
            deed=st.sampled_from(DEEDS),
            is_async=st.booleans(),
            own_task=st.booleans(),
            is_bounded=st.booleans(),
            is_forgotten=st.sampled_from([False, False, False, True]),
            priority=st.sampled_from([0, 0, -1, 1]),
            needs=st.lists(st.integers(0, 5), max_size=2),
            target=st.integers(0, 9),
            inner=inner,
        ),
        max_size=6,
    )


def programs() -> st.SearchStrategy[Program]:
    """Return programs with children of children."""
    step = st.tuples(st.sampled_from(["release", "run", "link"]), st.integers(0, 9), st.integers(0, 9))
    innermost = entries(st.just([]))
    return st.builds(
        Program,
        entries=entries(st.one_of(st.just([]), innermost)),
        steps=st.lists(step, max_size=3),
        ending=st.sampled_from(
            ["cleanup_all", "cleanup_all", "exit", "exit with failure", "exit with interrupt", "exit with cancellation"]
        ),
        has_deadline=st.sampled_from([False] * 7 + [True]),
        is_bounded=st.booleans(),
        is_scoped=st.booleans(),
    )


class JumpingSelector(selectors.DefaultSelector):
    """Never wait for a time: jump to it."""

    jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; only what nobody knows the time of is waited for."""
        ready = super().select(5.0 if timeout is None else 0)
        assert ready or timeout is not None, "nothing will ever happen"
        if not ready and timeout:
            self.jumped += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody sleeps."""

    def __init__(self) -> None:
        self.selector = JumpingSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        """Return the time that it would be if we had slept."""
        return super().time() + self.selector.jumped


@dataclass
class Play:
    """One program on one driver: ``asyncio``, ``trio`` or ``sync``.

    Attributes:
        begun: The numbers of the entries whose cleanup has begun, in order.
        problems: Violations of the order, as text.
        outcome: What the end has raised.
        early: What was raised to those who ran something ahead of its turn.
        managers: The root and all children.
        handles: The handle of each entry.
        entry_of: What each entry does.
    """

    program: Program
    driver: str
    begun: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    outcome: BaseException | None = None
    early: list[BaseException] = field(default_factory=list)
    managers: list[ResourceManager] = field(default_factory=list)
    handles: dict[int, CleanupHandle] = field(default_factory=dict)
    entry_of: dict[int, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owner_of: dict[int, ResourceManager] = {}
        self.child_of: dict[int, ResourceManager] = {}
        self.before: dict[int, set[int]] = {}  # who goes before the key
        self.hurried: set[int] = set()
        self.is_cancelled = False
        self.is_over = False
        self.is_sync = self.driver == "sync"
        self.has_scopes = not self.is_sync and self.program.may_have_scopes

    def play(self) -> None:
        """Play the program to its end."""
        if self.driver == "trio":
            trio.run(self.main, clock=trio.testing.MockClock(autojump_threshold=0))
        elif self.driver == "asyncio":
            with asyncio.Runner(loop_factory=JumpingLoop) as runner:
                runner.run(self.main())
        else:
            dry(self.prepare())
            try:
                self.end_sync()
            except BaseException as failure:  # noqa: BLE001 - it is judged later
                self.outcome = failure
            with asyncio.Runner(loop_factory=JumpingLoop) as runner:
                runner.run(self.run_the_rest())

    async def main(self) -> None:
        """Register, take the steps, clean up, and run what was not run."""
        self.cleaner = asyncio.current_task() if self.driver == "asyncio" else None
        self.scope = anyio.CancelScope() if self.program.is_scoped else nullcontext()
        try:
            with suppress(asyncio.CancelledError), self.scope:
                await self.prepare()
                await self.end_noted()
            await calm()
            if self.root.state is ManagerState.OPEN:  # a step was cancelled
                await self.end_noted()
            await calm()
            await self.run_the_rest()
        finally:
            self.is_over = True
        await anyio.sleep(10)  # whoever refused to end may do so now

    async def prepare(self) -> None:
        """Register everything and take the steps."""
        self.root = ResourceManager("root", cleanup_timeout=1.0 if self.has_default else None)
        self.managers.append(self.root)
        for entry in self.program.entries:
            await self.register(self.root, entry)
        for name, one, other in self.program.steps:
            await self.step(name, one, other)

    @property
    def has_default(self) -> bool:
        """Tell whether every cleanup is bounded."""
        return self.program.is_bounded and not self.is_sync

    async def step(self, name: str, one: int, other: int) -> None:
        """Do to a handle what its owner may do before the end."""
        if name == "release":
            self.release(self.pick(one))
        elif name == "run" and not self.is_sync:
            with suppress(asyncio.CancelledError):
                await self.run_early(self.pick(one))
        elif name == "link":
            self.link(self.pick(one), self.pick(other))

    async def end_noted(self) -> None:
        """Bring the root to its end and note what that raises."""
        try:
            await self.end()
        except BaseException as failure:  # noqa: BLE001 - it is judged later
            self.outcome = failure

    async def end(self) -> None:
        """Bring the root to its end."""
        if self.program.ending == "cleanup_all":
            await self.root.cleanup_all(deadline=0.0 if self.program.has_deadline else None)
        else:
            await self.root.__aexit__(*self.details())

    def end_sync(self) -> None:
        """Do the same without a loop."""
        if self.program.ending == "cleanup_all":
            self.root.cleanup_all_sync(deadline=0.0 if self.program.has_deadline else None)
        else:
            self.root.__exit__(*self.details())

    def details(self) -> tuple[type[BaseException] | None, BaseException | None, TracebackType | None]:
        """Return how the body of a `with` has ended."""
        failures = {
            "exit with failure": RuntimeError("body"),
            "exit with interrupt": KeyboardInterrupt("body"),
            "exit with cancellation": asyncio.CancelledError("body"),
        }
        failure = failures.get(self.program.ending)
        return (type(failure), failure, None) if failure else (None, None, None)

    async def run_the_rest(self) -> None:
        """Run what a deadline or a second interrupt has left, as a user may, and children that nobody owns."""
        for number, child in list(self.child_of.items()):
            if self.handles[number].status == "released" and child.state is ManagerState.OPEN:
                with suppress(asyncio.CancelledError):
                    await self.attempt(child.cleanup_all())
                await calm()
        while left := [handle for manager in self.managers for handle in manager.not_run]:
            with suppress(asyncio.CancelledError):
                await self.run_early(next(number for number, known in self.handles.items() if known is left[0]))
            await calm()

    # How entries are registered.

    async def register(self, manager: ResourceManager, entry: Entry) -> None:
        """Register *entry* and what is inside of it."""
        if entry.kind == "context" and entry.is_async and not self.is_sync:
            context = AsyncContext(self, self.numbered(manager, entry))
            await manager.enter_async_context(context, own_task=entry.own_task)
            self.registered(context.number)
            return
        child = self.register_now(manager, entry)
        for inner in entry.inner if child is not None else ():
            await self.register(child or manager, inner)

    def register_now(self, manager: ResourceManager, entry: Entry) -> ResourceManager | None:
        """Register *entry*, which needs no loop; return the manager that it is, if it is one."""
        number = self.numbered(manager, entry)
        child = None
        if entry.kind == "child":
            child = self.child_of[number] = manager.child(str(number))
            self.managers.append(child)
        elif entry.kind == "context":
            manager.enter_context(Context(self, number))
        else:
            self.add(manager, entry, number)
            if entry.is_forgotten:
                assert manager.collected
                return None
        self.registered(number)
        return child

    def add(self, manager: ResourceManager, entry: Entry, number: int) -> None:
        """Add a callback, before the older ones that it needs."""
        pending = self.pending(manager)
        needs = [pending[need % len(pending)] for need in entry.needs if pending]
        manager.add(
            Resource(),
            self.cleanup(number),
            name=str(number),
            priority=entry.priority,
            timeout=self.timeout(entry),
            own_task=entry.own_task,
            depends_on=[self.handles[need] for need in needs],
            hold="weak" if entry.is_forgotten else "strong",
            track=False,
        )
        for need in needs:
            self.before[need].add(number)

    def timeout(self, entry: Entry) -> float | None:
        """Return what bounds *entry*: what hangs has to be bounded, the others may be."""
        is_bounded = entry.deed in HANGING or (entry.is_bounded and not self.is_sync)
        return (0.001 if self.is_sync else 1.0) if is_bounded else None

    def numbered(self, manager: ResourceManager, entry: Entry) -> int:
        """Return the number of a new *entry* of *manager*."""
        number = len(self.entry_of) + 1
        self.entry_of[number] = entry
        self.owner_of[number] = manager
        self.before[number] = set()
        return number

    def registered(self, number: int) -> None:
        """Note the handle of entry *number*; a context manager is left before the one that is around it."""
        owner = self.owner_of[number]
        if self.entry_of[number].kind != "callback":
            around = [n for n in self.pending(owner) if self.entry_of[n].kind != "callback"]
            for outer in around[-1:]:
                self.before[outer].add(number)
        self.handles[number] = owner.pending[-1]

    def pending(self, manager: ResourceManager) -> list[int]:
        """Return the numbers of what is pending in *manager*, oldest first."""
        numbers = {id(handle): number for number, handle in self.handles.items()}
        return [numbers[id(handle)] for handle in manager.pending if id(handle) in numbers]

    def pick(self, choice: int) -> int | None:
        """Return the number of some entry that there is a handle of."""
        numbers = list(self.handles)
        return numbers[choice % len(numbers)] if numbers else None

    # What cleanups do.

    def begin(self, number: int) -> None:
        """Note that the cleanup of *number* has begun, and whether it was its turn."""
        self.begun.append(number)
        if number in self.hurried:
            return
        pending = {*self.pending(self.owner_of[number]), number}
        free = [n for n in pending if not pending & self.all_before(n)]
        expected = min(free, key=lambda n: (self.priority(n), -n))
        if number != expected:
            self.problems.append(f"{number} began before {expected}, while {sorted(pending)} were pending")

    def priority(self, number: int) -> int:
        """Return the priority of entry *number*; only callbacks have one."""
        entry = self.entry_of[number]
        return entry.priority if entry.kind == "callback" else 0

    def all_before(self, number: int) -> set[int]:
        """Return everything that has to go before entry *number*."""
        found: set[int] = set()
        ahead = [number]
        while ahead:
            new = self.before[ahead.pop()] - found
            found |= new
            ahead.extend(new)
        return found

    def cleanup(self, number: int) -> Callable[[object], Awaitable[None] | None]:
        """Return the cleanup of the callback *number*."""
        entry = self.entry_of[number]

        async def cleanup(_: object) -> None:
            self.begin(number)
            await self.act(number)

        def cleanup_now(_: object) -> None:
            self.begin(number)
            self.act_now(number)

        return cleanup if entry.is_async or entry.deed in HANGING else cleanup_now

    async def act(self, number: int) -> None:
        """Do what entry *number* does, which is async."""
        entry = self.entry_of[number]
        await anyio.sleep(0)
        if entry.deed in HANGING and self.can_hang(entry):
            await self.hang(entry.deed)
        elif entry.deed == "drain" and not self.is_sync:
            await self.attempt(self.owner_of[number].cleanup_all())
        elif entry.deed == "run another" and not self.is_sync:
            await self.run_early(self.pick(entry.target))
        else:
            self.act_now(number)
            await anyio.sleep(0)

    def can_hang(self, entry: Entry) -> bool:
        """Tell whether something bounds *entry*."""
        if entry.kind == "callback":
            return entry.deed != "refuse to end" or (entry.own_task and not self.is_sync)
        return entry.own_task and self.has_default

    async def hang(self, deed: str) -> None:
        """Wait for ever, and longer."""
        try:
            await anyio.sleep(FOREVER)
        except BaseException:
            if deed == "hang":
                raise
        with anyio.CancelScope(shield=True):
            while deed == "refuse to end" and not self.is_over:
                await anyio.sleep(1)

    def act_now(self, number: int) -> None:
        """Do what entry *number* does, which is not async."""
        entry, owner = self.entry_of[number], self.owner_of[number]
        if entry.deed in RAISING:
            raise RAISING[entry.deed](number)
        if entry.deed.startswith("cancel") and not self.is_sync:
            self.cancel(entry.deed)
        elif entry.deed.startswith("register"):
            child = self.register_now(owner, Entry(kind="child")) if entry.deed == "register a child" else None
            self.register_now(child or owner, Entry(deed="fail", priority=entry.priority, needs=entry.needs))
        elif entry.deed == "release":
            self.release(self.pick(entry.target))
        elif entry.deed == "drain" and self.is_sync:
            owner.cleanup_all_sync()

    def cancel(self, deed: str) -> None:
        """Cancel whoever cleans up, or the scope around him, if there is one."""
        self.is_cancelled = True
        if deed == "cancel the scope" and isinstance(self.scope, anyio.CancelScope):
            self.scope.cancel()
        elif deed == "cancel the task" and self.cleaner is not None:
            self.cleaner.cancel()

    def release(self, number: int | None) -> None:
        """Release an entry, unless it lives in a task that would never end."""
        if number is not None and not (self.entry_of[number].kind == "context" and self.entry_of[number].own_task):
            self.handles[number].release()

    def link(self, first: int | None, second: int | None) -> None:
        """Let *first* go before *second*, if that is possible."""
        if first is None or second is None:
            return
        with suppress(ValueError):
            self.handles[first].depends_on(self.handles[second])
            if {first, second} <= set(self.pending(self.owner_of[first])):
                self.before[second].add(first)

    async def run_early(self, number: int | None) -> None:
        """Run an entry ahead of its turn."""
        if number is not None:
            self.hurried.add(number)
            try:
                await self.attempt(self.handles[number].run_now())
            finally:
                self.hurried.discard(number)

    async def attempt(self, work: Awaitable[None]) -> None:
        """Await *work* and note what it raises; a cancellation is for whoever waits for us."""
        try:
            await work
        except ValueError as refused:
            if "cannot run now" not in str(refused):
                self.early.append(refused)
        except BaseException as failure:
            self.early.append(failure)
            if isinstance(failure, (asyncio.CancelledError, trio.Cancelled)):
                raise

    # What is seen in the end.

    def raised(self) -> list[BaseException]:
        """Return every failure that somebody was told, once."""
        return distinct(leaf for told in [self.outcome, *self.early] for leaf in leaves(told))

    def recorded(self) -> list[BaseException]:
        """Return every failure that a manager has kept, once."""
        return distinct(leaf for manager in self.managers for error in manager.errors for leaf in leaves(error))


def distinct(failures: Iterable[BaseException]) -> list[BaseException]:
    """Return *failures* without those that are the same object."""
    return list({id(failure): failure for failure in failures}.values())


class Resource:
    """What a callback cleans up, if nobody has forgotten it."""


class Context:
    """A context manager that is an entry of a program."""

    def __init__(self, play: Play, number: int) -> None:
        self.play = play
        self.number = number
        self.func = SimpleNamespace(__qualname__=str(number))  # what contextlib calls the function that made it

    def __enter__(self) -> None:
        """Enter it."""

    def __exit__(self, *details: object) -> None:
        """Do what the entry does."""
        self.play.begin(self.number)
        self.play.act_now(self.number)


class AsyncContext:
    """One that has a scope around its body, as those of task groups and timeouts have."""

    def __init__(self, play: Play, number: int) -> None:
        self.play = play
        self.number = number
        self.func = SimpleNamespace(__qualname__=str(number))
        self.scope = anyio.CancelScope() if play.has_scopes else nullcontext()

    async def __aenter__(self) -> None:
        """Enter it."""
        await anyio.sleep(0)
        self.scope.__enter__()

    async def __aexit__(self, *details: object) -> None:
        """Do what the entry does, and leave the scope."""
        self.play.begin(self.number)
        try:
            await self.play.act(self.number)
        finally:
            self.scope.__exit__(None, None, None)


async def calm() -> None:
    """Let a cancellation arrive that nobody has waited for."""
    with suppress(asyncio.CancelledError):
        await anyio.sleep(0)


def dry(work: Coroutine[Any, Any, None]) -> None:
    """Run *work*, which awaits nothing."""
    with suppress(StopIteration):
        work.send(None)
        raise AssertionError("it waits")


def leaves(failure: BaseException | None) -> list[BaseException]:
    """Return the failures of cleanups in *failure*: in groups, and behind an interrupt or a cancellation."""
    if failure is None:
        return []
    if isinstance(failure, CleanupError):
        return [leaf for inner in failure.exceptions for leaf in leaves(inner)]
    return [failure, *(leaves(failure.__cause__) if isinstance(failure.__cause__, CleanupError) else ())]


def number_in(failure: BaseException) -> int:
    """Return the number of the entry that raised *failure*, 0 if no entry did."""
    if isinstance(failure, INTERRUPTS):
        return next((number for number in failure.args if isinstance(number, int)), 0)
    found = re.findall(r"while cleaning up '(\d+)'", "\n".join(getattr(failure, "__notes__", ())))
    return int(found[0]) if found else 0
