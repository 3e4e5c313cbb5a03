"""Messages on their way to the disk: whoever starts stops, and the run ends."""

import asyncio
from contextlib import closing

import pytest
from chat.audit import audit, start_audit, stop_audit
from chat.flusher import BatchFlusher
from chat.instance import InstanceLock
from chat.messages import Message
from chat.store import open_store

HELLO = Message(room="lobby", user="ada", text="hello")


class Pages:
    def __init__(self):
        self.written = []
        self.is_written = asyncio.Event()

    async def add(self, messages):
        self.written.extend(messages)
        self.is_written.set()


@pytest.fixture
def pages():
    return Pages()


@pytest.fixture
async def flusher(pages):
    flusher = BatchFlusher(pages, interval=60, size=2)
    flusher.start()
    yield flusher
    await flusher.stop()


@pytest.fixture
def trail(tmp_path):
    start_audit(tmp_path / "audit.log")
    yield tmp_path / "audit.log"
    stop_audit()


async def test_nothing_is_written_before_time(flusher, pages):
    flusher.add(HELLO)

    assert pages.written == []


async def test_full_batch_is_written(flusher, pages):
    flusher.add(HELLO)
    flusher.add(HELLO)
    await pages.is_written.wait()

    assert pages.written == [HELLO, HELLO]


def test_backlog_is_imported(pages):
    async def import_backlog():
        flusher = BatchFlusher(pages)
        flusher.start()
        flusher.add(HELLO)
        await flusher.stop()

    asyncio.run(import_backlog())

    assert pages.written == [HELLO]


async def test_messages_are_stored(tmp_path):
    async with await open_store(tmp_path / "chat.db") as store:
        await store.add([HELLO])

        assert await store.messages("lobby") == [HELLO]


def test_audit_is_written(trail):
    audit("ada was made administrator")

    assert trail.read_text() == "ada was made administrator\n"


def test_directory_belongs_to_one_instance(tmp_path):
    first = InstanceLock(tmp_path)

    with closing(first), pytest.raises(BlockingIOError):
        InstanceLock(tmp_path)

    with closing(InstanceLock(tmp_path)):
        pass
