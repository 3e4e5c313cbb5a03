"""The guard may see that a child has ended; its exit status belongs to who started it."""

import asyncio
import os
import subprocess

import pytest
import pytest_asyncio


@pytest.fixture(scope="module")
def child():
    with subprocess.Popen(["sh", "-c", "read line; exit 7"], stdin=subprocess.PIPE) as child:
        yield child


def test_child_ends(child):
    child.stdin.close()
    if child.returncode is None:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)


def test_child_has_its_status(child):
    child.stdin.close()
    assert child.wait() == 7


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cat():
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    yield child
    child.stdin.close()
    assert await child.wait() == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_asyncio_child_of_a_module(cat):
    cat.stdin.write(b"hello\n")
    assert await cat.stdout.readline() == b"hello\n"


@pytest.mark.asyncio(loop_scope="module")
async def test_asyncio_child_of_a_module_later(cat):
    assert cat.returncode is None
