"""What redis gives when it has nothing but works: many versions annotate a union of everything.

A pipeline inherits the commands of the client, but collects them.
"""

_GIVES = {
    "None": "blpop brpop get getdel getex getset hget hrandfield lindex lmove lpop rpop spop srandmember zscore zrank",
    "typing.Literal[True]": "flushall flushdb hmset ltrim mset msetnx ping psetex rename set setex setnx",
    "bool": "expire expireat hexists persist",
    "int": (
        "append dbsize decr decrby delete exists hdel hincrby hlen hset hsetnx incr incrby llen lpush lrem publish"
        " rpush sadd scard sismember srem strlen touch unlink xack xlen zadd zcard zcount zrem zremrangebyrank"
    ),
    "typing.Literal[-2]": "pttl ttl",
    "float": "hincrbyfloat incrbyfloat zincrby",
    "list": (
        "hkeys hmget hvals keys lrange mget xrange xread xreadgroup xrevrange zrange zrangebyscore zrevrange"
        " zrevrangebyscore"
    ),
    "set": "sdiff sinter smembers sunion",
    "dict": "config_get hgetall info",
    "tuple[int, list]": "scan sscan zscan",
    "tuple[int, dict]": "hscan",
    "typing.Literal[b'none']": "type",
}
_COMMANDS = {name: annotation for annotation, names in _GIVES.items() for name in names.split()}

ROWS = {
    "redis.asyncio.client.Pipeline.execute": "list",
    "redis.asyncio.client.Pipeline.watch": "typing.Literal[True]",
    "redis.asyncio.utils.from_url": "redis.asyncio.client.Redis",
    "redis.client.Pipeline.execute": "list",
    "redis.utils.from_url": "redis.client.Redis",
    **{f"redis.asyncio.client.Redis.{name}": f"typing.Awaitable[{given}]" for name, given in _COMMANDS.items()},
    **{f"redis.client.Redis.{name}": given for name, given in _COMMANDS.items()},
}
INHERITED = {
    "redis.asyncio.client.Pipeline": ("redis.commands", "typing.Self"),
    "redis.client.Pipeline": ("redis.commands", "typing.Self"),
}
