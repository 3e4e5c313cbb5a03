"""What a change of the heap means: how often such a change broke another test decides how bad it is.

Measured over 60 public projects: of the keys added to containers every fifth broke a test, of the attributes that were
set for the first time every hundredth.  Caches and whatever else is made once, whoever comes first, are no finding.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, cast

from isolation import _natures
from isolation._changes import ABSENT
from isolation._findings import Severity
from isolation.probes._derived import ATTRIBUTES, DATA, comes_or_goes, is_derived, is_unset
from isolation.snapshots import HeapChange, Where, same_value

SEVERITIES: Mapping[str, Severity] = {
    "mock": "error",
    "stand_in": "warning",
    "context_variable": "error",
    "container_key": "warning",
    "container": "warning",
    "global": "warning",
    "fixture_value": "warning",
    "class_attribute": "note",
    "instance": "note",
    "initialisation": "note",
    "counter": "note",
    "subclass": "note",
    "import": "note",
}
_KINDS: Mapping[Where, str] = {
    "module": "global",
    "class": "class_attribute",
    "instance": "instance",
    "slots": "instance",
    "thread_local": "instance",
    "cell": "instance",
    "defaults": "instance",
    "context_variable": "context_variable",
    "lru_cache": "cache",
    "subclasses": "subclass",
}
_NAME = re.compile(r"\.([^.\[\]]+)")
_FLAG = re.compile(r"(?i)_*(is_|was_)?(initiali[sz]ed|init_done|ready|loaded|configured|set_?up|setup_done|started)")


class Verdict(NamedTuple):
    """What a change means.

    Attributes:
        kind: Its kind.
        severity: How bad it is, None if it is no finding.
        hint: What follows from it, for people.
        can_be_put: Whether it can be put back.
    """

    kind: str
    severity: Severity | None
    hint: str = ""
    can_be_put: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else is known when a change is judged.

    Attributes:
        root: The name of the module, or of another root, with which the path of the place begins.
        module: The module of that name, if it is one.
        is_in_tests: Whether the place is in a test module.
        is_in_fixture: Whether the place is in the value of a fixture.
        is_declared: Whether somebody has registered it as resettable.
        is_meant: Whether it may keep what tests make.
        is_of_others: Whether it belongs to a module that is not watched, too.
        was_initialised: Whether an earlier test has set it for the first time.
        imported: The modules that were imported since the last look.
        has_joined: Whether a watched module is among them.
        is_test_code: Tells whether a module is a test module.
    """

    root: str
    module: ModuleType | None = None
    is_in_tests: bool = False
    is_in_fixture: bool = False
    is_declared: bool = False
    is_meant: bool = False
    is_of_others: bool = False
    was_initialised: bool = False
    imported: Collection[str] = ()
    has_joined: bool = False
    is_test_code: Callable[[str], bool]


def judge(change: HeapChange, circumstances: Circumstances) -> Verdict:
    """Return what *change* means under *circumstances*."""
    return _stand_in(change, circumstances) or _harmless(change, circumstances) or _usual(change, circumstances)


def is_initialisation(change: HeapChange) -> bool:
    """Tell whether *change* sets an attribute that was not set before, or a flag that says so."""
    if change.where not in ATTRIBUTES and change.where != "cell":
        return False
    is_flag = change.before is False and change.after is True and _FLAG.fullmatch(change.name or "") is not None
    return is_flag or is_unset(change.before)


def is_attribute(change: HeapChange) -> bool:
    """Tell whether the place of *change* is an attribute."""
    return change.where in ATTRIBUTES


def names_in(unit: str, root: str) -> Sequence[str]:
    """Return the names of the attributes on the way from *root* to *unit*."""
    return _NAME.findall(unit.removeprefix(root))


# What is no finding when it comes is none when it goes, or else who puts it back would be blamed.
# Nothing here may compare, hash or ask what a change holds: only its type is read, and types are compared with `is`.


