"""The service: rooms over WebSockets."""

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from chat.connections import ConnectionManager
from chat.flusher import BatchFlusher
from chat.messages import Frame, Message

MAINTENANCE_SECONDS = 60.0


class ChatServer:
    """Serve rooms on a free port of the loopback interface, and store what is said if there is a *flusher*."""

    url: str
    rounds: int
    _connections: ConnectionManager
    _flusher: BatchFlusher | None
    _server: Server

    def __init__(self, connections: ConnectionManager, *, flusher: BatchFlusher | None = None) -> None:
        self.rounds = 0
        self._connections = connections
        self._flusher = flusher

    async def start(self) -> None:
        """Listen; :attr:`url` says where."""
        self._server = await serve(
            self._converse, "127.0.0.1", 0, process_request=self._respond, ping_interval=None, close_timeout=1
        )
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        self.url = f"ws://{host}:{port}/"

    async def stop(self) -> None:
        """Say good-bye to everyone and stop listening."""
        self._server.close()
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def maintain(self) -> None:
        """Look after the server every minute, for as long as the caller lets it."""
        while True:
            self.rounds += 1
            await asyncio.sleep(MAINTENANCE_SECONDS)

    def _respond(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/health":
            return connection.respond(HTTPStatus.OK, "well\n")
        return None

    async def _converse(self, websocket: ServerConnection) -> None:
        assert websocket.request is not None
        user = parse_qs(urlsplit(websocket.request.path).query)["user"][0]
        await self._connections.connect(user, websocket)
        try:
            async for data in websocket:
                await self._answer(Frame.decode(data), user, websocket)
        finally:
            self._connections.disconnect(user, websocket)

    async def _answer(self, frame: Frame, user: str, websocket: ServerConnection) -> None:
        match frame.type:
            case "join":
                self._connections.subscribe(user, frame.room)
                await websocket.send(Frame(type="joined", room=frame.room, user=user).encode())
            case "say":
                message = Message(room=frame.room, user=user, text=frame.text)
                if self._flusher is not None:
                    self._flusher.add(message)
                await self._connections.publish(message)
            case "ping":
                await websocket.send(Frame(type="pong").encode())
