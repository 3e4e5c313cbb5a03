import asyncio

from isolation import managed_fixture


async def poll(queue):
    while (message := await queue.get()) != "poison":
        print("got", message)
    raise ValueError("poison in the queue")


@managed_fixture(own_task=True)
async def queue():
    queue = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        poller = group.create_task(poll(queue))
        yield queue
        poller.cancel()


async def test_a_message(queue):
    await queue.put("hello")


async def test_a_reply_that_never_comes(queue):
    await queue.put("poison")
    await asyncio.Event().wait()
