"""Whose line it was: the first frame that belongs neither to the mocks nor to ``unittest.mock``."""

from pathlib import Path
from types import CodeType, FrameType
from typing import Final
from unittest import mock

from isolation._origin import caller_frame

INTERNAL_FILES: Final = frozenset(
    ("<string>", mock.__file__, *(str(path) for path in Path(__file__).parent.glob("*.py")))
)
"""The files of the mocks, of unittest.mock, and of the functions that create_autospec makes."""


def outside(frame: FrameType) -> tuple[CodeType | None, int]:
    """Return the code and the instruction of the innermost caller that is none of the mocks, from *frame* on."""
    current: FrameType | None = frame
    while current is not None:
        code = current.f_code
        if code.co_filename not in INTERNAL_FILES:
            return code, current.f_lasti
        current = current.f_back
    return None, -1  # pragma: no cover - called by the interpreter, where coverage sees nothing


def site_of_caller() -> tuple[CodeType | None, int]:
    """Return the code and the instruction of whoever called the mocks."""
    return outside(caller_frame(1))
