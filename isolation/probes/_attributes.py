"""Names of one module of the standard library, compared by identity, all at once."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import is_, itemgetter
from typing import Any, cast

from isolation._changes import ABSENT, Change
from isolation._findings import Severity
from isolation._natures import is_module, module_namespace


class Unknown(Enum):
    """Stands for what a name held before its module was imported, if that is not known."""

    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One name of a module.

    Attributes:
        name: The name.
        place: How its user would read it, if not by that name.
        kind: What kind of place it is.
        severity: How bad it is when it is left changed.
        first: How bad it is when it is left changed from its initial value: most often it was only used.
        initial: What it holds as soon as its module is imported, if that is always the same.
        detail: What a change means.
        hint: What to do about it.
    """

    name: str
    place: str = ""
    kind: str
    severity: Severity = "error"
    first: Severity | None = None
    initial: object = Unknown.UNKNOWN
    detail: str = ""
    hint: str = ""


class Attributes:
    """Compares *attributes* of *module*, once that is imported.

    Args:
        probe: Whose changes these are.
        module: The name of the module.
        attributes: What to compare, two at least.
        settled: From a name and what is there to what stands for it in comparisons: one for all that mean the same.
    """

    def __init__(
        self,
        probe: str,
        module: str,
        attributes: Sequence[Attribute],
        *,
        settled: Callable[[str, object], object] = lambda _, value: value,
    ) -> None:
        self._probe = probe
        self._module = module
        self._attributes = attributes
        self._settled = settled
        self._names = [attribute.name for attribute in attributes]
        self._get = cast("Callable[[Mapping[str, object]], Sequence[object]]", itemgetter(*self._names))
        self._namespace: dict[str, Any] | None = None
        self._values: Sequence[object] = ()

    def start(self) -> None:
        """Take what is there now for the baseline."""
        module = sys.modules.get(self._module)
        self._namespace = module_namespace(module) if module is not None and is_module(module) else None
        if self._namespace is not None:
            self._values = self._read(self._namespace)

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make what is there now the baseline."""
        if self._namespace is None:
            if self._module not in sys.modules:
                return ()
            self._appear()
            if self._namespace is None:
                return ()
        now, before = self._read(self._namespace), self._values
        if all(map(is_, now, before)):
            return ()
        self._values = now
        triples = zip(self._attributes, before, now, strict=True)
        return [self._change(*triple) for triple in triples if self._differ(*triple)]

    def _appear(self) -> None:
        self.start()
        self._values = [
            now if attribute.initial is Unknown.UNKNOWN else attribute.initial
            for attribute, now in zip(self._attributes, self._values, strict=False)
        ]

    def _read(self, namespace: dict[str, Any]) -> Sequence[object]:
        try:
            return self._get(namespace)
        except KeyError:
            return [namespace.get(name, ABSENT) for name in self._names]

    def _differ(self, attribute: Attribute, before: object, after: object) -> bool:
        return self._settled(attribute.name, before) is not self._settled(attribute.name, after)

    def _change(self, attribute: Attribute, before: object, after: object) -> Change:
        place = attribute.place or f"{self._module}.{attribute.name}"
        return Change(
            probe=self._probe,
            kind=attribute.kind,
            place=place,
            unit=place,
            key=(self._probe, place),
            before=before,
            after=after,
            severity=(before is attribute.initial and attribute.first) or attribute.severity,
            put=lambda value: self._put(attribute.name, value),
            detail=attribute.detail,
            hint=attribute.hint,
        )

    def _put(self, name: str, value: object) -> str | None:
        namespace = self._namespace
        assert namespace is not None  # a change has been seen in it
        if value is ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = value
        index = self._names.index(name)
        self._values = [*self._values[:index], value, *self._values[index + 1 :]]
        return None
