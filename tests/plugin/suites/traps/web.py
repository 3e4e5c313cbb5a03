"""An HTTP client and server in miniature, with what real ones keep between two requests."""

import asyncio
from contextlib import suppress

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Client:
    """Keep the connections for the next request, and a timer that drops what is idle."""

    def __init__(self, address) -> None:
        self.address = address
        self.idle = []
        self.timer = None

    async def get(self) -> bytes:
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(*self.address)
        writer.write(REQUEST)
        response = await reader.readuntil(b"\r\n\r\n")
        self.idle.append((reader, writer))
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(15, self.drop_idle)
        return response

    def drop_idle(self) -> None:
        while self.idle:
            self.idle.pop()[1].close()

    async def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        writers = [writer for _, writer in self.idle]
        self.drop_idle()
        for writer in writers:
            with suppress(ConnectionError):
                await writer.wait_closed()


class Server:
    """Answer in one task per connection and give each an idle timer."""

    def __init__(self) -> None:
        self.handlers = {}

    async def start(self):
        self.server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()

    async def handle(self, reader, writer) -> None:
        self.handlers[asyncio.current_task()] = writer
        loop = asyncio.get_running_loop()
        try:
            while True:
                timer = loop.call_later(75, writer.close)
                try:
                    await reader.readuntil(b"\r\n\r\n")
                finally:
                    timer.cancel()
                writer.write(RESPONSE)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def stop(self) -> None:
        self.server.close()
        for writer in self.handlers.values():
            writer.close()
        await asyncio.gather(*self.handlers)
        await self.server.wait_closed()
