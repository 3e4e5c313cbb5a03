"""An answer of aiohttp that a test does not set is a successful one."""

ROWS = {
    "aiohttp.client_reqrep.ClientResponse.ok": "typing.Literal[True]",
    "aiohttp.client_reqrep.ClientResponse.status": "typing.Literal[200]",
}
