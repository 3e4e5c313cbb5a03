"""What mocks of a class are stamped from: made once for each class, and collected with it."""

from collections.abc import Callable, Iterable
from functools import partial
from inspect import Signature
from typing import Final
from weakref import ref

from isolation.mocks._facts import UNKNOWN, ClassFacts, Fresh, Itself, Kind, MemberFacts, Nested, Result
from isolation.mocks._handles import shared_class
from isolation.mocks._magics import CONVERTED, SPECIAL, SPECIAL_OF_CLASSES, SUPPORTED, Special, async_iterable, entered
from isolation.mocks._members import Form, Member
from isolation.mocks._messages import UnknownAttributeError
from isolation.mocks._open import open_result, spec_of, specified_member
from isolation.mocks._standard import TYPING_ERRORS
from isolation.mocks.inspection import describe_class, describe_member, signature_of
from isolation.mocks.inspection._defaults import EMPTY_ASYNC_ITERATOR
from isolation.mocks.inspection._lookup import Standing

_KEPT_FROM_MOCKS: Final = frozenset(
    {"__repr__", "__dir__", "__hash__", "__format__", "__copy__", "__deepcopy__", "__call__"}
)
_FORMS: Final = {Kind.ASYNC: Form.ASYNC, Kind.SYNC: Form.MAGIC, Kind.CLASS: Form.MAGIC, Kind.VALUE: Form.MAGIC}


class Blueprint:
    """What is known of a class, and of each member that some mock of it has used.

    It refers to the class by weak reference only: it is kept for as long as the class lives, and must not prolong that.

    Attributes:
        facts: What is known of the class as a whole.
        root: What mocks of the class themselves are made from.
        is_plain: Whether results are those of the standard library.
    """

    def __init__(
        self,
        reference: "ref[type]",
        facts: ClassFacts,
        overrides: tuple[tuple[str, MemberFacts], ...],
        *,
        is_plain: bool,
    ) -> None:
        self.reference = reference
        self.facts = facts
        self.is_plain = is_plain
        self.title = facts.name.rpartition(".")[2]
        self._overrides = dict(overrides)
        self._members: dict[str, tuple[Standing, Member | None]] = {}
        self._methods = Methods(self)
        self.magics = (facts.magics | {name for name in self._overrides if name in SUPPORTED}) - _KEPT_FROM_MOCKS
        self.root = self._root()

    def _root(self) -> Member:
        call = self._facts_of("__call__") if self.facts.is_callable else None
        form = Form.CALLED_ASYNC if call is not None and call.kind is Kind.SYNC else Form.ASYNC
        handle = shared_class(form, self.magics, self.facts.bases)
        if call is None:
            return Member(form, self, handle, is_callable=False)
        return Member(
            form,
            self,
            handle,
            check=call.check,
            is_bound=call.is_bound,
            make=self._make(call),
            result=call.result,
        )

    @property
    def cls(self) -> type | None:
        """The class; None if nobody has it any more."""
        return self.reference()

    is_set = True
    signature = None

    @property
    def names(self) -> Iterable[str]:
        """The attributes of instances."""
        return self.facts.names

    def refusal(self, name: str, /) -> AttributeError:
        """Return what the interpreter would raise."""
        return UnknownAttributeError(self.title, name, self.names)

    def takes(self, name: str, /) -> bool:
        """Tell whether instances have an attribute *name*."""
        return name in self.facts.names or name in self._overrides

    def member(self, name: str, /) -> Member | None:
        """Return what the attribute *name* is made from; None if instances have none."""
        cls = self.reference()
        known = self._members.get(name)
        if known is not None and known[0].is_still_in(cls, name):
            return known[1]
        # Not known, or a test has put something else there since: what is found out of that must not stay.
        facts = self._facts_of(name)
        made = None if facts is None else self.made_from(facts)
        if facts is None or facts.is_certain:
            self._members[name] = Standing(cls, name), made
        return made

    def _facts_of(self, name: str) -> MemberFacts | None:
        cls = self.cls
        if name.startswith(TYPING_ERRORS) and not self.takes(name):
            return None  # not even if the class has a __getattr__, which may take every name
        return self._overrides.get(name) or (None if cls is None else describe_member(cls, name))

    def made_from(self, facts: MemberFacts) -> Member:
        """Return what mocks of a member are made from of which *facts* are known."""
        if facts.kind is Kind.VALUE:
            return self._value(facts)
        form = Form.AWAIT_METHOD if facts.name == "__await__" else _FORMS[facts.kind]
        special = self._special(facts)
        return Member(
            form,
            self._methods,
            shared_class(form),
            name=facts.name,
            check=facts.check,
            is_bound=facts.is_bound,
            make=None if special else self._make(facts),
            result=UNKNOWN if self.is_plain else facts.result,
            special=special,
            convert=async_iterable if facts.result is EMPTY_ASYNC_ITERATOR else CONVERTED.get(facts.name),
            needs_owner=special is not None or isinstance(facts.result, Itself),
            signature=partial(self._signature_of, facts.name),
        )

    def _signature_of(self, name: str) -> Signature | None:
        cls = self.cls
        return None if cls is None else signature_of(cls, name)

    def _special(self, facts: MemberFacts) -> Special | None:
        name = facts.name
        if name == "__await__" and not self.is_plain and self._is_entered_for(facts.result):
            return entered
        found = SPECIAL_OF_CLASSES.get(name)
        return found or (SPECIAL.get(name) if facts.result is UNKNOWN or self.is_plain else None)

    def _is_entered_for(self, result: Result) -> bool:
        """Tell whether entering gives the same as awaiting: a connection, say, however it is got from a pool."""
        facts = self._facts_of("__aenter__")
        return isinstance(result, Nested) and facts is not None and facts.result == result

    def _make(self, facts: MemberFacts) -> Callable[[], object] | None:
        return facts.result.make if isinstance(facts.result, Fresh) and not self.is_plain else None

    def _value(self, facts: MemberFacts) -> Member:
        member = Member(Form.MAGIC, self._methods, object, result=facts.result)
        given = self.given(member)
        return Member(
            given.form,
            given.template,
            given.handle,
            make=self._make(facts),
            result=facts.result,
            is_value=True,
            is_callable=given.is_callable,
        )

    def specified(self, spec: object, *, is_set: bool) -> Member:
        """Return what a mock is made from when it gets another *spec*."""
        return specified_member(Form.ASYNC, spec_of(spec, is_set=is_set))

    def given(self, member: Member, /) -> Member:
        """Return what the results of *member* are made from."""
        result = member.result
        cls = result.cls() if isinstance(result, Nested) else None
        if cls is None or self.is_plain:
            return open_result(member.form)
        return blueprint_of(cls, result.members).root  # type: ignore[union-attr]


