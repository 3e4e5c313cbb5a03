"""Let each test and fixture under anyio's pytest plugin be its own owner, and record trio's tasks.

anyio runs the fixtures and tests of one lease in one long-lived task, whose context is that of the first comer.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from isolation import _compatibility
from isolation._owners import OWNER, Owner
from isolation.recording._recorder import Recorder


def install(recorder: Recorder) -> None:
    """Wrap the place where anyio's plugin gets its runners, once the plugin is imported."""
    plugin = _compatibility.anyio_plugin()
    if plugin is None or recorder.has_anyio:
        return
    recorder.has_anyio = True
    recorder.patches.wrap(plugin, "get_runner", lambda original: _wrap_get_runner(original, recorder))


def _wrap_get_runner(
    original: Callable[..., AbstractContextManager[Any]], recorder: Recorder
) -> Callable[..., AbstractContextManager[Any]]:
    @contextmanager
    def get_runner(*args: object, **kwargs: object) -> Iterator[Any]:
        with original(*args, **kwargs) as runner:
            if type(runner) not in recorder.runner_classes:
                recorder.runner_classes.add(type(runner))
                _install_runner(type(runner), recorder)
            yield runner

    return get_runner


def _install_runner(runner_class: type, recorder: Recorder) -> None:
    recorder.patches.wrap(runner_class, "_call_in_runner_task", _wrap_call)
    if runner_class.__module__.endswith("._trio"):
        from isolation.recording import trio_tasks  # noqa: PLC0415 - imports trio, which is optional

        trio_tasks.install(runner_class, recorder)


def _wrap_call(original: Callable[..., Any]) -> Callable[..., Any]:
    def call_in_runner_task(runner: object, func: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anyio's
        __tracebackhide__ = True
        owner = OWNER.get()

        def owned(*args: Any, **kwargs: Any) -> Awaitable[Any]:  # noqa: ANN401 - passed through
            return _run_owned(owner, func(*args, **kwargs))

        return original(runner, owned, *args, **kwargs)

    return call_in_runner_task


async def _run_owned(owner: Owner | None, awaitable: Awaitable[Any] | AsyncGenerator[Any, Any]) -> Any:  # noqa: ANN401 - the awaitable's result
    __tracebackhide__ = True
    token = OWNER.set(owner)
    try:
        return await awaitable  # type: ignore[misc]  # `asend` gives an awaitable
    finally:
        OWNER.reset(token)
