"""Mocks below other mocks: each records the calls of what stands below it, ours and the standard library's."""

from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, call, create_autospec

from isolation import isolated_mock
from isolation.mocks._mock import ledger_of
from tests.mocks.clients import Connection


def test_a_parent_records_the_calls_of_an_attribute() -> None:
    """And of what stands below that."""
    parent: Any = isolated_mock(Connection)
    child: Any = isolated_mock(Connection)
    parent.name = child

    child.is_closed()
    child.transaction().start().close()

    assert parent.mock_calls == [call.name.is_closed(), call.name.transaction(), call.name.transaction().start()]
    assert parent.method_calls == [call.name.is_closed(), call.name.transaction()]
    assert [record.is_foreign for record in ledger_of(parent).log] == [True] * 3
    assert (child._mock_parent, child._mock_new_parent) == (parent, parent)
    assert repr(child) == f"<AsyncMock name='mock.name' spec_set='Connection' id='{id(child)}'>"


def test_a_parent_records_the_calls_of_a_result() -> None:
    """As calls of the result, and not as calls of a method."""
    parent: Any = isolated_mock(Connection)
    child: Any = isolated_mock(Connection)
    parent.is_closed.return_value = child

    parent.is_closed().quoted("a")

    assert parent.mock_calls == [call.is_closed(), call.is_closed().quoted("a")]
    assert parent.method_calls == [call.is_closed()]
    assert repr(child) == f"<AsyncMock name='mock.is_closed()' spec_set='Connection' id='{id(child)}'>"


def test_a_mock_that_belongs_to_another_stays_there() -> None:
    """Only one parent records its calls, unless it is attached."""
    first: Any = isolated_mock()
    second: Any = isolated_mock()
    first.child = first.other
    second.child = first.other

    first.other().close()

    assert first.mock_calls == [call.other()]
    assert second.mock_calls == []


def test_attaching_gives_a_method_another_parent() -> None:
    """So one mock can tell the order of calls of several; standard ones can, too."""
    postgres: Any = isolated_mock(Connection)
    kafka: Any = isolated_mock()
    manager = Mock()
    ours: Any = isolated_mock()
    manager.attach_mock(postgres.is_closed, "postgres")
    manager.sub.attach_mock(kafka.send, "kafka")
    ours.attach_mock(postgres.transaction, "begin")

    postgres.is_closed()
    kafka.send("a").close()
    postgres.transaction().start().close()

    assert manager.mock_calls == [call.postgres(), call.sub.kafka("a")]
    assert manager.method_calls == [call.postgres(), call.sub.kafka("a")]
    assert ours.mock_calls == [call.begin(), call.begin().start()]
    assert postgres.is_closed.call_count == 1


def test_the_order_of_attached_mocks_outlives_a_reset() -> None:
    """What is attached stays so."""
    parent: Any = isolated_mock()
    parent.child = isolated_mock(Connection)
    parent.child.is_closed()
    parent.child.reset_mock()

    parent.child.is_closed()

    assert parent.child.is_closed.call_count == 1
    assert parent.mock_calls == [call.child.is_closed(), call.child.is_closed()]


async def test_a_standard_mock_below_tells_its_calls() -> None:
    """Which the standard library calls mock_calls and method_calls."""
    parent: Any = isolated_mock(Connection)
    parent.fetch = AsyncMock(return_value=["row"])
    parent.name = MagicMock()

    assert await parent.fetch("select 1") == ["row"]
    parent.name.close(1)

    assert parent.mock_calls == [call.fetch("select 1"), call.name.close(1)]
    assert parent.method_calls == [call.fetch("select 1"), call.name.close(1)]
    assert repr(parent.name) == f"<MagicMock name='mock.name' id='{id(parent.name)}'>"


def test_a_standard_mock_outlives_the_parent() -> None:
    """Then nobody is told."""
    child = MagicMock()
    parent: Any = isolated_mock()
    parent.child = child

    del parent

    assert child() is child.return_value


def test_a_mock_outlives_the_parent() -> None:
    """Then nobody is told."""
    child: Any = isolated_mock(Connection)
    parent: Any = isolated_mock()
    parent.child = child

    del parent

    assert child.is_closed() is False


def test_an_autospecced_function_is_attached() -> None:
    """As the mock behind it."""

    def publish(topic: str) -> None: ...

    parent: Any = isolated_mock()
    parent.attach_mock(create_autospec(publish), "publish")

    parent.publish("orders")

    assert parent.mock_calls == [call.publish("orders")]


def test_a_mock_below_itself_is_no_parent_of_itself() -> None:
    """However far below."""
    outer: Any = isolated_mock()
    inner: Any = isolated_mock()
    outer.child = inner
    inner.deep.child = outer
    outer.itself = outer

    inner().close()
    outer().close()

    assert outer.mock_calls == [call.child(), call()]
    assert inner.mock_calls == [call()]
    outer.child = outer.itself = inner.deep.child = None  # what a test binds into a circle, it must untie


def test_resetting_a_mock_resets_what_was_given_to_it() -> None:
    """Once each, however they are tied; what is gone is left out."""
    outer: Any = isolated_mock()
    inner: Any = isolated_mock(Connection)
    outer.child = inner
    outer.child = outer.other = MagicMock(side_effect=ValueError)
    outer.first = isolated_mock()
    outer.first = inner
    inner.name = outer
    inner.is_closed()

    outer.reset_mock(side_effect=True)

    assert inner.is_closed.call_count == 0
    assert outer.other.side_effect is None
    outer.first.reset_mock()
    inner.name = None


def test_a_standard_mock_records_the_calls_of_a_result() -> None:
    """And of what stands below both."""
    manager = MagicMock()
    ours: Any = isolated_mock(Connection)
    manager.connect.return_value = ours
    ours.name = isolated_mock()

    manager.connect().quoted("a")
    ours.name.upper().close()

    assert manager.mock_calls == [call.connect(), call.connect().quoted("a"), call.connect().name.upper()]
    assert manager.method_calls == [call.connect()]


def test_a_mock_whose_ledger_is_closed_may_be_attached() -> None:
    """Its calls are late, and nobody else's."""
    late: Any = isolated_mock(Connection)
    ledger_of(late).close()
    parent: Any = isolated_mock()

    parent.attach_mock(late, "late")
    late.is_closed()

    assert parent.mock_calls == []
    assert [record.key for record in ledger_of(late).late] == ["is_closed"]
