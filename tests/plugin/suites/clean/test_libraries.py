"""aiosqlite and asyncio's subprocesses."""

import asyncio

import aiosqlite
import pytest
import pytest_asyncio


@pytest.mark.asyncio
async def test_aiosqlite_in_a_with_block():
    async with aiosqlite.connect(":memory:") as connection:
        await connection.execute("select 1")


class Database:
    connection: aiosqlite.Connection | None = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database():
    database = Database()
    yield database
    if database.connection is not None:
        await database.connection.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_aiosqlite_closed_later(database):
    database.connection = await aiosqlite.connect(":memory:")


@pytest.mark.asyncio(loop_scope="module")
async def test_aiosqlite_closed_by_a_later_test(database):
    connection, database.connection = database.connection, None
    if connection is not None:
        await connection.close()


@pytest.mark.asyncio
async def test_asyncio_subprocess_waited_for():
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    assert (await child.communicate(b"hello"))[0] == b"hello"
    assert await child.wait() == 0
