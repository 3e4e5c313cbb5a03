"""An answer of httpx that a test does not set is a successful one."""

ROWS = {
    "httpx.Response.is_success": "typing.Literal[True]",
    "httpx.Response.reason_phrase": "typing.Literal['OK']",
    "httpx.Response.status_code": "typing.Literal[200]",
}
