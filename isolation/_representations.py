"""Short texts of any object, for reports: safe to make, since no code of the object runs, and safe to publish."""

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import takewhile
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, cast

from isolation import _natures
from isolation._changes import ABSENT
from isolation._natures import plain_type
from isolation._secrets import REDACTED, is_secret, is_secret_place, redact

LONGEST_TEXT = 60
MOST_ITEMS = 5

_Show = Callable[[Any], str]
_BRACKETS: Mapping[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    deque: ("deque([", "])"),
    dict: ("{", "}"),
    OrderedDict: ("OrderedDict({", "})"),
    defaultdict: ("defaultdict({", "})"),
    Counter: ("Counter({", "})"),
    MappingProxyType: ("mappingproxy({", "})"),
}
_MAPPINGS = (dict, OrderedDict, defaultdict, Counter, MappingProxyType)
_PLAIN: Sequence[type] = (type(None), bool, float, complex, range, type(Ellipsis), type(NotImplemented))
_PLAIN_COPIES: Mapping[type, Callable[[Any], object]] = {
    # The plain value in an object of a class that inherits from such a type and may override all it likes.
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
_LENGTHS: Mapping[type, Callable[[object], int]] = {
    base: vars(base)["__len__"] for base in (dict, list, tuple, set, frozenset, deque)
}
_STATE = "isolation.mocks._state.State"
_VALUES = {
    # Types of the standard library whose texts are short and made without asking anybody else.
    "datetime": ("date", "timedelta"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "pathlib": ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"),
    "uuid": ("UUID",),
}


def represent(value: object, *, name: str = "") -> str:
    """Return a short text of *value*, made without running any code of it.

    Args:
        value: Any object.
        name: The place that holds it: values under names of secrets are not shown.
    """
    return _hidden(value) if is_secret_place(name) else _shown(value, _counted)


def represent_difference(before: object, after: object, *, name: str = "") -> tuple[str, str]:
    """Return short texts of *before* and *after* which show where they differ, if they are too large to show whole.

    Args:
        before: What the place held.
        after: What it holds now.
        name: The place that holds it: values under names of secrets are not shown.
    """
    kind = plain_type(before)
    if kind is type(after) and kind in _BRACKETS and not is_secret_place(name):
        sizes = len(cast("Any", before)), len(cast("Any", after))
        if min(sizes) and max(sizes) > MOST_ITEMS:
            changes = list(_changed_items(before, after))
            if changes:
                return _elided(before), _limited(changes, ", ", len(changes))
    elif kind is str and type(after) is str and not is_secret_place(name):
        return _changed_texts(redact(cast("str", before)), redact(after))
    texts = represent(before, name=name), represent(after, name=name)
    return texts if texts[0] != texts[1] else (texts[0], f"another {texts[1]}")


def _shown(value: object, nested: _Show) -> str:
    kind = plain_type(value)
    if kind is str:
        return _cut(redact(cast("str", value)))
    if kind is int:
        return _number(cast("int", value))
    if kind in _PLAIN or value is ABSENT:
        return repr(value)
    if kind in (bytes, bytearray):
        return _cut_bytes(cast("bytes", value))
    if kind in _BRACKETS:
        return _container(value, nested)
    return _object(value)


def _hidden(value: object) -> str:
    # Whether a secret is set at all is worth knowing; a container of secrets shows how many.
    kind = plain_type(value)
    if kind in (type(None), bool) or value is ABSENT or (kind in (str, bytes) and not value):
        return repr(value)
    if kind in _BRACKETS:
        return _count(value)
    return REDACTED if kind in (str, bytes, bytearray, int, float) else _object(value)


def _number(value: int) -> str:
    # The text of a huge number takes quadratic time, and Python refuses it.
    return repr(value) if value.bit_length() < 256 else f"<int of {value.bit_length()} bits>"  # noqa: PLR2004


def _cut(text: str) -> str:
    return repr(text) if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 10]!r}… ({len(text)} characters)"


