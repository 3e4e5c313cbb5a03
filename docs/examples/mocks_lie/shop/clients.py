"""The clients of two services; the real ones talk to servers."""

from typing import Self


class Transaction:
    """All or nothing."""

    async def __aenter__(self) -> Self:
        """Begin."""
        raise ConnectionError("no database")

    async def __aexit__(self, *_: object) -> None:
        """Commit, or roll back."""


class Database:
    """A connection to the database."""

    async def fetch(self, query: str, *arguments: object) -> list[dict[str, object]]:
        """Return the rows of *query*."""
        raise ConnectionError("no database")

    async def fetchval(self, query: str, *arguments: object) -> int | None:
        """Return the first value of the first row, None if there is no row."""
        raise ConnectionError("no database")

    async def execute(self, query: str, *arguments: object, timeout: float | None = None) -> str:
        """Run *query* and return its status."""
        raise ConnectionError("no database")

    def transaction(self) -> Transaction:
        """Return a transaction to be entered."""
        return Transaction()


class Bus:
    """Where others hear what has happened."""

    async def publish(self, topic: str, message: bytes, *, key: str | None = None) -> None:
        """Send *message* to all who listen to *topic*."""
        raise ConnectionError("no broker")
