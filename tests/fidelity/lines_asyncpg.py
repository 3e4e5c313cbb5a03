"""What is done with asyncpg."""

import json
from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

POOL = Lines("asyncpg", "asyncpg:Pool")
CONNECTION = Lines("asyncpg", "asyncpg:Connection")
NO_ROW = "select 1 where false"


@POOL.line(
    'async with pool.acquire() as c: type(c), hasattr(c, "fetch_typo")', ("PoolConnectionProxy", False), is_sample=True
)
async def _(pool: Any) -> object:
    async with pool.acquire() as connection:
        return kind(connection), hasattr(connection, "fetch_typo")


@POOL.line("c = await pool.acquire()", "PoolConnectionProxy", is_sample=True)
async def _(pool: Any) -> object:
    connection = await pool.acquire()
    given = kind(connection)
    await pool.release(connection)
    return given


@POOL.line(
    'async with pool.acquire() as c: await c.fetch(quary="x")',
    Raised("TypeError", "Connection.fetch() got an unexpected keyword argument 'quary'"),
    is_sample=True,
)
async def _(pool: Any) -> object:
    async with pool.acquire() as connection:
        return await connection.fetch(quary="x")


@POOL.line(
    "await pool.fetch()",
    Raised("TypeError", "Pool.fetch() missing 1 required positional argument: 'query'"),
    is_sample=True,
)
async def _(pool: Any) -> object:
    return await pool.fetch()


@POOL.line("async with pool as p: p is pool", True, is_sample=True)
async def _(pool: Any) -> object:
    async with pool as entered:
        return entered is pool


@POOL.line("await pool", "Pool", is_sample=True)
async def _(pool: Any) -> object:
    return kind(await pool)


@POOL.line("await pool.fetchrow(q), no row", None)
async def _(pool: Any) -> object:
    return await pool.fetchrow(NO_ROW)


@POOL.line("await pool.fetchval(q), no row", None)
async def _(pool: Any) -> object:
    return await pool.fetchval(NO_ROW)


@POOL.line("(await pool.execute(q)).split(): a list", "list")
async def _(pool: Any) -> object:
    return kind((await pool.execute("select 1")).split())


@POOL.line("await pool.executemany(q, [])", None)
async def _(pool: Any) -> object:
    return await pool.executemany("select $1::int", [])


@POOL.line("type(pool.get_size()), type(pool.get_max_size())", ("int", "int"))
async def _(pool: Any) -> object:
    return kind(pool.get_size()), kind(pool.get_max_size())


@POOL.line("pool.is_closing()", False)
async def _(pool: Any) -> object:
    return pool.is_closing()


@POOL.line("async with pool.acquire() as c, c.transaction(): await c.fetch(q)", [])
async def _(pool: Any) -> object:
    async with pool.acquire() as connection, connection.transaction():
        return await connection.fetch(NO_ROW)


@POOL.line("pool.aquire()", Raised("AttributeError"))
async def _(pool: Any) -> object:
    return pool.aquire()


@POOL.line("async with pool.acquire(timeot=1)", Raised("TypeError"))
async def _(pool: Any) -> object:
    async with pool.acquire(timeot=1):
        return "entered"


@POOL.line("async with pool.acquire() as c: isinstance(c, asyncpg.Connection)", True)
async def _(pool: Any) -> object:
    import asyncpg

    async with pool.acquire() as connection:
        return isinstance(connection, asyncpg.Connection)


@CONNECTION.line("async with conn.transaction()", "entered", is_sample=True)
async def _(conn: Any) -> object:
    async with conn.transaction():
        return "entered"


@CONNECTION.line(
    'conn.transaction(isolatoin="x")',
    Raised("TypeError", "Connection.transaction() got an unexpected keyword argument 'isolatoin'"),
    is_sample=True,
)
async def _(conn: Any) -> object:
    return conn.transaction(isolatoin="x")


@CONNECTION.line("tx = conn.transaction(); await tx.start()", None, is_sample=True)
async def _(conn: Any) -> object:
    transaction = conn.transaction()
    given = await transaction.start()
    await transaction.rollback()
    return given


@CONNECTION.line(
    "rows = await conn.fetch(q): type, bool, len, list, rows == []", ("list", False, 0, [], True), is_sample=True
)
async def _(conn: Any) -> object:
    rows = await conn.fetch(NO_ROW)
    return kind(rows), bool(rows), len(rows), list(rows), rows == []


@CONNECTION.line("(await conn.fetchrow(q)) is None, no row", True, is_sample=True)
async def _(conn: Any) -> object:
    return (await conn.fetchrow(NO_ROW)) is None


@CONNECTION.line("s = await conn.execute(q); s.split(): type of s, a list", ("str", "list"), is_sample=True)
async def _(conn: Any) -> object:
    status = await conn.execute("select 1")
    return kind(status), kind(status.split())


@CONNECTION.line(
    "await conn.fetch()",
    Raised("TypeError", "Connection.fetch() missing 1 required positional argument: 'query'"),
    is_sample=True,
)
async def _(conn: Any) -> object:
    return await conn.fetch()


