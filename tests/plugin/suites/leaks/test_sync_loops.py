"""Loops that a synchronous test runs itself."""

import asyncio

from kept import KEEP, forever


def test_asyncio_run():
    async def main():
        KEEP.append(asyncio.create_task(forever()))  # leak: task severity=note

    asyncio.run(main())


def test_loop_closed_by_hand():
    async def main():
        KEEP.append(asyncio.create_task(forever()))  # leak: task

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()


def test_loop_never_closed():
    KEEP.append(asyncio.new_event_loop())  # leak: loop severity=error


def test_loop_never_closed_with_a_task():
    async def main():
        KEEP.append(asyncio.create_task(forever()))  # leak: task

    loop = asyncio.new_event_loop()  # leak: loop severity=error
    loop.run_until_complete(main())
    KEEP.append(loop)


def test_runner_by_hand():
    async def main():
        KEEP.append(asyncio.create_task(forever()))  # leak: task

    with asyncio.Runner() as runner:
        runner.run(main())
