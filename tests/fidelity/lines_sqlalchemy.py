"""What is done with an asynchronous session of SQLAlchemy, and with its engine and connection."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

SESSION = Lines("sqlalchemy", "sqlalchemy.ext.asyncio:AsyncSession")
CONNECTION = Lines("sqlalchemy", "sqlalchemy.ext.asyncio:AsyncConnection")


def no_row() -> Any:
    """Return a statement that finds nothing."""
    from sqlalchemy import text

    return text("select 1 where 1 = 0")


@SESSION.line("(await session.execute(q)).scalars().all(), no row", [])
async def _(session: Any) -> object:
    return (await session.execute(no_row())).scalars().all()


@SESSION.line("(await session.execute(q)).scalar_one_or_none(), no row", None)
async def _(session: Any) -> object:
    return (await session.execute(no_row())).scalar_one_or_none()


@SESSION.line("(await session.execute(q)).first(), no row", None)
async def _(session: Any) -> object:
    return (await session.execute(no_row())).first()


@SESSION.line("list(await session.execute(q)), no row", [])
async def _(session: Any) -> object:
    return list(await session.execute(no_row()))


@SESSION.line("(await session.scalars(q)).all(), no row", [])
async def _(session: Any) -> object:
    return (await session.scalars(no_row())).all()


@SESSION.line("await session.scalar(q), no row", None)
async def _(session: Any) -> object:
    return await session.scalar(no_row())


@SESSION.line("session.add_all([])", None)
async def _(session: Any) -> object:
    return session.add_all([])


@SESSION.line("await session.commit(), await session.flush(), await session.rollback()", (None, None, None))
async def _(session: Any) -> object:
    return await session.commit(), await session.flush(), await session.rollback()


@SESSION.line("async with session as s: s is session", True)
async def _(session: Any) -> object:
    async with session as entered:
        return entered is session


@SESSION.line("async with session.begin() as tx: type(tx)", "AsyncSessionTransaction")
async def _(session: Any) -> object:
    async with session.begin() as transaction:
        return kind(transaction)


@SESSION.line(
    "await session.execute()",
    Raised("TypeError", "AsyncSession.execute() missing 1 required positional argument: 'statement'"),
)
async def _(session: Any) -> object:
    return await session.execute()


@SESSION.line("await session.get(entity, 1, lock=True)", Raised("TypeError"))
async def _(session: Any) -> object:
    return await session.get(int, 1, lock=True)


@SESSION.line("session.comit", Raised("AttributeError"))
async def _(session: Any) -> object:
    return session.comit


@SESSION.line("(await session.execute(q)).scalrs", Raised("AttributeError"))
async def _(session: Any) -> object:
    return (await session.execute(no_row())).scalrs


@SESSION.line("[row async for row in await session.stream(q)], no row", [])
async def _(session: Any) -> object:
    return [row async for row in await session.stream(no_row())]


@SESSION.line("session.is_active, session.in_transaction()", (True, False))
async def _(session: Any) -> object:
    return session.is_active, session.in_transaction()


@CONNECTION.line("type(await conn.execute(q))", "CursorResult")
async def _(conn: Any) -> object:
    return kind(await conn.execute(no_row()))


@CONNECTION.line("(await conn.execute(q)).fetchall(), .mappings().all(), no row", ([], []))
async def _(conn: Any) -> object:
    result = await conn.execute(no_row())
    again = await conn.execute(no_row())
    return result.fetchall(), again.mappings().all()


@CONNECTION.line("[row async for row in await conn.stream(q)], no row", [])
async def _(conn: Any) -> object:
    return [row async for row in await conn.stream(no_row())]


@CONNECTION.line("async with conn.begin_nested() as tx: type(tx)", "AsyncTransaction")
async def _(conn: Any) -> object:
    async with conn.begin_nested() as transaction:
        return kind(transaction)


@CONNECTION.line("conn.closed, await conn.close()", (False, None))
async def _(conn: Any) -> object:
    return conn.closed, await conn.close()


LINES = [*SESSION.all, *CONNECTION.all]