def _cut_bytes(data: bytes) -> str:
    if len(data) <= LONGEST_TEXT:
        return repr(data)
    return f"{data[: LONGEST_TEXT - 10]!r}… ({len(data)} bytes)"


def _counted(value: object) -> str:
    return _count(value) if plain_type(value) in _BRACKETS else _shown(value, _counted)


def _count(value: object) -> str:
    opening, closing = _BRACKETS[type(value)]
    number = len(cast("Any", value))
    return f"{opening}{_items(number) if number else ''}{closing}"


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"


def _elided(value: object) -> str:
    opening, closing = _BRACKETS[type(value)]
    return f"{opening}… {_items(len(cast('Any', value)))}{closing}"


def _container(value: object, nested: _Show) -> str:
    opening, closing = _BRACKETS[type(value)]
    if plain_type(value) in _MAPPINGS:
        pairs = list(cast("Mapping[object, object]", value).items())
        texts = [_pair(key, held, nested) for key, held in pairs[: MOST_ITEMS + 1]]
        return f"{opening}{_limited(texts, ', ', len(pairs))}{closing}"
    items, is_set = list(cast("Iterable[object]", value)), _is_set(value)
    texts = [nested(item) for item in (items if is_set else items[: MOST_ITEMS + 1])]
    text = _limited(sorted(texts) if is_set else texts, ", ", len(items))
    comma = "," if opening == "(" and len(items) == 1 else ""
    return f"{opening}{text}{comma}{closing}" if items or opening != "{" else "set()"


def _is_set(value: object) -> bool:
    return plain_type(value) in (set, frozenset)


def _pair(key: object, value: object, nested: _Show) -> str:
    return f"{_counted(key)}: {_item_of(key, value, nested)}"


def _item_of(key: object, value: object, show: _Show) -> str:
    return _hidden(value) if type(key) is str and is_secret(key) else show(value)


def _limited(texts: Sequence[str], separator: str, number: int) -> str:
    if number <= MOST_ITEMS:
        return separator.join(texts)
    return separator.join([*texts[:MOST_ITEMS], f"… {number - MOST_ITEMS} more"])


def _object(value: object) -> str:
    if _natures.is_mock(value):
        return _mock(value)
    if _natures.is_class(value):
        return f"<class {_natures.name_of(cast('type', value))}>"
    if _natures.is_module(value):
        return f"<module {_text_or(_natures.module_namespace(cast('ModuleType', value)).get('__name__'), '?')}>"
    show = _CALLABLES.get(plain_type(value))
    return f"<{show(value)}>" if show is not None else _instance(value)


def _text_or(value: object, default: str) -> str:
    return value if type(value) is str else default


def _function_name(function: FunctionType) -> str:
    module = _text_or(function.__module__, "")
    return f"{module}.{function.__qualname__}" if module else function.__qualname__


def _method(method: MethodType) -> str:
    function = method.__func__
    return f"method {_function_name(function)}" if type(function) is FunctionType else "method"


_CALLABLES: Mapping[type, _Show] = {
    FunctionType: lambda function: f"function {_function_name(function)}",
    MethodType: _method,
    BuiltinFunctionType: lambda function: f"built-in {function.__qualname__}",
}


def _mock(value: object) -> str:
    attributes = _natures.instance_namespace(value) or {}
    if type(value) is FunctionType:
        return f"<mock of function {_function_name(value)}>"
    name, spec = _isolated(value) or (attributes.get("_mock_name"), attributes.get("_spec_class"))
    words = [_natures.name_of(type(value)).rpartition(".")[2]]
    words += [f"name={name!r}"] if type(name) is str else []
    words += [f"spec={_natures.name_of(cast('type', spec))}"] if _natures.is_class(spec) else []
    return f"<{' '.join(words)}>"


def _isolated(value: object) -> tuple[str | None, type | None] | None:
    """Return the name of an isolated mock and the class that it stands for; None if *value* is none."""
    slots = next((base.__dict__ for base in _natures.bases_of(type(value)) if _natures.name_of(base) == _STATE), None)
    if slots is None:
        return None
    # It answers any attribute as it was told, so only what it has in its slots is its own.
    ledger, key, member = (slots[f"_isolation_{name}"].__get__(value) for name in ("ledger", "key", "member"))
    return str(key.text(ledger.name)) or None, member.template.cls


