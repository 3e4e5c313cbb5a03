"""Eleven synchronous tests."""

import asyncio
import multiprocessing
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from kept import KEEP

AT_IMPORT = ThreadPoolExecutor(max_workers=1)


def test_thread_ended():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    KEEP.append(thread)


def test_thread_ends_in_20_ms():
    threading.Thread(target=time.sleep, args=(0.02,)).start()


def test_executor():
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(int).result()


def test_executor_made_at_import():
    AT_IMPORT.submit(int).result()


def test_subprocess_run():
    subprocess.run(["true"], check=True, capture_output=True)


def test_multiprocessing_spawn():
    child = multiprocessing.get_context("spawn").Process(target=int)
    child.start()
    child.join()
    assert child.exitcode == 0
    child.close()


def test_socket():
    left, right = socket.socketpair()
    left.close()
    right.close()


def test_file(tmp_path):
    with (tmp_path / "file").open("w") as file:
        file.write("text")


def test_asyncio_run():
    async def main():
        await asyncio.create_task(asyncio.sleep(0))

    asyncio.run(main())


def test_loop_closed_by_hand():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    KEEP.append(loop)


def test_empty():
    pass
