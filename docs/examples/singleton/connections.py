class ConnectionManager:
    """One for the whole process, as in many applications."""

    def __init__(self):
        self._connections = {}
        self._message_queues = {}
        self._subscriptions = {}

    async def connect(self, user, send):
        self._connections[user] = send
        for message in self._message_queues.pop(user, []):
            await send(message)

    def subscribe(self, user, topic):
        self._subscriptions.setdefault(topic, set()).add(user)

    async def publish(self, topic, message):
        for user in sorted(self._subscriptions.get(topic, ())):
            if user in self._connections:
                await self._connections[user](message)
            else:
                self._message_queues.setdefault(user, []).append(message)


manager = ConnectionManager()
