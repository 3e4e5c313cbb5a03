"""How findings are said: as records for machines, as lines for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isolation._findings import Finding
from isolation._origin import Origin, is_library, relative, resolve
from isolation._owners import Owner

Record = Mapping[str, Any]
SCHEMA = 1
_UNQUOTED = frozenset({"socket", "pipe", "descriptor"})
_BRIEF = 120


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
        return "somebody"
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
        things = "1 thing" if len(group) == 1 else f"{len(group)} things"
        said.append(f"{whose} left {things} behind")
        for record in group:
            said.append(f"  {line(record)}")
            said.extend(f"    {row}" for row in stack(record))
    said.append(advice or _advice(records))
    return "\n".join(said)


def _advice(records: Sequence[Record]) -> str:
    of_tests = [record for record in records if _is_narrow(record)]
    if not of_tests:
        return "close them in its teardown, or excuse them in isolation_allow"
    probes = ", ".join(f'"{probe}"' for probe in dict.fromkeys(record["probe"] for record in of_tests))
    return f'close them in a teardown, or mark the test with @pytest.mark.isolation_allow({probes}, reason="...")'


def section(records: Sequence[Record]) -> Sequence[str]:
    """Return the lines of the terminal summary for *records*, without its closing line."""
    said: list[str] = []
    for whose, group in groups(records).items():
        said.append(f"{whose} left")
        said.extend(f"  {line(record)}" for record in group)
    return said


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
