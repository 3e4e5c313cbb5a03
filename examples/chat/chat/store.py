"""Keeps messages in SQLite."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiosqlite

from chat.messages import Message

SCHEMA = "CREATE TABLE IF NOT EXISTS messages (room TEXT, user TEXT, text TEXT)"

# A file is opened once in a process: two writers would wait for each other's lock.
_stores: dict[Path, "MessageStore"] = {}


class MessageStore:
    """Keep messages in the database of *connection*; see :func:`open_store`."""

    _path: Path
    _connection: aiosqlite.Connection

    def __init__(self, path: Path, connection: aiosqlite.Connection) -> None:
        self._path = path
        self._connection = connection

    async def add(self, messages: Sequence[Message]) -> None:
        """Keep *messages*."""
        rows = [(message.room, message.user, message.text) for message in messages]
        await self._connection.executemany("INSERT INTO messages VALUES (?, ?, ?)", rows)
        await self._connection.commit()

    async def messages(self, room: str) -> Sequence[Message]:
        """Return what was said in *room*, oldest first."""
        query = "SELECT room, user, text FROM messages WHERE room = ? ORDER BY rowid"
        rows = await self._connection.execute_fetchall(query, (room,))
        return [Message(room=room, user=user, text=text) for room, user, text in rows]

    async def close(self) -> None:
        """Close the database."""
        _stores.pop(self._path, None)
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


async def open_store(path: Path) -> MessageStore:
    """Return the store in the file *path*, made if it is new, the same one to everybody until it is closed."""
    if path not in _stores:
        connection = await aiosqlite.connect(path)
        await connection.execute(SCHEMA)
        _stores[path] = MessageStore(path, connection)
    return _stores[path]
