"""A chat client that keeps its connection awake."""

import asyncio


class Client:
    def __init__(self):
        self.beat = None

    async def connect(self):
        self.beat = asyncio.create_task(self.heartbeat(), name="heartbeat")

    async def heartbeat(self):
        while True:
            await asyncio.sleep(30)

    async def close(self):
        self.beat.cancel()
