"""websockets asks its transport for addresses; a connection that a test is given is open."""

ROWS = {
    "websockets.asyncio.connection.Connection.local_address": "tuple",
    "websockets.asyncio.connection.Connection.remote_address": "tuple",
    "websockets.asyncio.connection.Connection.request": "websockets.http11.Request",
    "websockets.asyncio.connection.Connection.response": "websockets.http11.Response",
    "websockets.asyncio.connection.Connection.state": "typing.Literal[websockets.protocol.State.OPEN]",
}
