"""What users can do with their accounts."""

from shop.clients import Bus, Database


async def is_taken(name: str, database: Database) -> bool:
    """Tell whether somebody has *name* already."""
    return bool(await database.fetch("select id from users where name = $1", name))


async def sign_up(name: str, database: Database, bus: Bus) -> int:
    """Add a user, tell others, and return the user's number."""
    number = await database.fetchval("insert into users (name) values ($1) returning id", name)
    await bus.publish("users", b"%d" % number, partition_key=name)
    return number


async def rename(old: str, new: str, database: Database) -> None:
    """Give a user another name, there and in the list of friends."""
    async with database.transaction():
        await database.execute("update users set name = $2 where name = $1", old, new)
        database.execute("update friends set name = $2 where name = $1", old, new)


async def delete(name: str, database: Database) -> None:
    """Forget a user."""
    await database.excute("delete from users where name = $1", name)
