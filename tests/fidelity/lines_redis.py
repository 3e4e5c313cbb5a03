"""What is done with redis.asyncio."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

REDIS = Lines("redis", "redis.asyncio:Redis")


@REDIS.line("await r.ping()", True)
async def _(r: Any) -> object:
    return await r.ping()


@REDIS.line('await r.ttl("absent"), await r.type("absent")', (-2, b"none"))
async def _(r: Any) -> object:
    return await r.ttl("absent"), await r.type("absent")


@REDIS.line('await r.setnx("new", 1), await r.mset({"k": 1})', (True, True))
async def _(r: Any) -> object:
    return await r.setnx("new", 1), await r.mset({"k": 1})


@REDIS.line('await r.mget("a", "b"), none there', [None, None])
async def _(r: Any) -> object:
    return await r.mget("a", "b")


@REDIS.line('await p.watch("k")', True)
async def _(r: Any) -> object:
    async with r.pipeline() as pipeline:
        return await pipeline.watch("k")


@REDIS.line('await r.xrange("absent"), type(await r.zadd("z", {"m": 1}))', ([], "int"))
async def _(r: Any) -> object:
    return await r.xrange("absent"), kind(await r.zadd("z", {"m": 1}))


@REDIS.line('await r.get("k")', None, is_sample=True)
async def _(r: Any) -> object:
    return await r.get("absent")


@REDIS.line('type(await r.set("k", "v"))', "bool")
async def _(r: Any) -> object:
    return kind(await r.set("k", "v"))


@REDIS.line("r.get(1, 2, 3)", Raised("TypeError"), is_sample=True)
async def _(r: Any) -> object:
    return r.get(1, 2, 3)


@REDIS.line("type(await r.ping())", "bool", is_sample=True)
async def _(r: Any) -> object:
    return kind(await r.ping())


@REDIS.line('async with r.pipeline() as p: p.set("a", 1); type(await p.execute())', "list", is_sample=True)
async def _(r: Any) -> object:
    async with r.pipeline() as pipeline:
        pipeline.set("a", 1)
        return kind(await pipeline.execute())


@REDIS.line('p = r.pipeline(); p.set("a", 1) is p; p.set("a", 1).get("a")', (True, "Pipeline"), is_sample=True)
async def _(r: Any) -> object:
    pipeline = r.pipeline()
    return pipeline.set("a", 1) is pipeline, kind(pipeline.set("a", 1).get("a"))


@REDIS.line('[k async for k in r.scan_iter("none*")]', [])
async def _(r: Any) -> object:
    return [key async for key in r.scan_iter("none*")]


@REDIS.line("await r", "Redis", is_sample=True)
async def _(r: Any) -> object:
    return kind(await r)


@REDIS.line("type(r.connection_pool)", "ConnectionPool", is_sample=True)
async def _(r: Any) -> object:
    return kind(r.connection_pool)


@REDIS.line("await r.aclose()", None, is_sample=True)
async def _(r: Any) -> object:
    return await r.aclose()


@REDIS.line('await r.hgetall("absent")', {})
async def _(r: Any) -> object:
    return await r.hgetall("absent")


@REDIS.line('await r.exists("absent")', 0)
async def _(r: Any) -> object:
    return await r.exists("absent")


@REDIS.line('await r.delete("absent")', 0)
async def _(r: Any) -> object:
    return await r.delete("absent")


@REDIS.line('await r.lrange("absent", 0, -1)', [])
async def _(r: Any) -> object:
    return await r.lrange("absent", 0, -1)


@REDIS.line('await r.smembers("absent")', set())
async def _(r: Any) -> object:
    return await r.smembers("absent")


@REDIS.line('await r.keys("absent*")', [])
async def _(r: Any) -> object:
    return await r.keys("absent*")


@REDIS.line('await r.publish("channel", "m")', 0)
async def _(r: Any) -> object:
    return await r.publish("channel", "m")


@REDIS.line('type(await r.incr("n"))', "int")
async def _(r: Any) -> object:
    return kind(await r.incr("n"))


@REDIS.line('await r.xadd("stream")', Raised("TypeError"))
async def _(r: Any) -> object:
    return await r.xadd("stream")


@REDIS.line('await r.zscore("absent", "m")', None)
async def _(r: Any) -> object:
    return await r.zscore("absent", "m")


@REDIS.line("type(await r.info())", "dict")
async def _(r: Any) -> object:
    return kind(await r.info())


@REDIS.line('await r.expire("absent", 1)', False)
async def _(r: Any) -> object:
    return await r.expire("absent", 1)


@REDIS.line('cursor, keys = await r.scan(match="none*")', (0, []))
async def _(r: Any) -> object:
    cursor, keys = await r.scan(match="none*")
    return cursor, keys


@REDIS.line("async with r as entered: entered is r", True)
async def _(r: Any) -> object:
    async with r as entered:
        return entered is r


@REDIS.line('async with r.pubsub() as p: await p.subscribe("c"); type(p)', (None, "PubSub"))
async def _(r: Any) -> object:
    async with r.pubsub() as pubsub:
        return await pubsub.subscribe("c"), kind(pubsub)


@REDIS.line('async with r.lock("name", timeout=1) as lock: type(lock)', "Lock")
async def _(r: Any) -> object:
    async with r.lock("name", timeout=1) as lock:
        return kind(lock)


@REDIS.line("r.register_script(s)", "AsyncScript")
async def _(r: Any) -> object:
    return kind(r.register_script("return 1"))


@REDIS.line("r.gett", Raised("AttributeError"))
async def _(r: Any) -> object:
    return r.gett


@REDIS.line("r.connection_pool.gett", Raised("AttributeError"))
async def _(r: Any) -> object:
    return r.connection_pool.gett


@REDIS.line('await r.pipeline().get("k").execute(): a list', "list")
async def _(r: Any) -> object:
    pipeline = r.pipeline()
    return kind(await pipeline.get("k").execute())


@REDIS.line('await r.pipeline().watch("k"); type of what multi() gives', "NoneType")
async def _(r: Any) -> object:
    async with r.pipeline() as pipeline:
        await pipeline.watch("k")
        return kind(pipeline.multi())


LINES = REDIS.all
