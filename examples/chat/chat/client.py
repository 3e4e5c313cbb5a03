"""The client side of a chat."""

import asyncio
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect

from chat.messages import Frame


class Client:
    """Talk to a chat server as *user*, and show it now and then that the user is still there."""

    url: str
    user: str
    websocket: ClientConnection
    _beat: float
    _heartbeat: asyncio.Task[None] | None

    def __init__(self, url: str, user: str, *, beat: float = 10.0) -> None:
        self.url = url
        self.user = user
        self._beat = beat
        self._heartbeat = None

    async def connect(self) -> None:
        """Open the connection and start its heartbeat."""
        # The heartbeat replaces the pings of the protocol, which proxies like to swallow.
        self.websocket = await connect(f"{self.url}?user={self.user}", ping_interval=None)
        self._heartbeat = asyncio.create_task(self._keep_alive(), name="heartbeat")

    async def close(self) -> None:
        """Stop the heartbeat and close the connection."""
        if self._heartbeat is None:
            return
        self._heartbeat.cancel()
        await asyncio.gather(self._heartbeat, return_exceptions=True)
        await self.websocket.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def join(self, room: str) -> None:
        """Ask for what is said in *room*; the server answers with a frame ``"joined"``."""
        await self.send(Frame(type="join", room=room, user=self.user))

    async def say(self, room: str, text: str) -> None:
        """Say *text* in *room*."""
        await self.send(Frame(type="say", room=room, user=self.user, text=text))

    async def send(self, frame: Frame) -> None:
        """Send *frame* to the server."""
        await self.websocket.send(frame.encode())

    async def receive(self) -> Frame:
        """Wait for the next frame of the server, whatever it is."""
        return Frame.decode(await self.websocket.recv())

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            await self.send(Frame(type="ping"))
