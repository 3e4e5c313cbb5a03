"""What is done with pymongo's asynchronous client; what needs a server is as its annotations say."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CLIENT = Lines("pymongo", "pymongo:AsyncMongoClient")


@CLIENT.line('type(client["db"]), type(client.db)', ("AsyncDatabase", "AsyncDatabase"), is_alone=True)
async def _(client: Any) -> object:
    return kind(client["db"]), kind(client.db)


@CLIENT.line('type(client["db"]["c"]), type(client.db.c)', ("AsyncCollection", "AsyncCollection"), is_alone=True)
async def _(client: Any) -> object:
    return kind(client["db"]["c"]), kind(client.db.c)


@CLIENT.line('await client["db"]["c"].find_one({})', None)
async def _(client: Any) -> object:
    return await client["db"]["c"].find_one({})


@CLIENT.line("[d async for d in c.find({})]", [])
async def _(client: Any) -> object:
    return [document async for document in client.db.c.find({})]


@CLIENT.line('await c.find({}).sort("a").limit(1).to_list()', [])
async def _(client: Any) -> object:
    return await client.db.c.find({}).sort("a").limit(1).to_list()


@CLIENT.line("type(c.find({})), c.find({}).sort('a') is itself", ("AsyncCursor", True), is_alone=True)
async def _(client: Any) -> object:
    cursor = client.db.c.find({})
    return kind(cursor), cursor.sort("a") is cursor


@CLIENT.line("type(await c.insert_one({}))", "InsertOneResult")
async def _(client: Any) -> object:
    return kind(await client.db.c.insert_one({}))


@CLIENT.line("type(await c.insert_many([{}]))", "InsertManyResult")
async def _(client: Any) -> object:
    return kind(await client.db.c.insert_many([{}]))


@CLIENT.line("(await c.update_one({}, {'$set': {'a': 1}})).matched_count", 0)
async def _(client: Any) -> object:
    return (await client.db.c.update_one({}, {"$set": {"a": 1}})).matched_count


@CLIENT.line("(await c.delete_many({})).deleted_count", 0)
async def _(client: Any) -> object:
    return (await client.db.c.delete_many({})).deleted_count


@CLIENT.line("await c.count_documents({})", 0)
async def _(client: Any) -> object:
    return await client.db.c.count_documents({})


@CLIENT.line("[d async for d in await c.aggregate([])]", [])
async def _(client: Any) -> object:
    return [document async for document in await client.db.c.aggregate([])]


@CLIENT.line(
    "await c.insert_one()",
    Raised("TypeError", "AsyncCollection.insert_one() missing 1 required positional argument: 'document'"),
    is_alone=True,
)
async def _(client: Any) -> object:
    return await client.db.c.insert_one()


@CLIENT.line("await c.update_one({})", Raised("TypeError"), is_alone=True)
async def _(client: Any) -> object:
    return await client.db.c.update_one({})


@CLIENT.line("client.db.c()", Raised("TypeError"), is_alone=True)
async def _(client: Any) -> object:
    return client.db.c()


@CLIENT.line("bool(client.db.c)", Raised("NotImplementedError"), is_alone=True)
async def _(client: Any) -> object:
    return bool(client.db.c)


@CLIENT.line("async with client as c: c is client", True, is_alone=True)
async def _(client: Any) -> object:
    async with client as entered:
        return entered is client


@CLIENT.line("async with client.start_session() as s: type(s)", "AsyncClientSession")
async def _(client: Any) -> object:
    async with client.start_session() as session:
        return kind(session)


@CLIENT.line("await client.list_database_names()", [])
async def _(client: Any) -> object:
    return await client.list_database_names()


@CLIENT.line("type(await client.server_info())", "dict")
async def _(client: Any) -> object:
    return kind(await client.server_info())


@CLIENT.line("await client.close()", None, is_alone=True)
async def _(client: Any) -> object:
    return await client.close()


@CLIENT.line("client.db.c.name, client.db.name: types", ("str", "str"), is_alone=True)
async def _(client: Any) -> object:
    return kind(client.db.c.name), kind(client.db.name)


LINES = CLIENT.all
