"""Random numbers: a seed that one test sets decides what later tests draw."""

import random
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from isolation._changes import Change
from isolation.probes.random_state import RandomnessProbe


@pytest.fixture(autouse=True)
def put_everything_back() -> Iterator[None]:
    """Leave the random numbers of the run alone."""
    state = random.getstate()
    yield
    random.setstate(state)


@pytest.fixture
def probe() -> Iterator[RandomnessProbe]:
    """Give a probe that watches what is seeded."""
    probe = RandomnessProbe()
    probe.start()
    yield probe
    probe.stop()


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_drawing_numbers_is_no_change(probe: RandomnessProbe) -> None:
    """Nobody can foresee them, before and after."""
    random.random()
    random.seed()
    probe.settle()

    assert not probe.look()


def test_a_seed_is_found_and_undone(probe: RandomnessProbe) -> None:
    """It tells who has set it; later tests draw what they would have drawn."""
    state = random.getstate()
    random.seed(42)

    (found,) = probe.look()

    assert (found.probe, found.kind, found.severity) == ("randomness", "seed", "note")
    assert (found.place, found.unit) == ("random.seed()", "random.seed()")
    assert (found.before, found.after) == ("not seeded", "seeded with 42")
    assert found.detail == "in test_a_seed_is_found_and_undone, test_probe_random_state.py:50"
    assert found.hint == "what later tests draw follows from it; random.Random(seed) is a generator of one's own"
    assert found.is_same("not seeded", found.before)
    assert put_back(found) is None
    assert random.getstate() == state
    assert not probe.look()


def test_an_older_seed_can_be_put(probe: RandomnessProbe) -> None:
    """A fixture's seed may be older than the last look."""
    state = random.getstate()
    random.seed(1)
    (found,) = probe.look()
    random.seed(2)
    (again,) = probe.look()

    assert (again.before, again.after) == ("seeded with 1", "seeded with 2")
    assert again.put is not None
    again.put(found.before)
    assert random.getstate() == state


def test_a_seed_that_was_undone_is_no_change(probe: RandomnessProbe) -> None:
    """Who puts the state back has seeded for itself."""
    state = random.getstate()
    random.seed(42)
    random.setstate(state)

    assert not probe.look()
    assert not probe.look()


def seed_from(module: str) -> None:
    """Seed as *module* does."""
    exec("import random\nrandom.seed(42)", {"__name__": module})


def test_a_framework_that_puts_the_state_back_is_trusted(probe: RandomnessProbe) -> None:
    """Hypothesis seeds for each example."""
    seed_from("hypothesis.internal.entropy")

    assert not probe.look()


def test_with_a_seed_for_each_test_nothing_is_told(probe: RandomnessProbe) -> None:
    """With pytest-randomly no test draws what another one has left."""
    seed_from("pytest_randomly")
    random.seed(42)

    assert not probe.look()


def test_what_stands_for_the_function_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless somebody has put something else there."""
    original, probe = random.seed, RandomnessProbe()
    probe.start()
    assert random.seed is not original
    probe.stop()
    assert random.seed is original
    probe.start()

    def other(*_: object) -> None: ...

    monkeypatch.setattr(random, "seed", other)
    probe.stop()

    assert random.seed is other
    monkeypatch.setattr(random, "seed", original)


class Array:
    """Compares as arrays of numpy do."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]

    def tobytes(self) -> bytes:
        """Return the numbers."""
        return bytes([self.number])


@pytest.fixture
def numpy_random(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give the names of a module like `numpy.random`, not imported yet."""
    module = ModuleType("numpy.random")
    names = vars(module)
    names["state"] = ("MT", Array(0), 1)
    names["seed"] = lambda number: names.update(state=("MT", Array(number), 0))
    names["get_state"] = lambda: names["state"]
    names["set_state"] = lambda state: names.update(state=state)
    monkeypatch.setitem(sys.modules, "numpy.random", module)
    return names


def test_numpy_is_watched_when_it_is_imported(numpy_random: dict[str, Any]) -> None:
    """Its numbers are everybody's, too."""
    module = sys.modules.pop("numpy.random")
    probe = RandomnessProbe()
    probe.start()
    sys.modules["numpy.random"] = module
    probe.look()
    state = numpy_random["state"]
    numpy_random["seed"](3)

    (found,) = probe.look()

    assert (found.place, found.after) == ("numpy.random.seed()", "seeded with 3")
    put_back(found)
    assert numpy_random["state"] is state
    probe.stop()


@pytest.mark.parametrize("change", [lambda names: names.pop("seed"), lambda names: None])
def test_a_module_that_cannot_be_seeded_is_left_alone(
    numpy_random: dict[str, Any], monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], object]
) -> None:
    """It may be anything."""
    if change(numpy_random) is None:
        monkeypatch.setitem(sys.modules, "numpy.random", "fake")
    probe = RandomnessProbe()
    probe.start()

    assert not probe.look()
    probe.stop()
