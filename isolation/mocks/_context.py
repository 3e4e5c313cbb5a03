"""The mocks of one test: made here, judged when it is over, and done with then."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar, cast, overload
from unittest.mock import AsyncMock

from isolation._errors import SettingsError
from isolation._findings import Finding, Severity
from isolation._owners import Owner
from isolation._resources import ResourceManager
from isolation.mocks._calls import Log
from isolation.mocks._keys import ROOT
from isolation.mocks._late_calls import LateCalls
from isolation.mocks._ledger import Ledger
from isolation.mocks._mock import mock_in
from isolation.mocks._services import load_class
from isolation.mocks._strictness import Strictness, is_forgotten, is_stranded
from isolation.mocks._stub_lines import StubLine, stub_lines

T = TypeVar("T")
Outcome = Literal["passed", "failed", "skipped"]


def _is_own(_: StubLine) -> bool:
    return True


def _name_of(cls: type | str | None) -> str:
    return f"{cls.__module__}:{cls.__qualname__}" if isinstance(cls, type) else str(cls or "an open mock")


class MockContext:
    """Make the mocks of a test, and tell at its end what was not done with them as said.

    A test gets one from the fixture ``mock_context``.  Nothing of it is kept anywhere else: it goes with its test.

    Attributes:
        name: Of the test.
        nodeid: Of the test; empty outside of pytest.
        outcome: How the test went; None until its body is over.
        ledgers: Of the mocks that were made here.
        open_mocks: The names of those that stand for no class, and so check nothing.
        is_closed: Whether the test is over.
        shared_lines: When it is: the lines that other tests run as well, and that have set stubs in this one.
    """

    def __init__(
        self,
        name: str = "mocks",
        *,
        nodeid: str = "",
        root: str = "",
        severity: Severity | None = "warning",
        services: Mapping[str, str] | None = None,
        place: str = "services",
        is_own: Callable[[StubLine], bool] = _is_own,
        manager: Callable[[], ResourceManager] | None = None,
        late: LateCalls | None = None,
    ) -> None:
        """Make a context for a test.

        Args:
            name: What to call it.
            nodeid: Of the test.
            root: Paths in findings are relative to this directory.
            severity: How bad findings are; None if nobody wants any.
            services: Paths of classes by service.
            place: Where *services* were set.
            is_own: Tells whether a line belongs to this test only, so that it is judged with it.
            manager: Returns who owns what the test must release; by default a manager of its own.
            late: Collects the calls that come when the test is over.
        """
        self.name = name
        self.nodeid = nodeid
        self.outcome: Outcome | None = None
        self.ledgers: list[Ledger] = []
        self.open_mocks: list[str] = []
        self.is_closed: bool = False
        self._strictness = Strictness(Owner("test", name, nodeid), root, severity or "note")
        self._is_watching = severity is not None
        self._services, self._place = services or {}, place
        self._service_mocks: dict[str, tuple[type | None, AsyncMock]] = {}
        self._is_own = is_own
        self._manager = manager
        self._own_manager: ResourceManager | None = None
        self._late = late or LateCalls()
        self._found: Sequence[Finding] = ()
        self.shared_lines: Sequence[StubLine] = ()

    def __repr__(self) -> str:
        return f"<MockContext {self.name!r} {'closed' if self.is_closed else 'open'}, {len(self.ledgers)} mocks>"

    @property
    def manager(self) -> ResourceManager:
        """Who owns what the test must release: the test's own ``resource_manager``."""
        if self._manager is not None:
            return self._manager()
        if self._own_manager is None:
            self._own_manager = ResourceManager(self.name)
        return self._own_manager

    @overload
    def mock(
        self, cls: None = None, *, name: str = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
    ) -> AsyncMock: ...

    @overload
    def mock(
        self, cls: type[T], *, name: str = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
    ) -> T: ...

    @overload
    def mock(
        self, cls: Callable[..., T], *, name: str = ..., plain: bool = ..., copy_args: bool = ..., wraps: object = ...
    ) -> T: ...

    def mock(
        self,
        cls: Callable[..., T] | None = None,
        *,
        name: str = "",
        plain: bool = False,
        copy_args: bool = False,
        wraps: object = None,
    ) -> T | AsyncMock:
        """Return a mock that stands for an instance of *cls*, or for anything at all, and is judged with this test.

        Args:
            cls: The class; None for an open mock, which takes every name and every argument.
            name: What findings call it; by default the name of the class.
            plain: Whether results that nobody has set are mocks, as in the standard library.
            copy_args: Whether arguments are copied when a call is recorded.
            wraps: A real object, whose methods are called, and whose plain attributes are read, where no result is set;
                special methods are not passed on to it.
        """
        if cls is None:
            self.open_mocks.append(name or "unnamed")
        ledger = Ledger(name, copy_args=copy_args)
        self.adopt(ledger, label=name or getattr(cls, "__name__", ""))
        return cast("T | AsyncMock", mock_in(ledger, ROOT, cast("type[T] | None", cls), plain=plain, wraps=wraps))

    def service(self, service: str, cls: type | str | None = None, *, plain: bool = False) -> AsyncMock:
        """Return the mock of *service* for this test, the same one whenever it is asked for.

        Args:
            service: Its name, such as ``ServiceType.KAFKA``.
            cls: What it stands for, a class or its path; by default what ``isolation_services`` binds the service to,
                an open mock if that is nothing.
            plain: Whether results that nobody has set are mocks, as in the standard library.

        Raises:
            SettingsError: If there is no class where the path says, or the service stands for another one already.
        """
        __tracebackhide__ = True
        name = str(service)
        known = self._service_mocks.get(name)
        if known is None:
            chosen = cast("type[AsyncMock] | None", self._class_of(name, cls))  # what the mock pretends to be, too
            known = self._service_mocks[name] = chosen, self.mock(chosen, name=name, plain=plain)
        elif cls is not None and self._class_of(name, cls) is not known[0]:
            raise SettingsError(
                f"service {name!r} is {_name_of(known[0])} in this test already, and not {_name_of(cls)}"
            )
        return known[1]

    def _class_of(self, service: str, cls: type | str | None) -> type | None:
        __tracebackhide__ = True
        if isinstance(cls, type):
            return cls
        if cls is not None:
            return load_class(cls, f"the fixture of service {service!r}")
        path = self._services.get(service)
        return load_class(path, f"service {service!r} in {self._place}") if path is not None else None

    def adopt(self, ledger: Ledger, *, label: str = "") -> None:
        """Judge *ledger* with this test, and close it with it; findings call its mock *label*, or by its name."""
        ledger.is_watched = self._is_watching
        ledger.label = label or ledger.name or "mock"
        self.ledgers.append(ledger)

    def findings(self) -> Sequence[Finding]:
        """Return what was not done with the mocks as said until now; of a closed context, what was so at its end."""
        return self._found if self.is_closed else self._judge(stub_lines(self.ledgers))

    def _judge(self, lines: Sequence[StubLine]) -> Sequence[Finding]:
        own = [line for line in lines if self._is_own(line)]
        if not self._is_watching:
            return ()
        # What has ended a test holds its variables; there it is a hint, and no finding.
        return list(self._strictness.findings(self.ledgers, own, is_held_by_failure=self.outcome == "failed"))

    def unused(self, line: StubLine) -> Finding:
        """Return what there is to say if no test has used what *line* sets."""
        return self._strictness.unused(line, "used by no test")

    def close(self) -> None:
        """Forget what was configured and called; calls that still come are late.

        Raises:
            CleanupError: If something that its own manager owned could not be released.
        """
        if self.is_closed:
            return
        lines = stub_lines(self.ledgers) if self._is_watching else ()
        self._found = self._judge(lines)
        self.shared_lines = [line for line in lines if not self._is_own(line)]
        self.is_closed = True
        for ledger in self.ledgers:
            self._close(ledger)
        self.ledgers.clear()
        self._service_mocks.clear()
        if self._own_manager is not None:
            self._own_manager.cleanup_all_sync()

    def _close(self, ledger: Ledger) -> None:
        for call in ledger.log:
            if is_forgotten(call) or (self.outcome == "failed" and is_stranded(call)):
                call.coroutine.close()  # so that the standard library does not say it again
            if call.coroutine is not None:
                call.coroutine = None  # which leads back to the call, since Python 3.12 also when it is closed
        ledger.close()
        # Arguments may lead back to the mock.
        ledger.log, ledger.awaits = Log(), Log()
        ledger.stubs.clear()
        if self._is_watching:
            ledger.sink = self._late.log(ledger.label, self._strictness)
