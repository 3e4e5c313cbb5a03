"""What is done with a client of NATS; what needs a server is as its annotations and its source say."""

from typing import Any

from tests.fidelity.lines import Lines, Raised, kind

CLIENT = Lines("nats-py", "nats.aio.client:Client")


@CLIENT.line('await nc.publish("s", b"m")', None)
async def _(nc: Any) -> object:
    return await nc.publish("s", b"m")


@CLIENT.line(
    "await nc.publish()",
    Raised("TypeError", "Client.publish() missing 1 required positional argument: 'subject'"),
    is_alone=True,
)
async def _(nc: Any) -> object:
    return await nc.publish()


@CLIENT.line('await nc.publish("s", data=b"m")', Raised("TypeError"), is_alone=True)
async def _(nc: Any) -> object:
    return await nc.publish("s", data=b"m")


@CLIENT.line('type(await nc.subscribe("s"))', "Subscription")
async def _(nc: Any) -> object:
    return kind(await nc.subscribe("s"))


@CLIENT.line('m = await nc.request("s", b""); type(m), type(m.data)', ("Msg", "bytes"))
async def _(nc: Any) -> object:
    message = await nc.request("s", b"")
    return kind(message), kind(message.data)


@CLIENT.line("type(nc.jetstream())", "JetStreamContext", is_alone=True)
async def _(nc: Any) -> object:
    return kind(nc.jetstream())


@CLIENT.line('type(await nc.jetstream().publish("s", b"m"))', "PubAck")
async def _(nc: Any) -> object:
    return kind(await nc.jetstream().publish("s", b"m"))


@CLIENT.line("nc.is_connected, nc.is_closed", (True, False))
async def _(nc: Any) -> object:
    return nc.is_connected, nc.is_closed


@CLIENT.line("nc.is_closed, nc.is_draining, before connecting", (False, False), is_alone=True)
async def _(nc: Any) -> object:
    return nc.is_closed, nc.is_draining


@CLIENT.line("await nc.flush(), await nc.drain(), await nc.close()", (None, None, None))
async def _(nc: Any) -> object:
    return await nc.flush(), await nc.drain(), await nc.close()


@CLIENT.line('await nc.connect("nats://x")', None)
async def _(nc: Any) -> object:
    return await nc.connect("nats://x")


@CLIENT.line("async with nc as c: c is nc", True)
async def _(nc: Any) -> object:
    async with nc as entered:
        return entered is nc


@CLIENT.line("nc.pubish", Raised("AttributeError"), is_alone=True)
async def _(nc: Any) -> object:
    return nc.pubish


@CLIENT.line("[m async for m in (await nc.subscribe('s')).messages]", [])
async def _(nc: Any) -> object:
    return [message async for message in (await nc.subscribe("s")).messages]


@CLIENT.line("type(await (await nc.subscribe('s')).next_msg())", "Msg")
async def _(nc: Any) -> object:
    return kind(await (await nc.subscribe("s")).next_msg())


@CLIENT.line("type(await js.pull_subscribe('s')), await its fetch()", ("PullSubscription", []))
async def _(nc: Any) -> object:
    subscription = await nc.jetstream().pull_subscribe("s")
    return kind(subscription), await subscription.fetch()


@CLIENT.line("type(await js.key_value('b'))", "KeyValue")
async def _(nc: Any) -> object:
    return kind(await nc.jetstream().key_value("b"))


@CLIENT.line("type(await js.consumer_info('s', 'c'))", "ConsumerInfo")
async def _(nc: Any) -> object:
    return kind(await nc.jetstream().consumer_info("s", "c"))


@CLIENT.line("type(nc.new_inbox()), type(nc.stats)", ("str", "dict"), is_alone=True)
async def _(nc: Any) -> object:
    return kind(nc.new_inbox()), kind(nc.stats)


@CLIENT.line("nc.servers, nc.last_error", ([], None), is_alone=True)
async def _(nc: Any) -> object:
    return nc.servers, nc.last_error


LINES = CLIENT.all