class Methods:
    """What the attributes of a method are made from: it has none but those of a mock."""

    cls = None
    is_set = True
    signature = None
    names: Iterable[str] = ()
    title = "method"

    def __init__(self, blueprint: Blueprint) -> None:
        self.given = blueprint.given
        self.specified = blueprint.specified

    def refusal(self, name: str, /) -> AttributeError:
        """Return what the interpreter would raise."""
        return UnknownAttributeError(self.title, name, ())

    def member(self, _name: str, /) -> None:
        """Return nothing, for a method has no attributes."""

    def takes(self, _name: str, /) -> bool:
        """Tell that no attribute may be set."""
        return False


ROOTS: Final[dict[int, Member]] = {}
"""What the mocks of classes are made from, by the class's identity; what a mock is made from most often."""
_blueprints: Final[dict[tuple[int, object, bool], Blueprint]] = {}


def blueprint_of(cls: type, members: tuple[tuple[str, MemberFacts], ...] = (), *, is_plain: bool = False) -> Blueprint:
    """Return the blueprint of *cls*, made at first use."""
    key = (id(cls), members, is_plain)
    found = _blueprints.get(key)
    if found is not None:
        return found

    def forget(_reference: object) -> None:
        _blueprints.pop(key, None)
        ROOTS.pop(key[0], None)

    found = _blueprints.setdefault(key, Blueprint(ref(cls, forget), describe_class(cls), members, is_plain=is_plain))
    if not members and not is_plain:
        ROOTS[key[0]] = found.root
    return found
