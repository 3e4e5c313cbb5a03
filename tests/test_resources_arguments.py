"""Wrong use of a manager fails where it is written, not at teardown, and loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from isolation import ResourceManager, managed_fixture


class Session:
    """A resource with an async method."""

    def __repr__(self) -> str:
        return "<session>"

    async def aclose(self) -> None:
        """Close it."""


def add(*arguments: Any, **options: Any) -> Callable[[ResourceManager], object]:
    """Return what adds with these arguments."""
    return lambda manager: manager.add(*arguments, **options)


@pytest.mark.parametrize(
    ("use", "kind", "message"),
    [
        (
            lambda manager: manager.register(None),
            TypeError,
            "a cleanup must be callable, got None; pass the function, not the result of calling it",
        ),
        (lambda manager: manager.register(5), TypeError, "a cleanup must be callable, got 5; pass a function"),
        (add(Session(), 5), TypeError, "a cleanup must be callable, got 5; pass a function"),
        (add(1, print, timeout="5s"), TypeError, "timeout must be a number of seconds, got '5s'"),
        (add(1, print, timeout=True), TypeError, "timeout must be a number of seconds, got True"),
        (add(1, print, timeout=-1), ValueError, "timeout must not be negative, got -1"),
        (add(1, print, hold="week"), ValueError, "hold must be 'strong' or 'weak', got 'week'"),
        (
            lambda _: ResourceManager(cleanup_timeout="5s"),  # type: ignore[arg-type] # that is the point
            TypeError,
            "cleanup_timeout must be a number of seconds, got '5s'",
        ),
        (lambda _: ResourceManager(deadline=float("nan")), ValueError, "deadline must not be negative, got nan"),
        (lambda _: managed_fixture(cleanup_timeout=-2.0), ValueError, "cleanup_timeout must not be negative, got -2.0"),
        (
            lambda _: managed_fixture(priority="high"),  # type: ignore[call-overload] # that is the point
            TypeError,
            "priority must be an int, got 'high'",
        ),
    ],
)
def test_wrong_use_fails_where_it_is_written(
    use: Callable[[ResourceManager], object], kind: type[Exception], message: str
) -> None:
    """The message has the value and what to do; what was registered before is still pending."""
    manager = ResourceManager()
    earlier = manager.register(int)

    with pytest.raises(kind) as caught:
        use(manager)

    assert str(caught.value) == message
    assert manager.pending == [earlier]
    manager.cleanup_all_sync()


def test_the_result_of_a_call_is_no_cleanup() -> None:
    """A classic slip: the parentheses; nothing is left that was never awaited."""
    manager = ResourceManager()

    with pytest.raises(TypeError, match="pass the function, not the result of calling it"):
        manager.register(Session().aclose())  # type: ignore[arg-type] # that is the point

    assert manager.pending == []
