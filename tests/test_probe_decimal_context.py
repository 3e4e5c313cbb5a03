"""The context of decimal arithmetic."""

import decimal
import sys
from collections.abc import Iterator
from contextvars import Context, copy_context

import pytest

from isolation._changes import Change
from isolation.probes._decimal_context import DecimalContext


@pytest.fixture(autouse=True)
def own_context() -> Iterator[None]:
    """Use a context that nobody else uses."""
    before = decimal.getcontext()
    decimal.setcontext(decimal.DefaultContext.copy())
    yield
    decimal.setcontext(before)


@pytest.fixture
def watch() -> DecimalContext:
    """Give what compares the context."""
    watch = DecimalContext("interpreter")
    watch.start()
    return watch


def put_back(change: Change) -> str | None:
    """Write what was there before."""
    assert change.put is not None
    return change.put(change.before)


def test_calculating_is_no_change(watch: DecimalContext) -> None:
    """It raises flags, which mean nothing to others."""
    assert decimal.Decimal(1) / decimal.Decimal(3)

    assert not watch.look()


def test_another_precision_is_found_and_put_back(watch: DecimalContext) -> None:
    """Every later result has fewer digits."""
    decimal.getcontext().prec = 5

    (found,) = watch.look()

    assert (found.probe, found.kind, found.severity) == ("interpreter", "decimal_context", "error")
    assert (found.place, found.unit) == ("decimal.getcontext().prec", "decimal.getcontext().prec")
    assert (found.before, found.after) == (28, 5)
    assert found.is_same(28, 28)
    assert put_back(found) is None
    assert decimal.getcontext().prec == 28
    assert not watch.look()


def test_another_trap_is_found_and_put_back(watch: DecimalContext) -> None:
    """What was a result raises an error now."""
    decimal.getcontext().traps[decimal.Inexact] = True

    (found,) = watch.look()

    assert found.place == "decimal.getcontext().traps"
    assert found.before == ("DivisionByZero", "InvalidOperation", "Overflow")
    assert found.after == ("DivisionByZero", "Inexact", "InvalidOperation", "Overflow")
    assert put_back(found) is None
    assert not decimal.getcontext().traps[decimal.Inexact]
    assert not watch.look()


def test_another_context_is_compared_by_what_is_in_it(watch: DecimalContext) -> None:
    """An equal one is as good."""
    decimal.setcontext(decimal.Context())
    assert not watch.look()
    decimal.setcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP))

    assert [change.place for change in watch.look()] == [
        "decimal.getcontext().prec",
        "decimal.getcontext().rounding",
    ]


def run_first(context: Context, watch: DecimalContext) -> list[str]:
    """Return what is found when the first who calculates sets a precision."""

    def calculate() -> list[str]:
        watch.start()
        assert not watch.look()
        decimal.getcontext().prec = 3
        return [f"{change.place}: {change.before} -> {change.after}" for change in watch.look()]

    return context.run(calculate)


def test_the_first_context_is_compared_with_the_default_one() -> None:
    """Looking makes none."""
    assert run_first(Context(), DecimalContext("interpreter")) == ["decimal.getcontext().prec: 28 -> 3"]


def test_the_first_context_is_compared_with_the_default_one_in_a_known_variable(watch: DecimalContext) -> None:
    """Another context may be looked at that has none yet."""
    assert not Context().run(watch.look)
    assert decimal.getcontext() in copy_context().values()


def test_the_module_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it there is no context."""
    monkeypatch.delitem(sys.modules, "decimal")
    watch = DecimalContext("interpreter")
    watch.start()

    assert not watch.look()
