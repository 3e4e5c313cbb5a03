"""What is done with aio-pika; what needs a broker is as its annotations and its source say."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CONNECTION = Lines("aio-pika", "aio_pika:RobustConnection")
CHANNEL = Lines("aio-pika", "aio_pika:Channel")


@CONNECTION.line("async with connection as c: c is connection", True)
async def _(connection: Any) -> object:
    async with connection as entered:
        return entered is connection


@CONNECTION.line("channel = connection.channel(); type(channel)", "RobustChannel")
async def _(connection: Any) -> object:
    return kind(connection.channel())


@CONNECTION.line("async with connection.channel() as ch: await ch.set_qos(prefetch_count=1): type", "QosOk")
async def _(connection: Any) -> object:
    async with connection.channel() as channel:
        return kind(await channel.set_qos(prefetch_count=1))


@CONNECTION.line("connection.is_closed", False)
async def _(connection: Any) -> object:
    return connection.is_closed


@CONNECTION.line("await connection.close()", None)
async def _(connection: Any) -> object:
    return await connection.close()


@CONNECTION.line("connection.chanel", Raised("AttributeError"), is_alone=True)
async def _(connection: Any) -> object:
    return connection.chanel


@CONNECTION.line("connection.channel(publisher_confirm=True)", Raised("TypeError"), is_alone=True)
async def _(connection: Any) -> object:
    return connection.channel(publisher_confirm=True)


@CHANNEL.line("await channel", "Channel")
async def _(channel: Any) -> object:
    return kind(await channel)


@CHANNEL.line('queue = await channel.declare_queue("q"); type(queue)', "Queue")
async def _(channel: Any) -> object:
    return kind(await channel.declare_queue("q"))


@CHANNEL.line('exchange = await channel.declare_exchange("e"); type(exchange)', "Exchange")
async def _(channel: Any) -> object:
    return kind(await channel.declare_exchange("e"))


@CHANNEL.line("type(channel.default_exchange)", "Exchange")
async def _(channel: Any) -> object:
    return kind(channel.default_exchange)


@CHANNEL.line('await channel.default_exchange.publish("routing_key missing")', Raised("TypeError"))
async def _(channel: Any) -> object:
    return await channel.default_exchange.publish(None)


@CHANNEL.line('async with (await channel.declare_queue("q")).iterator() as it: [m async for m in it]', [])
async def _(channel: Any) -> object:
    async with (await channel.declare_queue("q")).iterator() as iterator:
        return [message async for message in iterator]


@CHANNEL.line("async with message.process(), message = await queue.get()", "IncomingMessage")
async def _(channel: Any) -> object:
    message = await (await channel.declare_queue("q")).get()
    async with message.process() as processed:
        return kind(processed)


@CHANNEL.line("type((await queue.get()).body)", "bytes")
async def _(channel: Any) -> object:
    return kind((await (await channel.declare_queue("q")).get()).body)


@CHANNEL.line("await message.ack(), await message.reject()", (None, None))
async def _(channel: Any) -> object:
    message = await (await channel.declare_queue("q")).get()
    return await message.ack(), await message.reject()


@CHANNEL.line("type(await queue.bind(exchange))", "BindOk")
async def _(channel: Any) -> object:
    return kind(await (await channel.declare_queue("q")).bind("e"))


@CHANNEL.line("type(await queue.consume(callback))", "str")
async def _(channel: Any) -> object:
    return kind(await (await channel.declare_queue("q")).consume(print))


@CHANNEL.line("async with channel.transaction()", "entered")
async def _(channel: Any) -> object:
    async with channel.transaction():
        return "entered"


@CHANNEL.line("channel.declare_que", Raised("AttributeError"))
async def _(channel: Any) -> object:
    return channel.declare_que


LINES = [*CONNECTION.all, *CHANNEL.all]
