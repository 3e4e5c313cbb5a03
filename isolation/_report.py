"""How findings are said: as records for machines, as lines for people."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isolation._findings import MOCKS, Finding
from isolation._origin import Origin, is_library, relative, resolve
from isolation._owners import Owner

Record = Mapping[str, Any]
SCHEMA = 1
_UNQUOTED = frozenset({"socket", "pipe", "descriptor"})
_BRIEF = 120
_FEW = 4
_MANY = 10


def finding_record(finding: Finding, *, restored: bool | None, excused: str | None, root: str) -> dict[str, Any]:
    """Return *finding* as plain data; the reference describes the keys."""
    owner = finding.owner
    return {
        "record": "finding",
        "test": owner.nodeid if owner is not None and owner.kind in ("test", "barrier") else None,
        "owner": _owner_record(owner),
        "probe": finding.probe,
        "kind": finding.kind,
        "severity": finding.severity,
        "name": finding.name,
        "place": finding.place or None,
        "unit": finding.unit or None,
        "detail": finding.detail,
        "hint": finding.hint,
        "fixture": finding.origin.fixture if finding.origin is not None else None,
        "origin": frames(finding.origin, root),
        "before": finding.before,
        "after": finding.after,
        "restored": restored,
        "excused": excused,
        "worker": None,
    }


def survivor_record(owner: Owner, *, name: str, registered_at: str, held_by: str) -> dict[str, Any]:
    """Return what *owner* has closed and somebody holds, as plain data; the reference describes the keys."""
    is_narrow = owner.scope == "function"
    return {
        "record": "survivor",
        "test": owner.nodeid if is_narrow else None,
        "owner": _owner_record(owner),
        "name": name,
        "registered_at": registered_at,
        "held_by": held_by,
        "worker": None,
    }


def _owner_record(owner: Owner | None) -> dict[str, str] | None:
    if owner is None:
        return None
    return {"kind": owner.kind, "name": owner.name, "nodeid": owner.nodeid, "scope": owner.scope}


def frames(origin: Origin | None, root: str) -> list[dict[str, Any]]:
    """Return where *origin* says a thing was made, innermost first, without libraries unless there is nothing else."""
    if origin is None:
        return []
    own = [frame for frame in origin.frames if not is_library(frame[0].co_filename)]
    places = [resolve(code, lasti) for code, lasti in own or origin.frames]
    return [
        {"file": relative(place.file, root), "line": place.line, "function": place.function, "source": place.source}
        for place in places
    ]


def line(record: Record) -> str:
    """Return one line that says what *record* is about, and where it was made."""
    if is_mocked(record):
        return str(record["detail"])
    return _changed_line(record) if is_changed(record) else _left_line(record)


def is_changed(record: Record) -> bool:
    """Tell whether *record* is about state that was changed, not about a thing that was left alive."""
    return record["unit"] is not None


def is_mocked(record: Record) -> bool:
    """Tell whether *record* is about a mock, not about what was left."""
    return bool(record["probe"] == MOCKS)


def _changed_line(record: Record) -> str:
    said = f"{record['place']}: {record['before']} -> {record['after']}"
    said += f", {record['detail']}" if record["detail"] else ""
    return f"{said}; {record['hint']}" if record["hint"] else said


def _left_line(record: Record) -> str:
    name = record["name"]
    parts = [record["kind"].replace("_", " ")]
    if name:
        parts.append(name if record["kind"] in _UNQUOTED else repr(_brief(name)))
    said = " ".join(parts)
    detail = record["detail"]
    said += f" {detail}" if detail else ""
    if record["before"] is not None or record["after"] is not None:
        said += f": {record['before']} -> {record['after']}"
    said += _creation(record)
    return f"{said}; {record['hint']}" if record["hint"] else said


def _creation(record: Record) -> str:
    made = record["origin"]
    said = f", created at {_place(made[0])}" if made else ""
    if record["fixture"] is not None and _is_narrow(record):
        said += f", while setting up fixture {record['fixture']!r}"
    return said


def _is_narrow(record: Record) -> bool:
    return record["owner"] is None or record["owner"]["kind"] != "fixture"


def _place(frame: Mapping[str, Any]) -> str:
    return f"{frame['file']}:{frame['line']} in {frame['function']}"


def _brief(text: str) -> str:
    return text if len(text) <= _BRIEF else text[: _BRIEF - 3] + "..."


def stack(record: Record) -> Sequence[str]:
    """Return the lines of code that led to the creation, outermost first, aligned; empty if one line says it all."""
    made = list(reversed(record["origin"]))
    if len(made) <= 1:
        return ()
    places = [_place(frame) for frame in made]
    width = max(map(len, places))
    return [f"{place:<{width}}  {frame['source']}".rstrip() for place, frame in zip(places, made, strict=True)]


def title(record: Record) -> str:
    """Return whose *record* is, as a heading."""
    owner = record["owner"]
    if owner is None:
        return "the whole run" if is_mocked(record) else "somebody"
    if owner["kind"] == "fixture":
        where = f" of {owner['nodeid']}" if owner["nodeid"] else ""
        return f"fixture {owner['name']!r} (scope={owner['scope']}){where}"
    return str(owner["nodeid"] or owner["name"])


def groups(records: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return *records* by whose they are, in the order of first appearance."""
    grouped: dict[str, list[Record]] = {}
    for record in records:
        grouped.setdefault(title(record), []).append(record)
    return grouped


