"""Who is connected, who listens to which room, and what waits for those who are away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Protocol

from chat.messages import Frame, Message


class Connection(Protocol):
    """The side of a WebSocket that the manager needs."""

    async def send(self, message: str) -> None:
        """Send *message* to the other side."""
        ...


class ConnectionManager:
    """Deliver messages to everyone who subscribed to their room, now or when they come back.

    The service has one, :data:`connection_manager`. That makes it what every test of the service shares.
    """

    _connections: dict[str, Connection]
    _message_queues: dict[str, list[Message]]
    _subscriptions: dict[str, set[str]]
    _feeds: dict[str, AsyncGenerator[Message]]
    _feed_queues: dict[str, dict[str, asyncio.Queue[Message]]]

    def __init__(self) -> None:
        self._connections = {}
        self._message_queues = {}
        self._subscriptions = {}
        self._feeds = {}
        self._feed_queues = {}

    async def connect(self, user: str, connection: Connection) -> None:
        """Take *connection* for *user*'s, and deliver what waited for it."""
        self._connections[user] = connection
        for message in self._message_queues.pop(user, []):
            await self._deliver(message, connection)

    def disconnect(self, user: str, connection: Connection) -> None:
        """Forget *connection*; messages of *user* wait from now on, unless there is a newer one."""
        if self._connections.get(user) is connection:
            del self._connections[user]

    def subscribe(self, user: str, room: str) -> None:
        """Send *user* what is said in *room*."""
        self._subscriptions.setdefault(room, set()).add(user)

    def waiting(self, user: str) -> int:
        """Return how many messages wait for *user*."""
        return len(self._message_queues.get(user, []))

    def members(self, room: str) -> set[str]:
        """Return who subscribed to *room*."""
        return set(self._subscriptions.get(room, ()))

    async def publish(self, message: Message) -> None:
        """Deliver *message* to the members of its room; it waits for those who are away."""
        for queue in self._feed_queues.get(message.room, {}).values():
            queue.put_nowait(message)
        for user in sorted(self.members(message.room) - {message.user}):
            connection = self._connections.get(user)
            if connection is None:
                self._message_queues.setdefault(user, []).append(message)
            else:
                await self._deliver(message, connection)

    def feed(self, bot: str, room: str) -> AsyncGenerator[Message]:
        """Return the messages of *room* from now on; a *bot* that asks again reads on where it stopped."""
        if bot not in self._feeds:
            self._feed_queues.setdefault(room, {})[bot] = asyncio.Queue()
            self._feeds[bot] = self._read(bot, room)
        return self._feeds[bot]

    def reset(self) -> None:
        """Forget everything; for tests."""
        for state in (self._connections, self._message_queues, self._subscriptions, self._feeds, self._feed_queues):
            state.clear()

    async def _read(self, bot: str, room: str) -> AsyncGenerator[Message]:
        try:
            while True:
                yield await self._feed_queues[room][bot].get()
        finally:
            with suppress(KeyError):
                del self._feeds[bot], self._feed_queues[room][bot]

    async def _deliver(self, message: Message, connection: Connection) -> None:
        frame = Frame(type="message", room=message.room, user=message.user, text=message.text)
        await connection.send(frame.encode())


connection_manager = ConnectionManager()
