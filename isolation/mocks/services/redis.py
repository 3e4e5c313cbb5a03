"""A value is set unless a condition is given; a pipeline inherits the commands of the client, but collects them."""

ROWS = {
    "redis.asyncio.client.Redis.set": "typing.Awaitable[typing.Literal[True]]",
    "redis.client.Redis.set": "typing.Literal[True]",
}
INHERITED = {
    "redis.asyncio.client.Pipeline": ("redis.commands", "typing.Self"),
    "redis.client.Pipeline": ("redis.commands", "typing.Self"),
}