def leak_message(records: Sequence[Record], advice: str | None = None) -> str:
    """Return what an error because of *records* says; *advice* is by default that for a test."""
    said: list[str] = []
    for whose, group in groups(records).items():
        left, changed = _parted(group)
        if left:
            said.append(f"{whose} left {_counted(left, 'thing')} behind")
        for record in left:
            said.append(f"  {line(record)}")
            said.extend(f"    {row}" for row in stack(record))
        if changed:
            said.append(f"{whose} left {_counted(changed, 'place')} changed")
        said.extend(f"  {line(record)}" for record in _shown(changed))
        said.extend(f"  {more}" for more in _not_shown(changed))
    said.append(advice or _advice(records))
    return "\n".join(said)


def _parted(records: Iterable[Record]) -> tuple[Sequence[Record], Sequence[Record]]:
    """Return which of *records* are about what was left alive, and which about what was changed."""
    left: list[Record] = []
    changed: list[Record] = []
    for record in records:
        (changed if is_changed(record) else left).append(record)
    return left, changed


def _counted(things: Sequence[object], noun: str) -> str:
    return f"1 {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _advice(records: Sequence[Record]) -> str:
    left, changed = _parted(records)
    verb = "put them back" if not left else "close or put them back" if changed else "close them"
    of_tests = [record for record in records if _is_narrow(record)]
    if not of_tests:
        return f"{verb} in its teardown, or excuse them in isolation_allow"
    probes = ", ".join(f'"{probe}"' for probe in dict.fromkeys(record["probe"] for record in of_tests))
    return f'{verb} in a teardown, or mark the test with @pytest.mark.isolation_allow({probes}, reason="...")'


def section(records: Sequence[Record], tests: int = 0) -> Sequence[str]:
    """Return the lines of the terminal summary for *records*, without its closing line.

    A place that several owners have changed stands where the first did.

    Args:
        records: What was found, in the order in which it came.
        tests: How many tests there were; 0 if that does not matter.
    """
    units = _by_unit(records)
    firsts = [record for record in records if not is_changed(record) or units[_unit(record)][0] is record]
    said: list[str] = []
    for whose, group in groups(firsts).items():
        left, changed = _parted(record for record in group if not is_mocked(record))
        mocked = [f"  {line(record)}" for record in group if is_mocked(record)]
        said.extend([f"{whose} mocked", *mocked] if mocked else [])
        if left:
            said.append(f"{whose} left")
        said.extend(f"  {line(record)}" for record in left)
        if changed:
            said.append(f"{whose} changed")
        for record in _shown(changed):
            said.append(f"  {line(record)}")
            said.extend(f"    {more}" for more in _others(units[_unit(record)], tests))
        said.extend(f"  {more}" for more in _not_shown(changed))
    return said


def _shown(changed: Sequence[Record]) -> Sequence[Record]:
    """Return the first few of *changed* of each probe: who clears the environment changes all of it."""
    counts: Counter[str] = Counter()
    kept: list[Record] = []
    for record in changed:
        counts[record["probe"]] += 1
        if counts[record["probe"]] <= _MANY:
            kept.append(record)
    return kept


def _not_shown(changed: Sequence[Record]) -> Iterable[str]:
    for probe, count in Counter(record["probe"] for record in changed).items():
        if count > _MANY:
            yield f"and {count - _MANY} more places of probe {probe!r}, which a report file lists"


def distinct(records: Iterable[Record]) -> Sequence[Record]:
    """Return *records* without those of places that were changed before: a place counts once."""
    seen: set[tuple[str, str]] = set()
    kept: list[Record] = []
    for record in records:
        if not is_changed(record):
            kept.append(record)
        elif _unit(record) not in seen:
            seen.add(_unit(record))
            kept.append(record)
    return kept


def _unit(record: Record) -> tuple[str, str]:
    return record["probe"], record["unit"]


def _by_unit(records: Iterable[Record]) -> Mapping[tuple[str, str], Sequence[Record]]:
    units: dict[tuple[str, str], list[Record]] = {}
    for record in filter(is_changed, records):
        units.setdefault(_unit(record), []).append(record)
    return units


def _others(changes: Sequence[Record], tests: int) -> Iterable[str]:
    """Yield who else has changed the place of *changes*, and what to do if that is meant."""
    owners = list(dict.fromkeys(title(record) for record in changes))
    others = owners[1:]
    if len(others) == 1:
        yield f"so does {others[0]}"
    elif others:
        yield f"so do {len(others)} more, the last of them {others[-1]}"
    if len(owners) >= _FEW and len(owners) > tests / 4:
        first = changes[0]
        yield f"shared state by design? then excuse it: isolation_allow = {first['probe']}: {first['unit']} = path"


def survivor_section(records: Sequence[Record]) -> Sequence[str]:
    """Return the lines of the terminal summary for *records* of survivors."""
    said: list[str] = []
    for whose, group in groups(records).items():
        said.append(f"{whose} closed, but somebody still references")
        said.extend(
            f"  {record['name']}, registered at {record['registered_at']}, held by {record['held_by']}"
            for record in group
        )
    return said


def jsonl(records: Iterable[Record]) -> str:
    """Return *records* as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
