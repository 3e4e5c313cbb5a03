"""Judges messages in a process of its own: a real model would keep a core busy."""

import multiprocessing
from functools import cache
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

RUDE = frozenset({"darn", "heck"})
# A fork copies every lock that some thread holds at that moment.
_context = multiprocessing.get_context("spawn")


class Moderator:
    """Ask another process whether a text is fit for a room."""

    _questions: "Connection[str | None, bool]"

    def __init__(self) -> None:
        self._questions, answers = _context.Pipe()
        self._process = _context.Process(target=judge, args=(answers,), name="moderator")
        self._process.start()
        answers.close()

    def is_fit(self, text: str) -> bool:
        """Tell whether *text* may be shown."""
        self._questions.send(text)
        return self._questions.recv()

    def close(self) -> None:
        """End the process and wait for it."""
        self._questions.send(None)
        self._questions.close()
        self._process.join()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def judge(answers: "Connection[bool, str | None]") -> None:
    """Answer questions until there are no more; runs in the other process."""
    while (text := answers.recv()) is not None:
        answers.send(not RUDE & set(text.lower().split()))


@cache
def moderator() -> Moderator:
    """Return the one that everybody asks; to load a model twice would be a waste."""
    return Moderator()


def shut_moderator_down() -> None:
    """End the process that :func:`moderator` started, if it did."""
    if moderator.cache_info().currsize:
        moderator().close()
        moderator.cache_clear()
