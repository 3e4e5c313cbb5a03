"""Clients that the tests of mocks stand in for."""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self


class Transaction:
    """What a connection gives for a block."""

    async def start(self) -> None:
        """Begin."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Connection:
    """A client of a database."""

    driver: str = "wire"

    def __init__(self, name: str) -> None:
        self.name = name
        self.current = Transaction()

    async def fetch(self, query: str, *args: object, timeout: float | None = None) -> list[str]:
        """Return rows."""
        raise NotImplementedError

    async def fetchrow(self, query: str) -> tuple[str, ...] | None:
        """Return a row."""
        raise NotImplementedError

    async def execute(self, query: str, /, *, timeout: float | None = None) -> str:
        """Return a status."""
        raise NotImplementedError

    def transaction(self) -> Transaction:
        """Return a block."""
        raise NotImplementedError

    def is_closed(self) -> bool:
        """Tell whether it is closed."""
        raise NotImplementedError

    def connect(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - so that nothing is known of the result
        """Return something."""
        raise NotImplementedError

    @staticmethod
    def quoted(text: str) -> str:
        """Return *text* in quotes."""
        raise NotImplementedError

    @property
    def latency(self) -> float:
        """Seconds."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Cursor:
    """Rows, one after the other."""

    def __aiter__(self) -> AsyncIterator[str]:
        raise NotImplementedError

    async def __anext__(self) -> str:
        raise NotImplementedError

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __next__(self) -> str:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise NotImplementedError

    def __contains__(self, row: str) -> bool:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        raise NotImplementedError

    __hash__ = None  # type: ignore[assignment]  # as every class with __eq__ alone


class Chain:
    """Something that is called, and gives itself."""

    def __call__(self, step: str) -> Self:
        """Add *step*."""
        raise NotImplementedError


class Handler:
    """Something that is called."""

    async def __call__(self, event: str) -> bool:
        """Tell whether *event* was handled."""
        raise NotImplementedError