def _stand_in(change: HeapChange, circumstances: Circumstances) -> Verdict | None:
    # Tests hold fakes, and fixtures are made of them; in product code they are never meant to stay.
    if change.where not in ATTRIBUTES or circumstances.is_in_tests or circumstances.is_in_fixture:
        return None
    for value, severity in ((change.after, "error"), (change.before, "warning")):
        # What is taken out again is of the same kind: its owner put it in, or else somebody relies on it.
        if _natures.is_mock(value):
            return Verdict("mock", cast("Severity", severity))
        home = _home_of(value)
        if home is not None and circumstances.is_test_code(home):
            return Verdict("stand_in", "warning", f"defined in {home}" if value is change.after else "")
    return None


def _home_of(value: object) -> str | None:
    """Return the name of the module that defines *value* or its class."""
    kind = type(value)
    if kind is FunctionType:
        module: object = cast("FunctionType", value).__module__
        return module if type(module) is str else None
    if kind is MethodType or kind is staticmethod or kind is classmethod:
        return _home_of(cast("Any", value).__func__)
    return _natures.module_of(cast("type", value) if _natures.is_class(value) else kind)


def _harmless(change: HeapChange, circumstances: Circumstances) -> Verdict | None:
    if same_value(change.before, change.after):
        return Verdict("equal_value", None)
    if circumstances.is_meant:
        return Verdict("meant", None)
    if _came_with_import(change, circumstances.imported):
        return Verdict("import", None)
    if circumstances.is_in_tests and change.where == "class" and comes_or_goes(change):
        return Verdict("initialisation", None)  # what `setUpClass` gives to its tests
    names = names_in(change.unit, circumstances.root)
    is_cache = not circumstances.is_declared and is_derived(change, names, circumstances.module)
    return Verdict("cache", None) if is_cache else None


def _came_with_import(change: HeapChange, imported: Collection[str]) -> bool:
    if _natures.is_module(change.after) or _natures.is_module(change.before):
        return all(is_unset(value) or _natures.is_module(value) for value in (change.before, change.after))
    return bool(imported) and is_unset(change.before) and _home_of(change.after) in imported


def _usual(change: HeapChange, circumstances: Circumstances) -> Verdict:
    if circumstances.is_of_others:
        return Verdict("third_party", "note", "it belongs to a library, too", can_be_put=False)
    kind = _kind(change, circumstances)
    if circumstances.is_in_fixture and not _is_data((change.before, change.after)):
        # Clients and pools that several tests share open what they need when it is first needed.
        return Verdict(kind, "note")
    if circumstances.has_joined and _is_growth(change):
        # A module that registers itself does so once: without it, it would be missing from now on.
        return Verdict("import", "note", "may have come with an import, which happens once", can_be_put=False)
    if kind == "subclass":
        return Verdict(kind, "note", "its subclasses; a class stays until nobody holds it", can_be_put=False)
    matters = circumstances.is_declared or (circumstances.was_initialised and kind != "initialisation")
    severity = SEVERITIES[kind]
    return Verdict(kind, "warning" if matters and severity == "note" else severity)


def _kind(change: HeapChange, circumstances: Circumstances) -> str:
    if is_initialisation(change):
        return "initialisation"
    if _is_counted(change.before, change.after):
        return "counter"
    if change.where == "dict":
        return "container_key" if change.before is ABSENT else "container"
    kind = _KINDS.get(change.where, "container")
    return "fixture_value" if kind == "instance" and circumstances.is_in_fixture else kind


def _is_data(value: object, depth: int = 4) -> bool:
    """Tell whether *value* consists of plain data, as far as that can be seen."""
    kind = type(value)
    if not _natures.is_one_of(kind, DATA):
        return False
    if depth == 0 or not _natures.is_one_of(kind, (tuple, list, dict, set, frozenset)):
        return True
    held = cast("dict[object, object]", value).values() if kind is dict else cast("Iterable[object]", value)
    return all(_is_data(each, depth - 1) for each in list(held))


def _is_counted(before: object, after: object) -> bool:
    return type(before) is int and type(after) is int and after > before


def _is_growth(change: HeapChange) -> bool:
    if change.where in ("list", "deque", "set"):
        return _has_grown(change.before, change.after)
    return change.before is ABSENT or is_initialisation(change)


def _has_grown(before: object, after: object) -> bool:
    """Tell whether *after* has something that *before* has not, and still has all of that, by identity."""
    olds, news = (set(map(id, cast("Iterable[object]", each))) for each in (before, after))
    return olds < news
