"""Servers that a fixture runs in a thread, the usual way to test a synchronous client."""

import http.client
import http.server
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args) -> None:
        pass


@pytest.fixture(scope="session")
def http_address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def connection(http_address):
    """Connects when it is first used, and stays connected."""
    connection = http.client.HTTPConnection(*http_address)
    yield connection
    connection.close()


def get(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/")
    with connection.getresponse() as response:
        response.read()
        return response.status


def test_http_server_connects(connection):
    assert get(connection) == 200


def test_http_server_reuses(connection):
    assert get(connection) == 200


def test_http_server_of_another_client(http_address):
    connection = http.client.HTTPConnection(*http_address)
    assert get(connection) == 200
    connection.close()


async def hello(request):
    return PlainTextResponse("")


def blocking(request):
    return PlainTextResponse("")


@pytest.fixture(scope="module")
def uvicorn_address():
    app = Starlette(routes=[Route("/", hello), Route("/blocking", blocking)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, loop="asyncio", log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.001)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join()


def test_uvicorn_is_asked(uvicorn_address):
    connection = http.client.HTTPConnection(*uvicorn_address)
    assert get(connection) == 200
    connection.close()


def test_uvicorn_works_in_a_thread(uvicorn_address):
    connection = http.client.HTTPConnection(*uvicorn_address)
    connection.request("GET", "/blocking")
    assert connection.getresponse().read() == b""
    connection.close()


def test_uvicorn_stays(uvicorn_address):
    pass
