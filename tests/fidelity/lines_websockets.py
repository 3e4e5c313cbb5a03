"""What is done with a connection of websockets."""

import json
from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CLIENT = Lines("websockets", "websockets.asyncio.client:ClientConnection")


@CLIENT.line("await ws.close(); [m async for m in ws]", [])
async def _(ws: Any) -> object:
    await ws.close()
    return [message async for message in ws]


@CLIENT.line("async with ws as w: w is ws", True, is_sample=True)
async def _(ws: Any) -> object:
    async with ws as entered:
        return entered is ws


@CLIENT.line(
    "await ws.send()",
    Raised("TypeError", "Connection.send() missing 1 required positional argument: 'message'"),
    is_sample=True,
)
async def _(ws: Any) -> object:
    return await ws.send()


@CLIENT.line("pong = await ws.ping(); await pong: type of pong", "Future", is_sample=True)
async def _(ws: Any) -> object:
    pong = await ws.ping()
    await pong
    return kind(pong)


@CLIENT.line("type(ws.latency)", "float", is_sample=True)
async def _(ws: Any) -> object:
    return kind(ws.latency)


@CLIENT.line("type(ws.protocol)", "ClientProtocol", is_sample=True)
async def _(ws: Any) -> object:
    return kind(ws.protocol)


@CLIENT.line("type(ws.remote_address)", "tuple", is_sample=True)
async def _(ws: Any) -> object:
    return kind(ws.remote_address)


@CLIENT.line('await ws.send("m")', None)
async def _(ws: Any) -> object:
    return await ws.send("m")


@CLIENT.line('type(await ws.recv()) after send("m")', "str")
async def _(ws: Any) -> object:
    await ws.send("m")
    return kind(await ws.recv())


@CLIENT.line("type(await pong) after pong = await ws.ping()", "float")
async def _(ws: Any) -> object:
    return kind(await (await ws.ping()))


@CLIENT.line("ws.state.name", "OPEN")
async def _(ws: Any) -> object:
    return ws.state.name


@CLIENT.line("ws.close_code, ws.close_reason", (None, None))
async def _(ws: Any) -> object:
    return ws.close_code, ws.close_reason


@CLIENT.line("await ws.close()", None)
async def _(ws: Any) -> object:
    return await ws.close()


@CLIENT.line("await ws.close(cod=1000)", Raised("TypeError"))
async def _(ws: Any) -> object:
    return await ws.close(cod=1000)


@CLIENT.line("type(ws.id), type(ws.logger)", ("UUID", "LoggerAdapter"))
async def _(ws: Any) -> object:
    return kind(ws.id), kind(ws.logger)


@CLIENT.line("ws.subprotocol", None)
async def _(ws: Any) -> object:
    return ws.subprotocol


@CLIENT.line("ws.sned", Raised("AttributeError"))
async def _(ws: Any) -> object:
    return ws.sned


@CLIENT.line("type(ws.request), type(ws.response)", ("Request", "Response"))
async def _(ws: Any) -> object:
    return kind(ws.request), kind(ws.response)


@CLIENT.line("await ws.pong(b'x')", None)
async def _(ws: Any) -> object:
    return await ws.pong(b"x")


@CLIENT.line("json.loads(json.dumps(type(ws.local_address).__name__))", "tuple")
async def _(ws: Any) -> object:
    return json.loads(json.dumps(kind(ws.local_address)))


LINES = CLIENT.all
