"""What is done with a client of httpx, against a server that answers everything with nothing."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CLIENT = Lines("httpx", "httpx:AsyncClient")


@CLIENT.line('r = await client.get("/"); type(r), r.status_code, r.is_success', ("Response", 200, True))
async def _(client: Any) -> object:
    response = await client.get("/")
    return kind(response), response.status_code, response.is_success


@CLIENT.line("r.text, r.content, r.reason_phrase", ("", b"", "OK"))
async def _(client: Any) -> object:
    response = await client.get("/")
    return response.text, response.content, response.reason_phrase


@CLIENT.line("r.raise_for_status() is r", True)
async def _(client: Any) -> object:
    response = await client.get("/")
    return response.raise_for_status() is response


@CLIENT.line('async with client.stream("GET", "/") as r: [b async for b in r.aiter_bytes()]', [])
async def _(client: Any) -> object:
    async with client.stream("GET", "/") as response:
        return [part async for part in response.aiter_bytes()]


@CLIENT.line(
    'async with client.stream("GET", "/") as r: await r.aread(), [l async for l in r.aiter_lines()]', (b"", [])
)
async def _(client: Any) -> object:
    async with client.stream("GET", "/") as response:
        return await response.aread(), [line async for line in response.aiter_lines()]


@CLIENT.line(
    "await client.get()", Raised("TypeError", "AsyncClient.get() missing 1 required positional argument: 'url'")
)
async def _(client: Any) -> object:
    return await client.get()


@CLIENT.line('await client.get("/", json={})', Raised("TypeError"))
async def _(client: Any) -> object:
    return await client.get("/", json={})


@CLIENT.line('client.get("/").status_code', Raised("AttributeError"))
async def _(client: Any) -> object:
    response = client.get("/")
    try:
        return response.status_code
    finally:
        response.close()


@CLIENT.line("async with client as c: c is client", True)
async def _(client: Any) -> object:
    async with client as entered:
        return entered is client


@CLIENT.line("client.is_closed", False)
async def _(client: Any) -> object:
    return client.is_closed


@CLIENT.line("await client.aclose()", None)
async def _(client: Any) -> object:
    return await client.aclose()


@CLIENT.line("client.close", Raised("AttributeError"))
async def _(client: Any) -> object:
    return client.close


@CLIENT.line('type(client.build_request("GET", "/"))', "Request")
async def _(client: Any) -> object:
    return kind(client.build_request("GET", "/"))


@CLIENT.line("type(client.headers), type(client.cookies), type(client.timeout)", ("Headers", "Cookies", "Timeout"))
async def _(client: Any) -> object:
    return kind(client.headers), kind(client.cookies), kind(client.timeout)


@CLIENT.line("type(r.headers), type(r.request), type(r.url)", ("Headers", "Request", "URL"))
async def _(client: Any) -> object:
    response = await client.get("/")
    return kind(response.headers), kind(response.request), kind(response.url)


@CLIENT.line("r.is_error, r.is_redirect, r.history", (False, False, []))
async def _(client: Any) -> object:
    response = await client.get("/")
    return response.is_error, response.is_redirect, response.history


@CLIENT.line("r.http_version", "HTTP/1.1")
async def _(client: Any) -> object:
    return (await client.get("/")).http_version


@CLIENT.line('await client.post("/", data={"a": "b"}, timeout=1): type', "Response")
async def _(client: Any) -> object:
    return kind(await client.post("/", data={"a": "b"}, timeout=1))


@CLIENT.line("r.jsn", Raised("AttributeError"))
async def _(client: Any) -> object:
    return (await client.get("/")).jsn


LINES = CLIENT.all