def _instance(value: object) -> str:
    kind = type(value)
    name = _natures.name_of(kind)
    if _natures.is_kind_of(kind, Enum):
        member = (_natures.instance_namespace(value) or {}).get("_name_")
        return f"<{name}.{_text_or(member, '?')}>"
    if _is_value_type(kind):
        return repr(value)
    for base, plain in _PLAIN_COPIES.items():
        if _natures.is_kind_of(kind, base):
            return f"<{name} {_shown(plain(value), _counted)}>"
    for base, length in _LENGTHS.items():
        if _natures.is_kind_of(kind, base):
            return f"<{name} object, {_items(length(value))}>"
    return f"<{name} object>"


def _is_value_type(kind: type) -> bool:
    module = sys.modules.get(_natures.module_of(kind).partition("._")[0])
    for module_name, names in _VALUES.items():
        if module is not None and module is sys.modules.get(module_name):
            return any(kind is _natures.module_namespace(module).get(name) for name in names)
    return False


def _changed_items(before: object, after: object) -> Iterable[str]:
    if plain_type(before) in (list, tuple, deque):
        return _changed_sequence(list(cast("Iterable[object]", before)), list(cast("Iterable[object]", after)))
    old, new = _indexed(before), _indexed(after)
    show = _shown_item if _is_set(before) else _shown_pair
    return [
        *(f"+ {show(key, value)}" for token, (key, value) in new.items() if token not in old),
        *(f"- {show(key, value)}" for token, (key, value) in old.items() if token not in new),
        *(
            f"{_counted(key)}: {_item_of(key, old[token][1], _counted)} -> {_item_of(key, value, _counted)}"
            for token, (key, value) in new.items()
            if token in old and not _is_same(old[token][1], value)
        ),
    ]


def _changed_sequence(old: Sequence[object], new: Sequence[object]) -> Iterable[str]:
    start = _same_items(old, new)
    behind = _same_items(old[: start - 1 if start else None : -1], new[: start - 1 if start else None : -1])
    gone, come = old[start : len(old) - behind], new[start : len(new) - behind]
    both = min(len(gone), len(come))
    changed = zip(gone[:both], come[:both], strict=True)
    yield from (f"[{start + i}]: {_counted(one)} -> {_counted(other)}" for i, (one, other) in enumerate(changed))
    yield from (f"+ [{start + both + i}]: {_counted(item)}" for i, item in enumerate(come[both:]))
    yield from (f"- [{start + both + i}]: {_counted(item)}" for i, item in enumerate(gone[both:]))


def _same_items(old: Iterable[object], new: Iterable[object]) -> int:
    return sum(1 for _ in takewhile(lambda pair: _is_same(*pair), zip(old, new, strict=False)))


def _shown_item(_: object, value: object) -> str:
    return _counted(value)


def _shown_pair(key: object, value: object) -> str:
    return _pair(key, value, _counted)


def _indexed(value: object) -> Mapping[object, tuple[object, object]]:
    if _is_set(value):
        return {_token(item): (item, item) for item in list(cast("Iterable[object]", value))}
    return {_token(key): (key, held) for key, held in list(cast("Mapping[object, object]", value).items())}


def _token(key: object) -> object:
    # A foreign key would be asked for its hash and compared.
    kind = plain_type(key)
    return (kind, key) if kind in (str, int, float, bool, bytes, type(None)) else id(key)


def _is_same(one: object, other: object) -> bool:
    return one is other or _token(one) == _token(other)


def _changed_texts(before: str, after: str) -> tuple[str, str]:
    if max(len(before), len(after)) <= LONGEST_TEXT:
        return repr(before), repr(after)
    same = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    start = max(0, (min(len(before), len(after)) if same is None else same) - 10)
    if start + 10 < LONGEST_TEXT - 10:
        return _cut(before), _cut(after)
    return f"…{_cut(before[start:])}", f"…{_cut(after[start:])}"