@CONNECTION.line(
    "await conn.fetch(q, bad_kw=1)",
    Raised("TypeError", "Connection.fetch() got an unexpected keyword argument 'bad_kw'"),
    is_sample=True,
)
async def _(conn: Any) -> object:
    return await conn.fetch("select 1", bad_kw=1)


@CONNECTION.line("bool(conn.is_closed())", False, is_sample=True)
async def _(conn: Any) -> object:
    return bool(conn.is_closed())


@CONNECTION.line("[row async for row in conn.cursor(q)]", [], is_sample=True)
async def _(conn: Any) -> object:
    async with conn.transaction():
        return [row async for row in conn.cursor(NO_ROW)]


@CONNECTION.line("cur = await conn.cursor(q)", "Cursor", is_sample=True)
async def _(conn: Any) -> object:
    async with conn.transaction():
        return kind(await conn.cursor("select 1"))


@CONNECTION.line("isinstance(conn, asyncpg.Connection)", True, is_sample=True)
async def _(conn: Any) -> object:
    import asyncpg

    return isinstance(conn, asyncpg.Connection)


@CONNECTION.line("conn.fetchh = 1", Raised("AttributeError"), is_sample=True)
async def _(conn: Any) -> object:
    conn.fetchh = 1
    return "set"


@CONNECTION.line("conn.fetch.assert_awaited_wiht(q)", Raised("AttributeError"))
async def _(conn: Any) -> object:
    return conn.fetch.assert_awaited_wiht("select 1")


@CONNECTION.line("conn.fetch.bogus", Raised("AttributeError"), is_sample=True)
async def _(conn: Any) -> object:
    return conn.fetch.bogus


@CONNECTION.line("statement = await conn.prepare(q)", "PreparedStatement")
async def _(conn: Any) -> object:
    return kind(await conn.prepare("select 1"))


@CONNECTION.line("await (await conn.prepare(q)).fetch()", [])
async def _(conn: Any) -> object:
    return await (await conn.prepare(NO_ROW)).fetch()


@CONNECTION.line("await conn.fetchval(q), no row", None)
async def _(conn: Any) -> object:
    return await conn.fetchval(NO_ROW)


@CONNECTION.line("await conn.executemany(q, [])", None)
async def _(conn: Any) -> object:
    return await conn.executemany("select $1::int", [])


@CONNECTION.line("type(conn.get_server_pid())", "int")
async def _(conn: Any) -> object:
    return kind(conn.get_server_pid())


@CONNECTION.line("conn.is_in_transaction()", False)
async def _(conn: Any) -> object:
    return conn.is_in_transaction()


@CONNECTION.line("type(conn.get_server_version().major)", "int")
async def _(conn: Any) -> object:
    return kind(conn.get_server_version().major)


@CONNECTION.line('await conn.set_type_codec("json", encoder=f, decoder=f, schema="pg_catalog")', None)
async def _(conn: Any) -> object:
    return await conn.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


@CONNECTION.line(
    "conn.is_closed(1)",
    Raised("TypeError", "Connection.is_closed() takes 1 positional argument but 2 were given"),
)
async def _(conn: Any) -> object:
    return conn.is_closed(1)


@CONNECTION.line(
    "await conn.set_builtin_type_codec()",
    Raised("TypeError", "Connection.set_builtin_type_codec() missing 1 required positional argument: 'typename'"),
)
async def _(conn: Any) -> object:
    return await conn.set_builtin_type_codec()


@CONNECTION.line("len(conn)", Raised("TypeError"))
async def _(conn: Any) -> object:
    return len(conn)


@CONNECTION.line("conn()", Raised("TypeError", "'Connection' object is not callable"))
async def _(conn: Any) -> object:
    return conn()


@CONNECTION.line("async with conn", Raised("TypeError"))
async def _(conn: Any) -> object:
    async with conn:
        return "entered"


@CONNECTION.line("await conn.reset()", None)
async def _(conn: Any) -> object:
    return await conn.reset()


@CONNECTION.line('int((await conn.execute("update ...")).split()[-1]), no row', 0)
async def _(conn: Any) -> object:
    await conn.execute("create temporary table things (id int)")
    return int((await conn.execute("update things set id = 1")).split()[-1])


@POOL.line("async with pool.acquire() as c: c.is_closed(), type(await c.prepare(q))", (False, "PreparedStatement"))
async def _(pool: Any) -> object:
    async with pool.acquire() as connection:
        return connection.is_closed(), kind(await connection.prepare("select 1"))


@POOL.line("async with pool.acquire() as c: await c.fetchval(q), no row, and then await c.execute(q)", (None, "str"))
async def _(pool: Any) -> object:
    async with pool.acquire() as connection:
        return await connection.fetchval(NO_ROW), kind(await connection.execute("select 1"))


@CONNECTION.line("await conn.close()", None)
async def _(conn: Any) -> object:
    return await conn.close()


LINES = [*POOL.all, *CONNECTION.all]
