from connections import manager


async def test_a_ping_is_answered():
    received = []

    async def answer(message):
        received.append(message.replace("ping", "pong"))

    await manager.connect("ada", answer)
    manager.subscribe("ada", "news")
    await manager.publish("news", "ping")

    assert received == ["pong"]


async def test_a_message_waits_for_who_is_away():
    manager.subscribe("ada", "news")
    await manager.publish("news", "hello")
    received = []

    async def note(message):
        received.append(message)

    await manager.connect("ada", note)

    assert received == ["hello"]
