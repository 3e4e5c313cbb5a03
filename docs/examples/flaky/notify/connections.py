"""Who is connected, and which messages wait for them."""


class ConnectionManager:
    def __init__(self):
        self._queues = {}

    def connect(self, user):
        self._queues[user] = []

    def send(self, user, text):
        self._queues[user].append(text)

    def receive(self, user):
        return self._queues[user].pop(0)

    def disconnect(self, user):
        del self._queues[user]

    def connected(self):
        return sorted(self._queues)


manager = ConnectionManager()
