"""Record event loops, their tasks and async generators; see each loop just before it dies."""

import asyncio
import sys
from asyncio import AbstractEventLoop, BaseEventLoop, Runner
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context
from types import AsyncGeneratorType, FrameType
from typing import Any
from weakref import WeakSet, ref

from isolation import _compatibility
from isolation._origin import Origin, caller_frame, capture
from isolation._owners import OWNER, Owner
from isolation.recording._recorder import OURS, ClosedBy, Recorder


def install(recorder: Recorder) -> None:
    """Wrap what makes loops, tasks and async generators, and the two doors through which loops leave."""
    patches = recorder.patches
    closing = Closing(recorder)
    patches.wrap(BaseEventLoop, "__init__", lambda original: _wrap_loop_init(original, recorder))
    patches.wrap(BaseEventLoop, "create_task", lambda original: _wrap_create_task(original, recorder))
    patches.wrap(BaseEventLoop, _compatibility.ASYNCGEN_FIRSTITER, lambda original: _wrap_firstiter(original, recorder))
    patches.wrap(BaseEventLoop, "call_at", lambda original: _wrap_call_at(original, recorder))
    patches.wrap(BaseEventLoop, "close", closing.wrap_loop_close)
    patches.wrap(Runner, "close", closing.wrap_runner_close)
    patches.wrap(Runner, "run", _wrap_runner_run)


def meet_loop(recorder: Recorder) -> None:
    """Note the loop that runs around the caller, which began before anybody recorded."""
    loop = _compatibility.running_loop()
    if loop is not None and recorder.loops.get(loop) is None:
        recorder.loops.add(loop, Origin(None))


def install_uvloop(recorder: Recorder) -> None:
    """Do the same for uvloop's loops, which share no code with asyncio's, once uvloop is imported."""
    loop_class = getattr(sys.modules.get("uvloop"), "Loop", None)
    if loop_class is None or recorder.uvloop_class is loop_class:
        return
    recorder.uvloop_class = loop_class
    patches = recorder.patches
    patches.wrap(loop_class, "__init__", lambda original: _wrap_loop_init(original, recorder))
    patches.wrap(loop_class, "create_task", lambda original: _wrap_create_task(original, recorder))
    patches.wrap(loop_class, _compatibility.ASYNCGEN_FIRSTITER, lambda original: _wrap_firstiter(original, recorder))
    patches.wrap(loop_class, "close", Closing(recorder).wrap_loop_close)
    for name in ("call_at", "call_later"):
        patches.wrap(loop_class, name, lambda original: _wrap_uvloop_timer(original, recorder))


