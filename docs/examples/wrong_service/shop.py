class Pool:
    async def fetchval(self, query: str, *args: object) -> int: ...

    async def execute(self, query: str, *args: object) -> str: ...


class EventBus:
    async def publish(self, topic: str, value: bytes) -> None: ...


class BillingClient:
    async def charge(self, user: int, cents: int) -> bool: ...


async def sign_up(name: str, pool: Pool, bus: EventBus) -> int:
    user = await pool.fetchval("insert into users (name) values ($1) returning id", name)
    await bus.publish("users", b"%d" % user)
    return user
