"""What is done with a session of aiohttp, against a server that answers everything with nothing."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

SESSION = Lines("aiohttp", "aiohttp:ClientSession")


@SESSION.line('async with session.get("/") as r: type(r), r.status, r.ok', ("ClientResponse", 200, True))
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return kind(response), response.status, response.ok


@SESSION.line('r = await session.get("/"); type(r)', "ClientResponse")
async def _(session: Any) -> object:
    response = await session.get("/")
    given = kind(response)
    response.close()
    return given


@SESSION.line('async with session.get("/") as r: await r.text(), await r.read()', ("", b""))
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return await response.text(), await response.read()


@SESSION.line('async with session.post("/", json={}) as r: r.raise_for_status()', None)
async def _(session: Any) -> object:
    async with session.post("/", json={}) as response:
        return response.raise_for_status()


@SESSION.line('session.get("/").status', Raised("AttributeError"))
async def _(session: Any) -> object:
    request = session.get("/")
    try:
        return request.status
    finally:
        request.close()


@SESSION.line(
    "session.get()",
    Raised("TypeError", "ClientSession.get() missing 1 required positional argument: 'url'"),
)
async def _(session: Any) -> object:
    return session.get()


@SESSION.line("with session: ...", Raised("TypeError"))
async def _(session: Any) -> object:
    with session:
        return "entered"


@SESSION.line("async with session as s: s is session", True)
async def _(session: Any) -> object:
    async with session as entered:
        return entered is session


@SESSION.line("session.closed", False)
async def _(session: Any) -> object:
    return session.closed


@SESSION.line("await session.close()", None)
async def _(session: Any) -> object:
    return await session.close()


@SESSION.line("session.gett", Raised("AttributeError"))
async def _(session: Any) -> object:
    return session.gett


@SESSION.line("[chunk async for chunk in r.content]", [])
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return [chunk async for chunk in response.content]


@SESSION.line("type(r.headers), type(r.content), type(r.url)", ("CIMultiDictProxy", "StreamReader", "URL"))
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return kind(response.headers), kind(response.content), kind(response.url)


@SESSION.line("type(r.reason), r.content_type", ("str", "application/octet-stream"))
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return kind(response.reason), response.content_type


@SESSION.line("r.history, r.method", ((), "GET"))
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return response.history, response.method


@SESSION.line("type(session.cookie_jar), type(session.timeout)", ("CookieJar", "ClientTimeout"))
async def _(session: Any) -> object:
    return kind(session.cookie_jar), kind(session.timeout)


@SESSION.line("type(session.connector), type(session.headers)", ("TCPConnector", "CIMultiDict"))
async def _(session: Any) -> object:
    return kind(session.connector), kind(session.headers)


@SESSION.line("await r.json(content_type=None) of an empty answer", None)
async def _(session: Any) -> object:
    async with session.get("/") as response:
        return await response.json(content_type=None)


@SESSION.line('async with session.request("GET", "/") as r: r.statuss', Raised("AttributeError"))
async def _(session: Any) -> object:
    async with session.request("GET", "/") as response:
        return response.statuss


LINES = SESSION.all
