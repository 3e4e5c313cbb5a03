"""Who is typing."""

import asyncio

TYPING_SECONDS = 5.0


class Presence:
    """Know who is typing, until some seconds after the last sign of it.

    The service has one, :data:`presence`. Its event loop is the one that it was first used on, which is
    right in a process that has one.
    """

    _loop: asyncio.AbstractEventLoop | None
    _timers: dict[str, asyncio.TimerHandle]

    def __init__(self) -> None:
        self._loop = None
        self._timers = {}

    def typing(self, user: str) -> None:
        """Remember that *user* types."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        self.stopped(user)
        self._timers[user] = self._loop.call_later(TYPING_SECONDS, self.stopped, user)

    def stopped(self, user: str) -> None:
        """Remember that *user* does not type any more."""
        timer = self._timers.pop(user, None)
        if timer is not None:
            timer.cancel()

    def is_typing(self, user: str) -> bool:
        """Tell whether *user* types."""
        return user in self._timers

    def reset(self) -> None:
        """Forget everybody, and the event loop; for tests."""
        for user in list(self._timers):
            self.stopped(user)
        self._loop = None


presence = Presence()
