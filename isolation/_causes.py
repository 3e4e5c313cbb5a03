"""Causes: the chain of exceptions that leads to one."""

from collections.abc import Iterator


def causes(failure: BaseException, *, only_shown: bool = False) -> Iterator[BaseException]:
    """Yield *failure*, and what it was raised from or after; with ``raise error from error`` the chain has no end.

    Args:
        failure: Where to begin.
        only_shown: Leave out what ``raise ... from None`` hides.
    """
    seen: set[int] = set()
    error: BaseException | None = failure
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        is_hidden = only_shown and error.__suppress_context__
        error = error.__cause__ or (None if is_hidden else error.__context__)
