"""The loggers of this process and what is set for each: the more of them there are, the cheaper each has to be."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import is_, itemgetter
from typing import Any, NamedTuple

from isolation._changes import Change
from isolation._compatibility_state import LevelMark, is_capture_handler, is_handler_of_pytest
from isolation._findings import Severity
from isolation._natures import instance_namespace, is_kind_of
from isolation.probes._lists import as_list, same_items

FEW = 5
"""So many loggers that changed alike are one change each; more are one, as when a configuration disables them all."""

TURN = 20
"""Of so many loggers that nobody has touched the handlers are compared at each look."""

_FIELDS = ("level", "handlers", "filters", "propagate", "disabled")
_LISTS = frozenset({"handlers", "filters"})
_fields: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*_FIELDS)
_handlers: Callable[[Mapping[str, Any]], Any] = itemgetter("handlers")
_propagate: Callable[[Mapping[str, Any]], Any] = itemgetter("propagate")
_disabled: Callable[[Mapping[str, Any]], Any] = itemgetter("disabled")
_set_level, _level_name = logging.Logger.setLevel, logging.getLevelName


class Watched(NamedTuple):
    """One logger: its attributes, the fields of them that are compared, and what was in its two lists."""

    logger: logging.Logger
    namespace: dict[str, Any]
    fields: tuple[Any, ...]
    handlers: Sequence[object]
    filters: Sequence[object]

    def is_untouched(self) -> bool:
        """Tell whether the logger is as it was made."""
        level, handlers, filters, propagate, disabled = self.fields
        return level == logging.NOTSET and handlers == [] == filters and propagate is True and disabled is False

    def value(self, field: str) -> object:
        """Return what *field* held, as it is shown and compared."""
        value = self.fields[_FIELDS.index(field)]
        if field == "level":
            return _named(value)
        if field not in _LISTS or as_list(value) is None:
            return value
        items = self.handlers if field == "handlers" else self.filters
        return [each for each in items if not is_handler_of_pytest(each)]


class Difference(NamedTuple):
    """What one field of one logger holds otherwise."""

    was: Watched
    field: str
    before: object
    after: object


class LoggingTree:
    """Compares all loggers.

    Most loggers are as they were made: without a level, handlers and filters, not disabled, and propagating; that they
    still are is seen without looking at each field of each.  When anything differs, all fields of all are compared.
    """

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._root = logging.root
        self._registry: dict[str, Any] = self._root.manager.loggerDict
        self._mark = LevelMark(self._root)
        self._watched: dict[int, Watched] = {}
        self._turn = 0
        self.start()

    def start(self) -> None:
        """Take what is set now for the baseline."""
        self._entries = dict(self._registry)
        self._loggers: list[object] = [*self._entries.values()]
        found = map(self._watch, [self._root, *self._loggers])
        self._watched = {id(each.logger): each for each in found if each is not None}
        watched = self._watched.values()
        quiet = [each for each in watched if each.is_untouched()]
        self._quiet = [each.namespace for each in quiet]
        self._quiet_handlers = [each.fields[1] for each in quiet]
        self._touched = [(each.namespace, each.fields) for each in watched if not each.is_untouched()]
        lists = [items for each in watched for items in map(as_list, each.fields[1:3]) if items is not None]
        self._empty = [items for items in lists if not items]
        self._filled = [(items, list(items)) for items in lists if items]
        self._mark.set()

    def differs(self) -> bool:
        """Tell whether anything may be different."""
        # Where `==` compares lists and fields, it takes what is the same object for equal: here it nearly always is.
        return (
            self._mark.is_gone()
            or any(self._empty)
            or any(map(_disabled, self._quiet))
            or not all(map(_propagate, self._quiet))
            or [*self._registry.values()] != self._loggers
            or any(_fields(namespace) != fields for namespace, fields in self._touched)
            or not all(len(now) == len(items) and all(map(is_, now, items)) for now, items in self._filled)
            or self._next_differs()
        )

    def _next_differs(self) -> bool:
        # That somebody puts another list in the place of an empty one is rare; it is looked for in turns.
        start = self._turn if self._turn < len(self._quiet) else 0
        self._turn = start + TURN
        turn = slice(start, self._turn)
        return [*map(_handlers, self._quiet[turn])] != self._quiet_handlers[turn]

    def look(self) -> Sequence[Change]:
        """Return what differs from the baseline, and make the present settings the baseline."""
        entries, watched = self._entries, self._watched
        self.start()
        pairs = [(was, self._watched[number]) for number, was in watched.items() if number in self._watched]
        # Tuples of lists that are the same objects and of numbers: no code of handlers runs.
        differences = _differences(pair for pair in pairs if pair[0][2:] != pair[1][2:])
        new = _differences((_as_made(now), now) for number, now in self._watched.items() if number not in watched)
        silent = [replace(change, is_silent=True) for change in self._changes(new)]
        return [*self._missing(entries), *self._changes(differences), *silent]

    def _watch(self, logger: Any) -> Watched | None:  # noqa: ANN401 - of any class, or in the place of a logger
        known = self._watched.get(id(logger))
        namespace = known.namespace if known is not None else _namespace_of(logger)
        if namespace is None:
            return None
        fields = _fields(namespace)
        handlers, filters = fields[1:3]
        if known is not None and logger is self._root and any(map(_lowers_level, as_list(handlers) or ())):
            fields = (known.fields[0], *fields[1:])
        return Watched(logger, namespace, fields, list(as_list(handlers) or ()), list(as_list(filters) or ()))

    def _missing(self, before: Mapping[str, object]) -> Sequence[Change]:
        gone = {name: each for name, each in before.items() if self._registry.get(name) is not each}
        olds = {name: each for name, each in gone.items() if _namespace_of(each) is not None}
        if not olds:
            return ()
        news = {name: self._registry[name] for name in olds if name in self._registry}
        return [self._change("logging.root.manager.loggerDict", olds, news, self._put_loggers)]

    def _put_loggers(self, loggers: Any) -> str | None:  # noqa: ANN401 - names and loggers
        self._registry.update(loggers)
        self.start()
        return None

    def _changes(self, differences: Sequence[Difference]) -> Sequence[Change]:
        alike: dict[object, list[Difference]] = {}
        for each in differences:
            values = id(each.was.logger) if each.field in _LISTS else (each.before, each.after)
            alike.setdefault((each.field, values), []).append(each)
        groups = [[each] for group in alike.values() if len(group) <= FEW for each in group]
        return [self._of_loggers(group) for group in (*groups, *(each for each in alike.values() if len(each) > FEW))]

    def _of_loggers(self, group: Sequence[Difference]) -> Change:
        names = [each.was.logger.name for each in group]
        first, *others = group
        quoted = "" if first.was.logger is self._root else repr(names[0])
        return self._change(
            f"logging.getLogger({'*' if others else quoted}).{first.field}",
            first.before,
            first.after,
            lambda value: self._put_fields(group, value),
            name="" if others else names[0],
            detail=f"of {len(group)} loggers: {', '.join(sorted(names)[:3])}, ..." if others else "",
        )

    def _put_fields(self, group: Sequence[Difference], value: Any) -> str | None:  # noqa: ANN401 - of any field
        for was, field, _, _ in group:
            if field == "level":
                _set_level(was.logger, value)
            elif field in _LISTS:
                self._put_list(was, field, value)
            else:
                was.namespace[field] = value
        self.start()
        return None

    def _put_list(self, was: Watched, field: str, items: Sequence[object]) -> None:
        holder = was.fields[_FIELDS.index(field)]
        now = as_list(was.namespace[field]) or ()
        # The handlers of pytest come and go with the phases; nothing is closed.
        holder[:] = [*items, *(each for each in now if is_handler_of_pytest(each))]
        was.namespace[field] = holder

    def _change(
        self,
        place: str,
        before: object,
        after: object,
        put: Callable[[object], str | None],
        *,
        name: str = "",
        detail: str = "",
    ) -> Change:
        return Change(
            probe=self._probe,
            kind="logging",
            name=name,
            place=place,
            unit=place,
            key=(self._probe, place, detail),
            before=before,
            after=after,
            severity=_severity(before, after),
            put=put,
            is_same=is_same,
            detail=detail,
        )


def is_same(one: object, other: object) -> bool:
    """Tell whether two values of a field are the same."""
    if as_list(one) is not None:
        return same_items(one, other)
    return one is other or (type(one) is type(other) and type(one) in (int, str) and one == other)


def _differences(pairs: Iterable[tuple[Watched, Watched]]) -> Sequence[Difference]:
    return [
        Difference(was, field, was.value(field), now.value(field))
        for was, now in pairs
        for field in _FIELDS
        if not is_same(was.value(field), now.value(field))
    ]


def _as_made(new: Watched) -> Watched:
    """Return what the logger *new* was before anybody set anything: what it is compared with if that is undone."""
    return new._replace(fields=(logging.NOTSET, *new.fields[1:3], True, False), handlers=(), filters=())


def _severity(before: object, after: object) -> Severity:
    # Who configures logging again in the same way gets other handlers that do the same.
    olds, news = as_list(before), as_list(after)
    return "note" if olds and news and [*map(type, olds)] == [*map(type, news)] else "warning"


def _namespace_of(entry: object) -> dict[str, Any] | None:
    namespace = instance_namespace(entry) if is_kind_of(type(entry), logging.Logger) else None
    return namespace if namespace is not None and namespace.keys() >= set(_FIELDS) else None


def _named(level: Any) -> Any:  # noqa: ANN401 - a number, or what somebody has put there
    name = _level_name(level) if type(level) is int else level
    return name if _level_name(name) == level else level


def _lowers_level(handler: object) -> bool:
    """Tell whether pytest captures through *handler* at a level that it has given to the root logger as well."""
    return is_capture_handler(handler) and (instance_namespace(handler) or {}).get("level") != logging.NOTSET
