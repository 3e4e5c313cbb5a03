"""What is done with aiokafka; what needs a broker is as its source says."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

PRODUCER = Lines("aiokafka", "aiokafka:AIOKafkaProducer")
CONSUMER = Lines("aiokafka", "aiokafka:AIOKafkaConsumer")


@PRODUCER.line("async with producer as p: p is producer", True)
async def _(producer: Any) -> object:
    async with producer as entered:
        return entered is producer


@PRODUCER.line(
    "await producer.send_and_wait()",
    Raised("TypeError", "AIOKafkaProducer.send_and_wait() missing 1 required positional argument: 'topic'"),
    is_alone=True,
)
async def _(producer: Any) -> object:
    return await producer.send_and_wait()


@PRODUCER.line(
    'future = await producer.send("t", b"v"); type(future), type(await future)', ("Future", "RecordMetadata")
)
async def _(producer: Any) -> object:
    future = await producer.send("t", b"v")
    return kind(future), kind(await future)


@PRODUCER.line("async with producer.transaction()", "entered")
async def _(producer: Any) -> object:
    async with producer.transaction():
        return "entered"


@PRODUCER.line("type(producer.client)", "AIOKafkaClient", is_alone=True)
async def _(producer: Any) -> object:
    return kind(producer.client)


@PRODUCER.line('type((await producer.send_and_wait("t", b"v")).offset)', "int")
async def _(producer: Any) -> object:
    return kind((await producer.send_and_wait("t", b"v")).offset)


@PRODUCER.line("await producer.start(), await producer.flush(), await producer.stop()", (None, None, None))
async def _(producer: Any) -> object:
    return await producer.start(), await producer.flush(), await producer.stop()


@PRODUCER.line("type(producer.create_batch())", "BatchBuilder", is_alone=True)
async def _(producer: Any) -> object:
    return kind(producer.create_batch())


@PRODUCER.line("await producer.begin_transaction()", None)
async def _(producer: Any) -> object:
    return await producer.begin_transaction()


@PRODUCER.line('producer.send("t", valu=b"v")', Raised("TypeError"), is_alone=True)
async def _(producer: Any) -> object:
    return await producer.send("t", valu=b"v")


@PRODUCER.line("producer.sned", Raised("AttributeError"), is_alone=True)
async def _(producer: Any) -> object:
    return producer.sned


@CONSUMER.line("[message async for message in consumer], none there", [])
async def _(consumer: Any) -> object:
    return [message async for message in consumer]


@CONSUMER.line("type(await consumer.getone())", "ConsumerRecord")
async def _(consumer: Any) -> object:
    return kind(await consumer.getone())


@CONSUMER.line("await consumer.getmany(timeout_ms=1)", {})
async def _(consumer: Any) -> object:
    return await consumer.getmany(timeout_ms=1)


@CONSUMER.line('consumer.subscribe(["t"])', None, is_alone=True)
async def _(consumer: Any) -> object:
    return consumer.subscribe(["t"])


@CONSUMER.line("type(consumer.assignment())", "set")
async def _(consumer: Any) -> object:
    return kind(consumer.assignment())


@CONSUMER.line("await consumer.commit(), await consumer.stop()", (None, None))
async def _(consumer: Any) -> object:
    return await consumer.commit(), await consumer.stop()


@CONSUMER.line("type(await consumer.position(partition))", "int")
async def _(consumer: Any) -> object:
    return kind(await consumer.position(None))


@CONSUMER.line("type(await consumer.topics())", "set")
async def _(consumer: Any) -> object:
    return kind(await consumer.topics())


@CONSUMER.line("type(await consumer.end_offsets([]))", "dict")
async def _(consumer: Any) -> object:
    return kind(await consumer.end_offsets([]))


@CONSUMER.line("async with consumer as c: c is consumer", True)
async def _(consumer: Any) -> object:
    async with consumer as entered:
        return entered is consumer


@CONSUMER.line(
    "await consumer.seek_to_end(timeout=1)",
    Raised("TypeError", "AIOKafkaConsumer.seek_to_end() got an unexpected keyword argument 'timeout'"),
    is_alone=True,
)
async def _(consumer: Any) -> object:
    return await consumer.seek_to_end(timeout=1)


LINES = [*PRODUCER.all, *CONSUMER.all]
