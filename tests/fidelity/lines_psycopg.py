"""What is done with psycopg's asynchronous connection."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CONNECTION = Lines("psycopg", "psycopg:AsyncConnection")
NO_ROW = "select 1 where false"


@CONNECTION.line("async with conn.cursor() as cur: type(cur)", "AsyncCursor")
async def _(conn: Any) -> object:
    async with conn.cursor() as cursor:
        return kind(cursor)


@CONNECTION.line("await cur.execute(q) is cur", True)
async def _(conn: Any) -> object:
    async with conn.cursor() as cursor:
        return (await cursor.execute(NO_ROW)) is cursor


@CONNECTION.line("await (await conn.execute(q)).fetchall(), no row", [])
async def _(conn: Any) -> object:
    return await (await conn.execute(NO_ROW)).fetchall()


@CONNECTION.line("await (await conn.execute(q)).fetchone(), no row", None)
async def _(conn: Any) -> object:
    return await (await conn.execute(NO_ROW)).fetchone()


@CONNECTION.line("[row async for row in await conn.execute(q)], no row", [])
async def _(conn: Any) -> object:
    return [row async for row in await conn.execute(NO_ROW)]


@CONNECTION.line("[row async for row in cur.stream(q)], no row", [])
async def _(conn: Any) -> object:
    async with conn.cursor() as cursor:
        return [row async for row in cursor.stream(NO_ROW)]


@CONNECTION.line("async with conn.transaction() as tx: type(tx)", "AsyncTransaction")
async def _(conn: Any) -> object:
    async with conn.transaction() as transaction:
        return kind(transaction)


@CONNECTION.line("async with conn as c: c is conn", True)
async def _(conn: Any) -> object:
    async with conn as entered:
        return entered is conn


@CONNECTION.line("await conn.commit(), await conn.rollback()", (None, None))
async def _(conn: Any) -> object:
    return await conn.commit(), await conn.rollback()


@CONNECTION.line("conn.closed, conn.broken", (False, False))
async def _(conn: Any) -> object:
    return conn.closed, conn.broken


@CONNECTION.line(
    "await conn.execute()",
    Raised("TypeError", "AsyncConnection.execute() missing 1 required positional argument: 'query'"),
)
async def _(conn: Any) -> object:
    return await conn.execute()


@CONNECTION.line("conn.cursor(nam='x')", Raised("TypeError"))
async def _(conn: Any) -> object:
    return conn.cursor(nam="x")


@CONNECTION.line("conn.excute", Raised("AttributeError"))
async def _(conn: Any) -> object:
    return conn.excute


@CONNECTION.line("conn.cursor().excute", Raised("AttributeError"))
async def _(conn: Any) -> object:
    return conn.cursor().excute


@CONNECTION.line("type(conn.cursor('name'))", "AsyncServerCursor")
async def _(conn: Any) -> object:
    cursor = conn.cursor("name")
    given = kind(cursor)
    await cursor.close()
    return given


@CONNECTION.line("type(conn.info), type(conn.info.dbname)", ("ConnectionInfo", "str"))
async def _(conn: Any) -> object:
    return kind(conn.info), kind(conn.info.dbname)


@CONNECTION.line("await conn.set_autocommit(True)", None)
async def _(conn: Any) -> object:
    return await conn.set_autocommit(True)


@CONNECTION.line("async with conn.pipeline() as p: type(p)", "AsyncPipeline")
async def _(conn: Any) -> object:
    async with conn.pipeline() as pipeline:
        return kind(pipeline)


@CONNECTION.line("await cur.executemany(q, [])", None)
async def _(conn: Any) -> object:
    return await conn.cursor().executemany("select %s::int", [])


@CONNECTION.line("type(conn.cursor().rowcount), conn.cursor().description", ("int", None))
async def _(conn: Any) -> object:
    return kind(conn.cursor().rowcount), conn.cursor().description


@CONNECTION.line("conn.cursor().rowcount, before anything was executed", -1)
async def _(conn: Any) -> object:
    return conn.cursor().rowcount


@CONNECTION.line("conn.cursor().connection is conn", True)
async def _(conn: Any) -> object:
    return conn.cursor().connection is conn


@CONNECTION.line("await conn.close()", None)
async def _(conn: Any) -> object:
    return await conn.close()


LINES = CONNECTION.all
