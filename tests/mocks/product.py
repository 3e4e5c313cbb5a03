"""A product under test: what it calls is called from another file than that of the tests."""


class Pool:
    """A client of a database."""

    async def fetchval(self, query: str, *args: object, timeout: float | None = None) -> int:
        """Return one value."""
        raise NotImplementedError

    async def execute(self, query: str) -> str:
        """Return what was done."""
        raise NotImplementedError

    def acquire(self) -> "Pool":
        """Return a connection."""
        raise NotImplementedError

    def close(self) -> None:
        """Close it."""


async def find_user(pool: Pool, name: str) -> int:
    """Call *pool* once."""
    return await pool.fetchval("select id from users where name = $1", name, timeout=1.5)


def forget(pool: Pool) -> None:
    """Call *pool* and do not await what that gives."""
    pool.execute("delete from users")  # type: ignore[unused-coroutine]  # this is what it is about
