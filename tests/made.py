"""Findings and records made by hand, for tests of those who read them."""

from collections.abc import Sequence
from types import CodeType
from typing import Any

from isolation._findings import Finding, Severity
from isolation._origin import Origin
from isolation._owners import Owner
from isolation._report import Record, finding_record

ROOT = "/srv/app"
SESSION = Owner("session", "session", scope="session")
TEST = Owner("test", "test_chat", "tests/test_chat.py::test_chat", "function", SESSION)
CLIENT = Owner("fixture", "client", TEST.nodeid, "function", TEST)
SERVER = Owner("fixture", "server", "tests/test_chat.py", "module", SESSION)


def frame(file: str, line: int, function: str) -> tuple[CodeType, int]:
    """Return a frame of an origin that shows *line* of *file* in *function*, which need not exist."""
    code = (lambda: None).__code__
    return code.replace(co_filename=file, co_firstlineno=line, co_name=function, co_qualname=function), 0


CONNECT = frame(f"{ROOT}/app/ws.py", 41, "connect")
IN_TEST = frame(f"{ROOT}/tests/test_chat.py", 9, "test_chat")


def finding(
    *,
    probe: str = "tasks",
    kind: str = "task",
    name: str = "heartbeat",
    owner: Owner | None = TEST,
    maker: Owner | None = None,
    frames: Sequence[tuple[CodeType, int]] | None = (CONNECT, IN_TEST),
    severity: Severity = "error",
    **others: Any,
) -> Finding:
    """Return a finding of *owner*, made by *maker* in *frames*, innermost first; without these nobody saw it."""
    origin = Origin(maker or owner, frames) if frames is not None else None
    return Finding(probe=probe, kind=kind, name=name, owner=owner, origin=origin, severity=severity, **others)


def record(*, excused: str | None = None, restored: bool | None = None, **fields: Any) -> Record:
    """Return the record of a finding with *fields*."""
    return finding_record(finding(**fields), restored=restored, excused=excused, root=ROOT)
