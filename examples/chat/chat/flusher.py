"""Writes messages in batches, since one transaction for each line of a chat is too slow."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from chat.messages import Message


class Sink(Protocol):
    """Where batches go: the store, or a list of a test."""

    async def add(self, messages: Sequence[Message]) -> None:
        """Keep *messages*."""
        ...


class BatchFlusher:
    """Collect messages and write them to *sink*, every *interval* seconds or once there are *size* of them."""

    _sink: Sink
    _interval: float
    _size: int
    _batch: list[Message]
    _is_full: asyncio.Event
    _task: asyncio.Task[None] | None

    def __init__(self, sink: Sink, *, interval: float = 1.0, size: int = 100) -> None:
        self._sink = sink
        self._interval = interval
        self._size = size
        self._batch = []
        self._is_full = asyncio.Event()
        self._task = None

    def start(self) -> None:
        """Start to write in the background; needs a running event loop."""
        self._task = asyncio.create_task(self._write(), name="flusher")

    def add(self, message: Message) -> None:
        """Put *message* into the next batch."""
        self._batch.append(message)
        if len(self._batch) >= self._size:
            self._is_full.set()

    async def flush(self) -> None:
        """Write what there is, now."""
        batch, self._batch = self._batch, []
        self._is_full.clear()
        if batch:
            await self._sink.add(batch)

    async def stop(self) -> None:
        """Stop to write in the background, and write the rest."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _write(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._interval):
                    await self._is_full.wait()
            except TimeoutError:
                pass
            await self.flush()
