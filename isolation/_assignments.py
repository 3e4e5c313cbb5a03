"""Assignments: in which line of a module, or of its classes, a name gets its first value; read from the source."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

_LINE = re.compile(r"^([ \t]*)(?:(class|def|async +def)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=(?!=))", re.MULTILINE)


def assignments(module: ModuleType) -> Mapping[tuple[str, str], int]:
    """Return the lines where *module* assigns names, by class (empty for its own) and name; none without source."""
    file = getattr(module, "__file__", None)
    try:
        source = Path(str(file)).read_text(encoding="utf-8", errors="replace") if file else ""
    except OSError:
        return {}
    found: dict[tuple[str, str], int] = {}
    blocks: list[tuple[int, str | None]] = []  # how far each is indented, and its name if it is a class
    line, position = 1, 0
    for match in _LINE.finditer(source):
        line += source.count("\n", position, match.start())
        position = match.start()
        indent = len(match[1])
        while blocks and blocks[-1][0] >= indent:
            blocks.pop()
        if any(name is None for _, name in blocks):
            continue  # inside of a function
        owner = ".".join(name for _, name in blocks if name is not None)
        if match[2] is not None:
            found.setdefault((owner, match[3]), line)
            blocks.append((indent, match[3] if match[2] == "class" else None))
        else:
            found.setdefault((owner, match[4]), line)
    return found
