"""asyncpg."""

ROWS: dict[str, str] = {}
BASES = {"asyncpg.connection.Connection": ("asyncpg.connection._ConnectionProxy",)}
