"""A pipeline of redis inherits its commands from the client, but collects them."""

ROWS: dict[str, str] = {}
INHERITED = {
    "redis.asyncio.client.Pipeline": ("redis.commands", "typing.Self"),
    "redis.client.Pipeline": ("redis.commands", "typing.Self"),
}
