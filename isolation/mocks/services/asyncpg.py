"""asyncpg asks a protocol written in C, and its pool gives proxies of connections."""

ROWS = {
    "asyncpg.connection.Connection.executemany": "None",
    "asyncpg.connection.Connection.fetchmany": "list",
    "asyncpg.connection.Connection.get_server_pid": "int",
    "asyncpg.connection.Connection.get_server_version": "asyncpg.types.ServerVersion",
    "asyncpg.connection.Connection.is_in_transaction": "bool",
    "asyncpg.prepared_stmt.PreparedStatement.fetch": "list",
    "asyncpg.pool.Pool.get_max_size": "int",
    "asyncpg.pool.Pool.get_min_size": "int",
    "asyncpg.cursor.Cursor.fetch": "list",
    "asyncpg.pool.PoolAcquireContext.__aenter__": "asyncpg.pool.PoolConnectionProxy",
    "asyncpg.pool.PoolAcquireContext.__await__": "asyncpg.pool.PoolConnectionProxy",
}
BASES = {
    "asyncpg.connection.Connection": ("asyncpg.connection._ConnectionProxy",),
    "asyncpg.pool.PoolConnectionProxy": ("asyncpg.connection._ConnectionProxy",),
}
