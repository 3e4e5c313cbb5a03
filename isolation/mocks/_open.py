"""Open mocks: nothing is known of them, they take everything, as in the standard library."""

from collections.abc import Iterable
from functools import cache

from isolation.mocks._handles import shared_class
from isolation.mocks._magics import CONVERTED, SPECIAL
from isolation.mocks._members import Form, Member
from isolation.mocks._standard import ALL_MAGICS, ASYNC_MAGICS, DEFAULT_MAGICS

_MAGIC_FORMS = frozenset({Form.ASYNC, Form.MAGIC, Form.MAGIC_OBJECT})
_CALLABLE = {Form.MAGIC_OBJECT: Form.MAGIC, Form.PLAIN_OBJECT: Form.PLAIN}
_TYPOS = ("assert", "assret", "asert", "aseert", "assrt")


class Open:
    """What the attributes of open mocks of one form are made from."""

    cls: None = None
    names: Iterable[str] = ()

    def __init__(self, form: Form) -> None:
        self.form = form
        self.title = form.value.__name__

    def member(self, name: str) -> Member | None:
        """Return what the attribute *name* is made from."""
        if name in ALL_MAGICS:
            return special_member(name) if name in self._magics else None
        if name.startswith(_TYPOS) or (name.startswith("__") and name.endswith("__")):
            return None
        return open_member(_CALLABLE.get(self.form, self.form))

    @property
    def _magics(self) -> frozenset[str]:
        return magics_of(self.form)

    def takes(self, _name: str) -> bool:
        """Tell that any attribute may be set."""
        return True

    def given(self, _member: Member) -> Member:
        """Return what the results of open mocks are made from."""
        return open_member(_CALLABLE.get(self.form, self.form))


def magics_of(form: Form) -> frozenset[str]:
    """Return the special methods that open mocks of *form* have from the start."""
    return DEFAULT_MAGICS if form in _MAGIC_FORMS else frozenset[str]()


@cache
def open_member(form: Form) -> Member:
    """Return what open mocks of *form* are made from."""
    return Member(form, Open(form), shared_class(form, magics_of(form)))


@cache
def special_member(name: str) -> Member:
    """Return what the special method *name* of open mocks is made from."""
    own = Form.ASYNC if name in ASYNC_MAGICS else Form.MAGIC
    return Member(
        own,
        Open(own),
        shared_class(own, DEFAULT_MAGICS),
        special=SPECIAL.get(name),
        convert=CONVERTED.get(name),
        needs_owner=name in SPECIAL,
    )
