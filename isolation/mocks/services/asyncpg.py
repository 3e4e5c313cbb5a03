"""asyncpg asks a protocol written in C, and its pool gives proxies of connections."""

_COPIES = ("copy_from_query", "copy_from_table", "copy_records_to_table", "copy_to_table")

ROWS = {
    **{f"asyncpg.connection.Connection.{name}": "typing.Literal['COPY 0']" for name in _COPIES},
    **{f"asyncpg.pool.Pool.{name}": "typing.Literal['COPY 0']" for name in _COPIES},
    "asyncpg.connection.connect": "asyncpg.connection.Connection",
    "asyncpg.connection.Connection.execute": "typing.Literal['UPDATE 0']",
    "asyncpg.pool.Pool.execute": "typing.Literal['UPDATE 0']",
    "asyncpg.connection.Connection.executemany": "None",
    "asyncpg.connection.Connection.fetchmany": "list",
    "asyncpg.connection.Connection.get_server_pid": "int",
    "asyncpg.connection.Connection.get_server_version": "asyncpg.types.ServerVersion",
    "asyncpg.connection.Connection.is_in_transaction": "bool",
    "asyncpg.prepared_stmt.PreparedStatement.fetch": "list",
    "asyncpg.pool.Pool.fetchmany": "list",
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
