"""Classes that say nothing of what they give, but in their source."""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, ANN205, ANN206, D101, D102, RET501, RET505, PLR1711
# ruff: noqa: SIM103, SIM108, RUF034, TRY003, B904, PLR0206, RET504, RUF012, PLW2901, PYI034, C417, FURB118, PLR6301, RUF100

import functools
import json
from collections import deque
from contextlib import asynccontextmanager, contextmanager


def passing(function):
    """Pass every argument on, and the result back."""

    @functools.wraps(function)
    def wrapper(self, *args, **kwargs):
        self.check()
        return function(self, *args, **kwargs)

    return wrapper


def running(function):
    """Wait for a coroutine function, so that callers need not."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return run(function(*args, **kwargs))

    return wrapper


def injecting(function):
    """Give the function one argument more than callers give."""

    @functools.wraps(function)
    def wrapper(self, *args, **kwargs):
        return function(self, "injected", *args, **kwargs)

    return wrapper


def postponing(function):
    """Hand the function to something that calls it later."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return Later(function, args, kwargs)

    return wrapper


class Later:
    def __init__(self, function, args, kwargs):
        self.function = function


def run(coroutine):
    """Wait for *coroutine*."""
    raise NotImplementedError


class Session:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await self.close()

    async def close(self):
        self.closed = True

    async def fetch(self) -> list:
        raise NotImplementedError


class Waiting:
    def __await__(self):
        return Session().close().__await__()


class Base:
    def named(self):
        return Session()

    def inherited(self):
        return self


class Client(Base):
    limit = 10
    default = None
    tags = {"a": 1}
    pair = (1, 2)
    sessions = [Session()]
    module = json
    session_class = Session
    shared = Session()

    def __init__(self, url, pool=None, *, timeout=3.0, size: int = 0):
        self.url = url
        self.timeout = timeout
        self.size = size
        if pool is None:
            pool = Session()
        self.pool = pool
        self.session = Session()
        self.waiting = deque()
        self.left, self.right = 1, 2
        self.spread, self.rest = url
        self.minus = -1
        self.counts = {"hits": 0}
        self._closed = False
        self.__hidden = "x"
        self.one, self.other = None, None
        self.logger = pool or run(pool)
        self.clock = pool if pool is not None else Waiting()
        self.maybe = Waiting() if url else None
        self.first = self.second
        self.second = self.first
        self.loop = None
        self.loop = Session()

    def check(self):
        if self._closed:
            raise RuntimeError("closed")

    def nothing(self):
        self.url = ""

    def returns_early(self):
        if self._closed:
            return
        return None

    def only_raises(self):
        raise NotImplementedError

    def stub(self): ...

    def fluent(self):
        self.check()
        return self

    def made(self):
        session = Session()
        session.closed = False
        return session

    def perhaps(self):
        if self._closed:
            return None
        return Session()

    def either(self):
        if self._closed:
            return True
        return False

    def unsure(self):
        if self._closed:
            return 1
        return "one"

    def attribute(self):
        return self.session

    def later(self):
        return self.default

    def hidden(self):
        return self.__hidden

    def compared(self):
        return self.size > 1

    def negated(self):
        return not self.size

    def counted(self):
        return len(self.waiting)

    def listed(self):
        return [self.url]

    def formatted(self):
        return f"{self.url}/"

    def paired(self):
        return "a", 1

    def odd_pair(self):
        return "a", self.unknown

    def chosen(self):
        return Session() if self._closed else Session()

    def alternative(self):
        return self.session or Session()

    def called(self):
        return self.made()

    def of_class(self):
        return self.session_class()

    def from_parent(self):
        return super().named()

    def inherited(self):
        return super().inherited()

    def from_module(self):
        return json.JSONDecoder()

    def from_function(self):
        return json.loads(self.url)

    def imported_inside(self):
        from fractions import Fraction

        return Fraction(1)

    def of_loop(self):
        for item in self.waiting:
            found = item
        return found

    def nested_function(self):
        def inner():
            return 1

        return inner

    def rebound(self):
        value = value or Session()  # noqa: F821, F823
        return value

    def entered(self):
        with self.unheard() as session:
            return session

    async def awaited(self):
        return await Waiting()

    def in_steps(self):
        return self.step_one()

    def step_one(self):
        return self.step_two()

    def step_two(self):
        return self.step_three()

    def step_three(self):
        return self.step_four()

    def step_four(self):
        return Session()

    def recursive(self):
        return self.recursive()

    def item(self):
        return self.tags["a"]

    def argument(self, session: Session):
        return session

    def stored_argument(self, session=None):
        session = Session()
        return session

    def given(self, number=5):
        return number

    @classmethod
    def make(cls):
        return cls("x")

    @staticmethod
    def parse():
        return {}

    def from_classmethod(self):
        return Client.build()

    @classmethod
    def build(cls):
        return Session()

    async def fetch(self):
        return await self.query()

    async def query(self):
        return []

    def passed_on(self):
        return self.query()

    async def not_awaited(self):
        return self.query()

    async def through_context(self):
        async with self.open() as session:
            return await session.fetch()

    def open(self):
        return Session()

    @passing
    async def guarded(self, key):
        return 1

    @running
    async def waited_for(self, key):
        return [key]

    @postponing
    def postponed(self) -> int:
        return 1

    @injecting
    def injected(self, session, key):
        return session

    @asynccontextmanager
    async def transaction(self):
        yield Session()

    @contextmanager
    def kept(self):
        yield self

    @contextmanager
    def locked(self, key):
        yield

    async def stream(self):
        yield 1

    def each(self):
        yield 1

    @property
    def is_open(self):
        return not self._closed

    @property
    async def answer(self):
        return 42

    def inverted(self):
        return ~self.size

    @functools.cached_property
    def encoder(self):
        return json.JSONEncoder()

    @functools.lru_cache  # noqa: B019
    def cached(self, key):
        return "value"

    def __enter__(self):
        raise TypeError("use async with")

    def __exit__(self, *error):
        raise TypeError("use async with")

    def __call__(self):
        raise TypeError("not callable")

    def __await__(self):
        return self.open_again().__await__()

    async def open_again(self):
        return self

    __hash__ = None


class Proxy:
    def __init__(self, session: Session):
        self._session = session

    def __getattr__(self, name):
        return getattr(self._session, name)


class Dynamic:
    def __getattr__(self, name) -> Session:
        return Session()


class Closed:
    def __getattr__(self, name):
        raise AttributeError(name)


class Loose:
    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        return getattr(self._target, name)
