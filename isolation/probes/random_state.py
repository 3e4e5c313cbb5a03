"""Random numbers: a seed that one test sets decides what later tests draw."""

import sys
from collections.abc import Callable, Sequence
from functools import update_wrapper
from pathlib import PurePath
from types import FrameType
from typing import Any

from isolation._changes import Change
from isolation._natures import is_module, module_namespace
from isolation._origin import caller_frame
from isolation._representations import represent

_UNSEEDED = "not seeded"


class RandomnessProbe:
    """Find a seed that was set and not undone; drawing numbers is no change.

    Comparing the state would take 10 us per test, so what sets a seed is watched instead.
    """

    name = "randomness"

    def __init__(self) -> None:
        self._generators = [
            Generator(self.name, "random", "getstate", "setstate"),
            Generator(self.name, "numpy.random", "get_state", "set_state"),
        ]

    def start(self) -> None:
        """Watch from now on what is seeded."""
        for generator in self._generators:
            generator.install()

    def stop(self) -> None:
        """Watch no more."""
        for generator in self._generators:
            generator.uninstall()

    def look(self) -> Sequence[Change]:
        """Return what was seeded."""
        return [change for generator in self._generators for change in generator.look()]

    def settle(self) -> None:
        """Do nothing: what was drawn is drawn."""


class Generator:
    """The generator of random numbers of a module, for everybody who does not make one."""

    def __init__(self, probe: str, module: str, get: str, put: str) -> None:
        self._probe = probe
        self._module = module
        self._get, self._put = get, put
        self._namespace: dict[str, Any] | None = None
        self._original: Callable[..., Any] | None = None
        self._wrapper: Callable[..., Any] | None = None
        self._is_seeded_for_each_test = False
        self._present = self._before = _UNSEEDED
        self._where = ""
        self._states: dict[str, object] = {}

    def install(self) -> None:
        """Watch the module, if it is imported by now."""
        module = sys.modules.get(self._module)
        if self._namespace is not None or module is None or not is_module(module):
            return
        self._namespace = module_namespace(module)
        self._original = self._namespace.get("seed")
        if self._original is not None:
            self._wrapper = self._namespace["seed"] = update_wrapper(self._wrap(self._original), self._original)

    def uninstall(self) -> None:
        """Put back what was wrapped, unless somebody else has replaced it."""
        if self._namespace is not None and self._namespace.get("seed") is self._wrapper:
            self._namespace["seed"] = self._original
        self._namespace = None

    def look(self) -> Sequence[Change]:
        """Return the seed that was set and not undone since the last look."""
        if self._namespace is None:
            self.install()
        before = self._before
        if before == self._present or self._is_seeded_for_each_test:
            return ()
        if _plain(self._state()) == _plain(self._states[before]):
            self._present = before
            return ()
        self._before = self._present
        place = f"{self._module}.seed()"
        return [
            Change(
                probe=self._probe,
                kind="seed",
                place=place,
                unit=place,
                key=(self._probe, place),
                before=before,
                after=self._present,
                severity="note",
                put=self._put_back,
                is_same=lambda one, other: one == other,
                detail=self._where,
                hint="what later tests draw follows from it; random.Random(seed) is a generator of one's own",
            )
        ]

    def _wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def seed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for the module's
            self._note(caller_frame(1), [*args, *kwargs.values()])
            return original(*args, **kwargs)

        return seed

    def _note(self, caller: FrameType, values: Sequence[object]) -> None:
        package = str(caller.f_globals.get("__name__", "")).partition(".")[0]
        if package == "pytest_randomly":
            self._is_seeded_for_each_test = True
        if package in ("pytest_randomly", "hypothesis"):
            return  # hypothesis puts the state back
        self._states[self._present] = self._state()
        is_seeded = bool(values) and values[0] is not None
        self._present = f"seeded with {represent(values[0])}" if is_seeded else _UNSEEDED
        self._where = f"in {caller.f_code.co_qualname}, {PurePath(caller.f_code.co_filename).name}:{caller.f_lineno}"

    def _state(self) -> object:
        assert self._namespace is not None  # something of it was called
        return self._namespace[self._get]()

    def _put_back(self, seed: Any) -> str | None:  # noqa: ANN401 - as it was said
        assert self._namespace is not None
        self._namespace[self._put](self._states[seed])
        self._present = self._before = seed
        return None


def _plain(state: Any) -> tuple[object, ...]:  # noqa: ANN401 - what the module makes of it
    # An array of numpy compares number by number.
    return tuple(each.tobytes() if hasattr(each, "tobytes") else each for each in state)
