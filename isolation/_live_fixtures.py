"""Live fixtures: those of one run that are set up now, in the order in which they were, with their managers."""

import inspect
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pytest

from isolation._compatibility import can_hide, finish_fixture, fixture_of, remember_failure
from isolation._origin import relative

if TYPE_CHECKING:
    from isolation._resources import ResourceManager  # not at every start of pytest

State = Literal["setting up", "live", "failed", "tearing down"]
_SHORT = 40
FRAMEWORKS = ("_pytest", "pytest_asyncio", "anyio", "xdist", "pytest_trio", "isolation")
"""Packages whose fixtures are machinery to a user, as the runners of pytest-asyncio."""


class LiveFixture:
    """One instance of a fixture, from the begin of its set-up to the end of its teardown.

    Attributes:
        fixturedef: Its definition, which pytest keeps for all its instances.
        request: What it was set up with.
        state: Where it is in its life; ``failed`` if its set-up did, but it is still to be torn down; ``tearing down``
            when nothing that uses it is left.
        managers: The resource managers that belong to it, oldest first.
    """

    __slots__ = ("_function", "fixturedef", "managers", "request", "state")

    fixturedef: pytest.FixtureDef[Any]
    request: pytest.FixtureRequest
    state: State
    managers: "Sequence[ResourceManager]"

    def __init__(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        self.fixturedef = fixturedef
        self.request = request
        self.state = "setting up"
        self.managers = ()
        self._function: Any = fixturedef.func  # async plugins replace it while they set the fixture up

    def begin_teardown(self) -> None:
        """Note that nothing uses it any more, so that its own code comes next."""
        self.state = "tearing down"

    def finish(self) -> None:
        """Let pytest tear it down, and all that uses it; do nothing if that has happened."""
        finish_fixture(self.fixturedef, self.request)

    @property
    def name(self) -> str:
        """Return its name, with its parameter if it has one that can be read."""
        return name_of(self.fixturedef, self.request)

    @property
    def nodeid(self) -> str:
        """Return the test, class, module or package that it is set up for; empty for the session."""
        return str(self.request.node.nodeid)

    @property
    def scope(self) -> str:
        """Return how long it lives."""
        return self.fixturedef.scope

    @property
    def owner(self) -> dict[str, str]:
        """Return who answers for what it makes: the test, or itself if it outlives that."""
        if self.scope == "function":
            return {"kind": "test", "name": self.request.node.name, "nodeid": self.nodeid, "scope": self.scope}
        return {"kind": "fixture", "name": self.name, "nodeid": self.nodeid, "scope": self.scope}

    @property
    def is_of_framework(self) -> bool:
        """Tell whether it is machinery to a user."""
        return str(self._function.__module__).partition(".")[0] in FRAMEWORKS

    def where(self, root: str) -> str:
        """Return where its function is written, as ``path:line`` relative to *root*."""
        function = inspect.unwrap(self._function)
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        return f"{relative(code.co_filename, root)}:{code.co_firstlineno}" if code is not None else "an unknown place"


def name_of(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> str:
    """Return the name of the fixture that *request* sets up, with its parameter if it has one that can be read."""
    parameter = getattr(request, "param", None)
    is_plain = type(parameter) in (str, int, float, bool)
    text = str(parameter) if is_plain else ""
    return f"{fixturedef.argname}[{text}]" if 0 < len(text) <= _SHORT else fixturedef.argname


class Watch(Protocol):
    """What looks whether a teardown hangs."""

    def start(self) -> None:
        """Start looking."""

    def stop(self) -> None:
        """Stop looking until the next fixture is set up."""


class LiveFixtures:
    """Know the live fixtures of one run of pytest.

    Attributes:
        root: What paths are relative to.
        is_repairing: Whether a set-up that raised is remembered by pytest, whatever it raised.
        tasks: The tasks of fixtures that live in one of their own.
        watch: What looks whether a teardown hangs.
        idle_watch: The same while it waits to be started by a fixture.
    """

    root: str
    is_repairing: bool
    tasks: list[object]
    watch: Watch | None
    idle_watch: Watch | None

    def __init__(self, root: str) -> None:
        self.root = root
        self.is_repairing = False
        self.tasks = []
        self.watch = self.idle_watch = None
        self._live: dict[pytest.FixtureDef[Any], LiveFixture] = {}
        self._beginning: list[LiveFixture] = []

    def fixtures(self) -> Sequence[LiveFixture]:
        """Return the live fixtures, in the order in which their set-ups ended; last those whose set-up goes on."""
        return [*self._live.values(), *self._beginning]

    def attach(self, request: pytest.FixtureRequest, manager: "ResourceManager") -> None:
        """Note that *manager* belongs to the fixture instance that *request* sets up."""
        fixturedef = fixture_of(request)
        setting_up = (fixture for fixture in self._beginning if fixture.fixturedef is fixturedef)
        fixture = next(setting_up, None) or self._live.get(fixturedef)
        if fixture is not None:
            fixture.managers = (*fixture.managers, manager)

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Note that a fixture is set up; one whose set-up failed is live, too, if pytest will finish it."""
        __tracebackhide__ = can_hide
        fixture = LiveFixture(fixturedef, request)
        self._beginning.append(fixture)
        try:
            value = yield
            fixture.state = "live"
            if self.idle_watch is not None:
                self.idle_watch.start()
            # Finalizers run newest first: this one after those of the fixtures that use this one, before its own.
            fixturedef.addfinalizer(fixture.begin_teardown)
        except BaseException as failure:
            fixture.state = "failed"
            if self.is_repairing and fixturedef.cached_result is None:
                # Otherwise pytest takes it for finished, never calls the finalizers that it has, and trips over them.
                remember_failure(fixturedef, request, failure)
            raise
        else:
            return value
        finally:
            self._beginning.remove(fixture)
            self._live.pop(fixturedef, None)
            if fixturedef.cached_result is not None:
                self._live[fixturedef] = fixture

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Forget a fixture that is torn down."""
        self._live.pop(fixturedef, None)


LIVE = pytest.StashKey[LiveFixtures]()
"""Where the configuration of a run keeps them."""