def _wrap_loop_init(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def __init__(loop: AbstractEventLoop, *args: object, **kwargs: object) -> None:  # noqa: N807 - stands for the loop's
        original(loop, *args, **kwargs)
        origin = recorder.origin()
        if origin is not None:
            recorder.loops.add(loop, origin)

    return __init__


def _wrap_create_task(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    add = recorder.tasks.add
    get_owner = OWNER.get

    def create_task(loop: AbstractEventLoop, coro: Coroutine[Any, Any, Any], **kwargs: Any) -> Any:  # noqa: ANN401 - the task factory's choice
        task = original(loop, coro, **kwargs)
        owner = get_owner()
        if owner is not OURS:
            context: Context | None = kwargs.get("context")
            if context is not None:
                owner = context.get(OWNER) or owner
            add(task, Origin(owner, capture(1, recorder.depth)))
        return task

    return create_task


def _wrap_call_at(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    add = recorder.timers.add
    get_owner = OWNER.get
    wakers = _compatibility.WAKERS

    def call_at(loop: AbstractEventLoop, when: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for the loop's
        handle = original(loop, when, callback, *args, **kwargs)
        if getattr(callback, "__name__", "") not in wakers:
            owner = get_owner()
            if owner is not OURS:
                add(handle, Origin(owner, capture(1, recorder.depth)))
        return handle

    return call_at


def _wrap_uvloop_timer(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    call = _wrap_call_at(original, recorder)

    def call_timed(loop: AbstractEventLoop, when: float, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the loop's
        handle = call(loop, when, *args, **kwargs)
        if recorder.timers.get(handle) is not None:
            # uvloop does not tell what it has scheduled.
            recorder.timer_loops[handle] = ref(loop)
        return handle

    return call_timed


def _wrap_firstiter(original: Callable[..., None], recorder: Recorder) -> Callable[..., None]:
    def firstiter(loop: AbstractEventLoop, generator: AsyncGeneratorType[Any, Any]) -> None:
        original(loop, generator)
        origin = recorder.origin()
        if origin is not None:
            recorder.generators.add(generator, origin)
            recorder.generator_loops[generator] = ref(loop)

    return firstiter


def _wrap_runner_run(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(runner: Runner, coro: Coroutine[Any, Any, Any], *, context: Context | None = None) -> Any:  # noqa: ANN401 - the coroutine's result
        __tracebackhide__ = True
        own = _compatibility.runner_context(runner)
        if context is None and own is not None:
            # A Runner runs everything in the context of its first use: without this, what a test starts in
            # somebody else's runner would belong to whoever used that runner first.
            _assign(own, OWNER.get())
        return original(runner, coro, context=context)

    return run


def _assign(context: Context, owner: Owner | None) -> None:
    try:
        context.run(OWNER.set, owner)
    except RuntimeError:
        return  # the context is in use: the call that follows is refused by the runner, with a better message


def install_unittest(recorder: Recorder) -> None:
    """Give asyncio's test cases the owner of their test, once they are imported."""
    case_class = getattr(sys.modules.get("unittest.async_case"), "IsolatedAsyncioTestCase", None)
    if case_class is None or recorder.has_unittest:
        return
    recorder.has_unittest = True

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(case: object, result: Any = None) -> Any:  # noqa: ANN401 - unittest's result
            __tracebackhide__ = True
            context = _compatibility.test_case_context(case)
            if context is not None:
                # It was copied when pytest made the instance, before the test's owner was set.
                _assign(context, OWNER.get())
            return original(case, result)

        return run

    recorder.patches.wrap(case_class, "run", make)


class Closing:
    """See each loop once, as late as its tasks are still there.

    Whoever closes a `Runner` cancels every task of its loop first, silently.  Fixtures have been torn down by then,
    and nothing is cancelled yet: the entry of `Runner.close` is the one point at which all frameworks can be
    watched.  `loop.close` is the second line, for loops that are closed by hand.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._seen: WeakSet[AbstractEventLoop] = WeakSet()

    def wrap_runner_close(self, original: Callable[[Runner], None]) -> Callable[[Runner], None]:
        """Look at the runner's loop before the runner cancels what is in it."""

        def close(runner: Runner) -> None:
            loop = _compatibility.runner_loop(runner)
            if loop is not None and not loop.is_closed():
                by_framework = _compatibility.closed_by_framework(_callers())
                self._look(loop, "framework" if by_framework else "user")
            original(runner)

        return close

    def wrap_loop_close(self, original: Callable[[AbstractEventLoop], None]) -> Callable[[AbstractEventLoop], None]:
        """Look at a loop that nobody has looked at before it closes."""

        def close(loop: AbstractEventLoop) -> None:
            if not loop.is_closed() and not loop.is_running() and loop not in self._seen:
                self._look(loop, "hand")
            original(loop)

        return close

    def _look(self, loop: AbstractEventLoop, closed_by: ClosedBy) -> None:
        if OWNER.get() is OURS or self._recorder.is_forked:
            return
        self._seen.add(loop)
        for listener in list(self._recorder.closing_listeners):
            listener(loop, closed_by)


def _callers() -> Iterator[tuple[str, str]]:
    frame: FrameType | None = caller_frame(3)
    while frame is not None:
        yield str(frame.f_globals.get("__name__", "")), frame.f_code.co_qualname
        frame = frame.f_back


def pending_tasks(loop: AbstractEventLoop) -> list[asyncio.Task[Any]]:
    """Return the tasks of *loop* that are not done."""
    return [task for task in asyncio.all_tasks(loop) if not task.done()]
