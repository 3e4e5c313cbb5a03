import asyncio


async def tick():
    while True:
        await asyncio.sleep(30)


class Room:
    """A chat room, which wants to be empty when it closes."""

    def __init__(self):
        self.clients = []

    async def open(self):
        self.sweeper = asyncio.create_task(tick(), name="sweeper")

    async def close(self):
        self.sweeper.cancel()
        if self.clients:
            raise RuntimeError(f"{len(self.clients)} clients are still in the room")


class Client:
    """Somebody in a room."""

    def __init__(self, room, name):
        self.room = room
        self.name = name

    async def join(self):
        if not self.name:
            raise ValueError("a client needs a name")
        self.heartbeat = asyncio.create_task(tick(), name=f"heartbeat of {self.name}")
        self.room.clients.append(self)

    async def leave(self):
        self.heartbeat.cancel()
        self.room.clients.remove(self)
