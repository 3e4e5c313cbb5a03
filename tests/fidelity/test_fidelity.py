"""What a mock gives, a real client gives, too: the same lines run on both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from isolation import isolated_mock
from tests.fidelity import servers
from tests.fidelity.lines import Line, all_lines, outcome_of
from tests.fidelity.real import CLIENTS, WITHOUT_SERVER, class_of

LINES = [line for lines in all_lines().values() for line in lines]
"""What is done on both sides."""
WITH_SERVER = [line for line in LINES if line.subject in CLIENTS]
ALONE = [line for line in LINES if line.is_alone]
KNOWN_DIFFERENCES = {
    "type(conn.cursor('name'))": "the first overload is taken, whatever the arguments",
    'await r.mget("a", "b"), none there': "how many values there are depends on the arguments",
    "conn.cursor().rowcount, before anything was executed": "an int is 0 where only its type is known",
    "conn.cursor().connection is conn": "what a result refers back to is a mock of its own",
    "type(r.reason), r.content_type": "what is allowed to be None is None, and a str is empty",
    "r.history, r.method": "a str is empty where only its type is known",
    "type(session.connector), type(session.headers)": "what is allowed to be None is None",
    "r.http_version": "a str is empty where only its type is known",
    "bool(client.db.c)": "a special method that refuses with another error than TypeError is taken for one that works",
    "type(ws.id), type(ws.logger)": "annotated with two classes, of which the first is taken",
}
"""Lines in which a mock gives something else, each with the reason: fewer is better."""


def _named(line: Line) -> str:
    return f"{line.library}: {line.text}"


@contextmanager
def _server(kind: str) -> Iterator[str]:
    try:
        with {"postgres": servers.postgres, "redis": servers.redis}[kind]() as address:
            yield address
    except servers.UnavailableError as reason:
        if os.environ.get("TEST_SERVERS") == "required":
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the address of a PostgreSQL of our own."""
    with _server("postgres") as address:
        yield address


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """Give the address of a Redis of our own."""
    with _server("redis") as address:
        yield address


@pytest.mark.parametrize("line", LINES, ids=_named)
async def test_mock_gives_what_the_real_client_gives(line: Line) -> None:
    """A mock that nobody configured answers as an empty service would."""
    pytest.importorskip(line.subject.partition(":")[0])

    outcome = await outcome_of(line, isolated_mock(class_of(line.subject)))

    assert line.agrees(outcome) is (line.text not in KNOWN_DIFFERENCES), outcome
    assert line.agrees_in_words(outcome), outcome


@pytest.mark.parametrize("line", WITH_SERVER, ids=_named)
async def test_real_client_gives_what_the_line_says(line: Line, request: pytest.FixtureRequest) -> None:
    """What a mock is compared with is what the real client gives, not what somebody thought."""
    pytest.importorskip(line.subject.partition(":")[0])
    server, opened = CLIENTS[line.subject]
    address = request.getfixturevalue(server) if server else ""

    async with opened(address) as client:
        outcome = await outcome_of(line, client)

    assert line.agrees(outcome), outcome
    assert line.agrees_in_words(outcome), outcome


@pytest.mark.parametrize("line", ALONE, ids=_named)
async def test_client_without_a_server_gives_what_the_line_says(line: Line) -> None:
    """Some lines hold for a client that is connected to nothing."""
    pytest.importorskip(line.subject.partition(":")[0])

    async with WITHOUT_SERVER[line.subject]("") as client:
        outcome = await outcome_of(line, client)

    assert line.agrees(outcome), outcome
    assert line.agrees_in_words(outcome), outcome
