"""Let each test and fixture under anyio's pytest plugin be its own owner, and record trio's tasks.

anyio runs the fixtures and tests of one lease in one long-lived task, whose context is that of the first comer.
"""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from isolation import _compatibility
from isolation._owners import OWNER, Owner
from isolation.recording._recorder import Recorder


def install(recorder: Recorder) -> None:
    """Wrap trio's way to run, and anyio's, once they are imported."""
    if "trio" in sys.modules and not recorder.has_trio:
        recorder.has_trio = True
        from isolation.recording import trio_tasks  # noqa: PLC0415 - imports trio, which is optional

        trio_tasks.install_run(recorder)
    _install_anyio(recorder)


def _install_anyio(recorder: Recorder) -> None:
    plugin = _compatibility.anyio_plugin()
    if plugin is None or recorder.has_anyio:
        return
    recorder.has_anyio = True
    recorder.patches.wrap(plugin, "get_async_backend", lambda original: _wrap_get_backend(original, recorder))


def _wrap_get_backend(original: Callable[..., type], recorder: Recorder) -> Callable[..., type]:
    def get_async_backend(*args: object, **kwargs: object) -> type:
        backend = original(*args, **kwargs)
        runner_class = _compatibility.test_runner_of(backend)
        if runner_class is not None and runner_class not in recorder.runner_classes:
            recorder.runner_classes.add(runner_class)
            _install_runner(runner_class, recorder)
        return backend

    return get_async_backend


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
