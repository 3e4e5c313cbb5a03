"""Finds messages by their words."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from chat.messages import Message


@cache
def tokenizer_pool() -> ThreadPoolExecutor:
    """Return the threads that split texts into words, started once in a process."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="tokenizer")


def tokenize(texts: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the words of each of *texts*, several at a time."""
    return list(tokenizer_pool().map(_words, texts))


def shut_tokenizer_down() -> None:
    """End the threads that :func:`tokenize` started, if it did."""
    if tokenizer_pool.cache_info().currsize:
        tokenizer_pool().shutdown()
        tokenizer_pool.cache_clear()


class Indexer:
    """Index messages in a thread of its own, so that nobody waits for it who talks."""

    _found: dict[str, list[Message]]
    _inbox: queue.SimpleQueue[Message | None]
    _thread: threading.Thread

    def __init__(self) -> None:
        self._found = {}
        self._inbox = queue.SimpleQueue()
        self._indexed = threading.Condition()
        self._count = 0
        self._thread = threading.Thread(target=self._index, name="indexer", daemon=True)

    def start(self) -> None:
        """Start to index."""
        self._thread.start()

    def close(self) -> None:
        """Index what was added and end the thread."""
        self._inbox.put(None)
        self._thread.join()

    def add(self, message: Message) -> None:
        """Index *message* soon."""
        self._inbox.put(message)

    def wait(self, count: int) -> None:
        """Wait until *count* messages have been indexed."""
        with self._indexed:
            self._indexed.wait_for(lambda: self._count >= count, timeout=5)

    def find(self, word: str) -> Sequence[Message]:
        """Return the indexed messages in which *word* occurs."""
        return list(self._found.get(word.lower(), []))

    def _index(self) -> None:
        while (message := self._inbox.get()) is not None:
            for word in _words(message.text):
                self._found.setdefault(word, []).append(message)
            with self._indexed:
                self._count += 1
                self._indexed.notify_all()


def _words(text: str) -> Sequence[str]:
    return text.lower().split()
