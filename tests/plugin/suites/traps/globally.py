"""A client that an application keeps for as long as the process lives: declared in the ini file."""

import socket


class Client:
    connection: socket.socket | None = None
    listener: socket.socket | None = None

    def ask(self) -> bytes:
        if self.connection is None:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.connection = socket.create_connection(self.listener.getsockname())
        return b"answer"

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.listener.close()


client = Client()
