"""Probes of a dictionary, as an example of state."""

from collections.abc import Sequence

from isolation._changes import ABSENT, Change


class Board:
    """Probe a dictionary, as an example of state."""

    name = "environment"

    def __init__(self) -> None:
        self.state: dict[str, object] = {}
        self.refusal: str | None = None
        self.settled = 0
        self._seen: dict[str, object] = {}

    def start(self) -> None:
        """Remember what is there."""
        self._seen = dict(self.state)

    def look(self) -> Sequence[Change]:
        """Return what is different."""
        before, self._seen = self._seen, dict(self.state)
        keys = [key for key in {**before, **self.state} if before.get(key, ABSENT) is not self.state.get(key, ABSENT)]
        return [self._change(key, before.get(key, ABSENT)) for key in keys]

    def settle(self) -> None:
        """Count."""
        self.settled += 1

    def _change(self, key: str, before: object) -> Change:
        def put(value: object) -> str | None:
            for board in (self.state, self._seen):
                board.pop(key, None) if value is ABSENT else board.update({key: value})
            return self.refusal

        return Change(
            probe=self.name,
            kind="env",
            name=key,
            place=f"os.environ[{key!r}]",
            unit=f"os.environ[{key!r}]",
            key=key,
            before=before,
            after=self.state.get(key, ABSENT),
            severity="error",
            put=put,
        )


class FramedBoard(Board):
    """Probe what frameworks change around each test."""

    def begin(self) -> None:
        """Accept what is there."""
        self.start()


class RootedBoard(Board):
    """Probe objects of users, too."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: dict[str, object] = {}

    def add_root(self, name: str, value: object, /) -> None:
        """Remember *value*."""
        self.roots[name] = value

    def remove_root(self, name: str, /) -> None:
        """Forget it, and what is in it if that is what is watched."""
        if self.roots.pop(name, None) is self.state:
            self.state = {}
            self.start()
