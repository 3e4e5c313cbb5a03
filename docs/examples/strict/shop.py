class Pool:
    async def fetchval(self, query: str, *args: object) -> int: ...

    async def execute(self, query: str, *args: object) -> str: ...


class EventBus:
    async def publish(self, topic: str, value: bytes) -> None: ...


async def sign_up(name: str, pool: Pool, bus: EventBus) -> int:
    user = await pool.fetchval("insert into users (name) values ($1) returning id", name)
    bus.publish("users", b"%d" % user)
    return user
