"""The classes of the mocks that users hold, one for each set of special methods; never one for each mock."""

from functools import cache
from typing import Any, Final, Self, cast

from isolation.mocks._attributes import CONFIGURED, Attributes
from isolation.mocks._calling import Awaited, AwaitMethod, Called
from isolation.mocks._configured import Configured
from isolation.mocks._functions import is_coroutine_function
from isolation.mocks._magics import SUPPORTED, Magic
from isolation.mocks._matching import Matching
from isolation.mocks._members import Form
from isolation.mocks._recorded import Recorded, RecordedAwaits
from isolation.mocks._standard import COROUTINE_MARK
from isolation.mocks._state import State, change_class, change_member


class Shared(type):
    """The type of classes that many mocks share."""

    _isolation_is_private: bool

    def __setattr__(cls, name: str, value: object) -> None:
        """Refuse to change all mocks of a class, unless it belongs to one mock alone."""
        cls._isolation_refuse_if_shared(name)
        super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        """Refuse to change all mocks of a class, unless it belongs to one mock alone."""
        cls._isolation_refuse_if_shared(name)
        super().__delattr__(name)

    def _isolation_refuse_if_shared(cls, name: str) -> None:
        if not cls._isolation_is_private:
            raise TypeError(
                f"type(mock).{name} would change every mock of that class; "
                f"isolation.private_class(mock) gives one mock a class of its own"
            )


class Handle(Attributes, Configured, Matching, Recorded):
    """What all isolated mocks have in common."""

    __slots__ = ()
    _isolation_is_private: bool
    _isolation_class_magics: frozenset[str]

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Any:
        """Refuse: a mock without a ledger would have no state."""
        raise TypeError("isolated mocks are made by isolation.isolated_mock")

    def mock_add_spec(self, spec: object, spec_set: bool = False) -> None:  # noqa: FBT001, FBT002 - as in unittest.mock
        """Let the mock have the attributes of *spec* from now on, or those of a list of names."""
        member = self._isolation_member.template.specified(spec, is_set=spec_set)
        change_member(self, member)
        change_class(self, member.handle)
        for name in self._mock_children:
            if member.template.member(name) is None:
                del self.__dict__[name]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def _isolation_change_magics(self, magics: frozenset[str]) -> None:
        change_class(self, made_private(type(self), magics))


class CoroutineFunction(State):
    """What makes a mock a coroutine function for asyncio and inspect, if the real thing can be called at all."""

    __slots__ = ()

    __defaults__ = ()
    __kwdefaults__: dict[str, object] = {}  # noqa: RUF012 - as every function has

    @property
    def _is_coroutine(self) -> Any:
        return COROUTINE_MARK if is_coroutine_function(self._isolation_member) else None


_PARTS: Final[dict[Form, tuple[type, ...]]] = {
    Form.ASYNC: (Awaited, CoroutineFunction, RecordedAwaits, Handle),
    Form.ASYNC_MAGIC: (Awaited, CoroutineFunction, RecordedAwaits, Handle),
    Form.ASYNC_PLAIN: (Awaited, CoroutineFunction, RecordedAwaits, Handle),
    Form.AWAIT_METHOD: (AwaitMethod, CoroutineFunction, RecordedAwaits, Handle),
    Form.CALLED_ASYNC: (Called, CoroutineFunction, RecordedAwaits, Handle),
    Form.MAGIC: (Called, Handle),
    Form.PLAIN: (Called, Handle),
    Form.MAGIC_OBJECT: (Handle,),
    Form.PLAIN_OBJECT: (Handle,),
}

CONFIGURED.update(
    name for part in (CoroutineFunction, RecordedAwaits, Handle) for name in dir(part) if name != "__class__"
    if isinstance(getattr(part, name, None), property)
)  # fmt: skip


@cache
def shared_class(form: Form, magics: frozenset[str] = frozenset(), bases: tuple[type, ...] = ()) -> type[Any]:
    """Return the class of all mocks of *form* that have the special methods *magics*."""
    return _made(form, magics, bases, is_private=False)


def made_private(cls: Any, magics: frozenset[str]) -> type[Any]:
    """Return a class for one mock of *cls* that has the special methods *magics*."""
    form, bases = cls._isolation_origin
    return _made(form, magics, bases, is_private=True)


def own_class(handle: Any) -> type[Any]:
    """Return the class of *handle*, which is no other mock's class from now on."""
    cls = cast("Any", type(handle))
    if not cls._isolation_is_private:
        cls = made_private(cls, cls._isolation_class_magics)
        change_class(handle, cls)
    return cls  # type: ignore[no-any-return]


def _made(form: Form, magics: frozenset[str], bases: tuple[type, ...], *, is_private: bool) -> type[Any]:
    names: dict[str, Any] = {name: Magic(name) for name in magics & SUPPORTED}
    if "__hash__" not in names:
        names["__hash__"] = object.__hash__  # lest the interpreter takes it away where there is an __eq__
    names |= {
        "__slots__": (),
        "__module__": __name__,
        "_isolation_class_magics": magics,
        "_isolation_is_private": is_private,
        "_isolation_origin": (form, bases),
    }
    made: Any = _metaclass_for(bases)(form.value.__name__, (*_PARTS[form], form.value, *bases), names)
    return made  # type: ignore[no-any-return]


@cache
def _metaclass_for(bases: tuple[type, ...]) -> Any:
    """Return a metaclass that goes with those of *bases*."""
    others = dict.fromkeys(type(base) for base in bases if type(base) is not type)
    return type("Shared", (Shared, *others), {}) if others else Shared
