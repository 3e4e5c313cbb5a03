"""What redis gives when it has nothing but works; a pipeline inherits the commands of the client, but collects them."""

_DONE = ("flushall", "flushdb", "mset", "msetnx", "ping", "psetex", "rename", "set", "setex", "setnx")
_ANSWERS = {
    **dict.fromkeys(_DONE, "typing.Literal[True]"),
    **dict.fromkeys(("pttl", "ttl"), "typing.Literal[-2]"),
    "type": "typing.Literal[b'none']",
    **dict.fromkeys(("xrange", "xrevrange"), "list"),
    "zadd": "int",
    "zincrby": "float",
}

ROWS = {
    "redis.asyncio.client.Pipeline.watch": "typing.Literal[True]",
    "redis.asyncio.utils.from_url": "redis.asyncio.client.Redis",
    "redis.utils.from_url": "redis.client.Redis",
    **{f"redis.asyncio.client.Redis.{name}": f"typing.Awaitable[{answer}]" for name, answer in _ANSWERS.items()},
    **{f"redis.client.Redis.{name}": answer for name, answer in _ANSWERS.items()},
}
INHERITED = {
    "redis.asyncio.client.Pipeline": ("redis.commands", "typing.Self"),
    "redis.client.Pipeline": ("redis.commands", "typing.Self"),
}
