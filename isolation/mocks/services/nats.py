"""A client of NATS that a test is given is connected."""

ROWS = {"nats.aio.client.Client.is_connected": "typing.Literal[True]"}
