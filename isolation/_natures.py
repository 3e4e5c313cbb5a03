"""What an object is, found out without running any code of it or of its class.

An object may answer `isinstance`, `repr` or an attribute with whatever it likes: a lazy proxy wakes up, a mock records
a call.  Its type, and what the interpreter itself stores about that type, can be read unnoticed.
"""

from collections.abc import Iterable, Sequence
from types import FunctionType, GetSetDescriptorType, ModuleType
from typing import Any, cast

_BASES: Any = type.__dict__["__mro__"]
_MODULE: Any = type.__dict__["__module__"]
_NAME: Any = type.__dict__["__qualname__"]
_CLASS_NAMESPACE: Any = type.__dict__["__dict__"]
_MODULE_NAMESPACE: Any = vars(ModuleType)["__dict__"]
_MOCKS = ("unittest.mock", "mock.mock", "mock")


def bases_of(cls: type) -> Sequence[type]:
    """Return *cls* and its bases in the order in which attributes are looked up."""
    return cast("Sequence[type]", _BASES.__get__(cls))


def class_namespace(cls: type) -> Any:  # noqa: ANN401 - a mapping proxy, whose values are of any type
    """Return what *cls* itself defines."""
    return _CLASS_NAMESPACE.__get__(cls)


def module_namespace(module: ModuleType) -> dict[str, Any]:
    """Return the names of *module*, which may be one that loads itself when it is used."""
    return cast("dict[str, Any]", _MODULE_NAMESPACE.__get__(module))


def instance_namespace(obj: object) -> dict[str, Any] | None:
    """Return the dictionary in which *obj* keeps its attributes, None if it has none of the usual kind."""
    for base in bases_of(type(obj)):
        descriptor = class_namespace(base).get("__dict__")
        if descriptor is not None:
            if type(descriptor) is not GetSetDescriptorType:
                return None
            namespace = descriptor.__get__(obj)
            return cast("dict[str, Any]", namespace) if type(namespace) is dict else None
    return None


def namespace(obj: object) -> Any:  # noqa: ANN401 - a mapping, whose values are of any type
    """Return the attributes that *obj*, a module, a class or an instance, has itself, as they are stored."""
    if is_module(obj):
        return module_namespace(cast("ModuleType", obj))
    return class_namespace(cast("type", obj)) if is_class(obj) else instance_namespace(obj) or {}


def module_of(cls: type) -> str:
    """Return the name of the module that says it has defined *cls*."""
    module = _MODULE.__get__(cls)
    return module if type(module) is str else ""


def name_of(cls: type) -> str:
    """Return the full name of *cls*, without the module if it is a builtin."""
    module = module_of(cls)
    name: str = _NAME.__get__(cls)
    return name if module in ("", "builtins") else f"{module}.{name}"


def is_kind_of(cls: type, base: type) -> bool:
    """Tell whether *cls* really inherits from *base*."""
    return any(each is base for each in bases_of(cls))


def is_one_of(cls: type, classes: Iterable[type]) -> bool:
    """Tell whether *cls* is one of *classes*; a metaclass may compare and hash its classes with code of its own."""
    return any(cls is each for each in classes)


def plain_type(obj: object) -> type:
    """Return the type of *obj*; `object` if its metaclass might compare and hash it with code of its own."""
    cls = type(obj)
    return cls if type(cls) is type else object


def is_class(obj: object) -> bool:
    """Tell whether *obj* really is a class."""
    return is_kind_of(type(obj), type)


def is_module(obj: object) -> bool:
    """Tell whether *obj* really is a module."""
    return is_kind_of(type(obj), ModuleType)


def is_mock(obj: object) -> bool:
    """Tell whether *obj* is a mock of `unittest.mock` or of the package of that name, or a function that is one."""
    cls = type(obj)
    if any(_NAME.__get__(base) == "NonCallableMock" and module_of(base) in _MOCKS for base in bases_of(cls)):
        return True
    return cls is FunctionType and is_mock(cast("FunctionType", obj).__dict__.get("mock"))
