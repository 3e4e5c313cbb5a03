"""Arguments: what makes no sense is refused where it is written, with the value and what to do."""

from inspect import isawaitable, iscoroutine


def check_cleanup(cleanup: object) -> None:
    """Make sure that *cleanup* can be called.

    Raises:
        TypeError: If it cannot, for example because it is the result of a call.
    """
    __tracebackhide__ = True
    if callable(cleanup):
        return
    is_result = cleanup is None or isawaitable(cleanup)
    if iscoroutine(cleanup):
        cleanup.close()  # else Python complains, too, that nobody has awaited it
    advice = "pass the function, not the result of calling it" if is_result else "pass a function"
    raise TypeError(f"a cleanup must be callable, got {cleanup!r}; {advice}")


def check_seconds(seconds: object, name: str) -> None:
    """Make sure that *seconds*, the argument *name*, are some, or None.

    Raises:
        TypeError: If they are no number.
        ValueError: If they are negative.
    """
    __tracebackhide__ = True
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, got {seconds!r}")
    if not seconds >= 0:
        raise ValueError(f"{name} must not be negative, got {seconds!r}")


def one_of_two(value: object, first: str, second: str, name: str) -> None:
    """Make sure that *value*, the argument *name*, is one of two words.

    Raises:
        ValueError: If it is not.
    """
    __tracebackhide__ = True
    if value not in (first, second):
        raise ValueError(f"{name} must be {first!r} or {second!r}, got {value!r}")
