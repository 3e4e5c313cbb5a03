"""Where a thing was made: compact stacks of (code, last instruction), resolved to lines when they are shown."""

import linecache
import sys
from asyncio import BaseEventLoop
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from gc import get_referents
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

from isolation._owners import Owner

COMPACT_DEPTH = 16
_PACKAGE = str(Path(__file__).parent)
_LIBRARY_ROOTS = (str(Path(linecache.__file__).parent),)
_LOOP: CodeType = BaseEventLoop.run_forever.__code__
_IMPORT = "<frozen importlib._bootstrap>"
_INSTALLED = ("site-packages", "dist-packages")
caller_frame: Callable[[int], FrameType] = sys._getframe  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented
"""Return the frame so many levels up."""
current_frames: Callable[[], dict[int, FrameType]] = sys._current_frames  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented
"""Return the current frame of each thread."""


class Place(NamedTuple):
    """One line of code: a frame of an origin, resolved."""

    file: str
    line: int
    function: str

    @property
    def source(self) -> str:
        """Return the stripped source line, empty if there is no source."""
        return linecache.getline(self.file, self.line).strip()


class Origin:
    """Hold who made a thing, and where.

    An origin holds code objects, no frames and no tracebacks: these would keep local variables alive,
    which makes leaks and hides them.

    Attributes:
        owner: Whose it is; None if nobody was current when it was made.
        frames: ``(code, last instruction)`` pairs, innermost first; empty if creation was not seen.
    """

    __slots__ = ("_is_of_import", "frames", "owner")

    owner: Owner | None
    frames: Sequence[tuple[CodeType, int]]

    def __init__(self, owner: Owner | None, frames: Sequence[tuple[CodeType, int]] = ()) -> None:
        self.owner = owner
        self.frames = frames
        self._is_of_import: bool | None = None

    def __repr__(self) -> str:
        place = self.created_at
        return f"<Origin {place.file}:{place.line} of {self.owner!r}>" if place else f"<Origin of {self.owner!r}>"

    @property
    def fixture(self) -> str | None:
        """Return the name of the fixture during whose setup or teardown the thing was made."""
        return self.owner.fixture if self.owner else None

    @property
    def is_over(self) -> bool:
        """Tell whether the owner has come to its end, so that nothing of it should be left."""
        return self.owner is not None and not self.owner.judged.is_alive and not self.is_of_import

    @property
    def is_of_import(self) -> bool:
        """Tell whether a module made the thing while it was imported: then it lives as long as the module."""
        if self._is_of_import is None:
            self._is_of_import = any(code.co_filename == _IMPORT for code, _ in self.frames)
        return self._is_of_import

    @property
    def created_at(self) -> Place | None:
        """Return the innermost line of the user's code, or of any code if no user's code took part."""
        return innermost(self.frames)

    def places(self) -> Iterator[Place]:
        """Yield the lines of the user's code that led to the creation, outermost first."""
        for code, lasti in reversed(self.frames):
            if not is_library(code.co_filename):
                yield resolve(code, lasti)


def show(place: Place, root: str) -> str:
    """Return *place* as people read it, for example ``app/ws.py:41 in connect``."""
    return f"{relative(place.file, root)}:{place.line} in {place.function}"


@lru_cache(maxsize=4096)
def relative(file: str, root: str) -> str:
    """Return *file* relative to *root*, to where packages are installed, or as it is."""
    path = file.replace("\\", "/")
    for name in _INSTALLED:
        _, found, rest = path.rpartition(f"/{name}/")
        if found:
            return rest
    prefix = root.replace("\\", "/").rstrip("/") + "/"
    if root and path.startswith(prefix):
        return path[len(prefix) :]
    roots = (library.rstrip("/") + "/" for library in _LIBRARY_ROOTS)
    return next((path[len(library) :] for library in roots if path.startswith(library)), path)


def capture(skip: int, depth: int) -> Sequence[tuple[CodeType, int]]:
    """Return at most *depth* frames of the caller's stack as ``(code, last instruction)``, *skip* frames up.

    Compact stacks end at the loop that runs: who called the loop is the same for all that happens in it.
    """
    try:
        frame: FrameType | None = caller_frame(skip + 1)
    except ValueError:
        return ()
    frames: list[tuple[CodeType, int]] = []
    end = _LOOP if depth == COMPACT_DEPTH else None
    while frame is not None and depth:
        code = frame.f_code
        if code is end:
            break
        frames.append((code, frame.f_lasti))
        frame = frame.f_back
        depth -= 1
    return frames


def awaited_frames(awaitable: object) -> Sequence[FrameType]:
    """Return the frames in which *awaitable*, which is suspended, waits, outermost first."""
    frames: list[FrameType] = []
    while awaitable is not None:
        attributes = (getattr(awaitable, f"{prefix}_frame", None) for prefix in ("cr", "gi", "ag"))
        frames += [frame for frame in attributes if frame is not None]
        following = (getattr(awaitable, name, None) for name in ("cr_await", "gi_yieldfrom", "ag_await"))
        awaitable = next((inner for inner in following if inner is not None), None)
        if type(awaitable).__name__ in ("async_generator_asend", "async_generator_athrow"):
            # These do not tell whose they are, but they hold it.
            awaitable = next((held for held in get_referents(awaitable) if hasattr(held, "ag_frame")), None)
    return frames


def resolve(code: CodeType, lasti: int) -> Place:
    """Return the place of instruction *lasti* of *code*."""
    line = next((line for start, end, line in code.co_lines() if start <= lasti < end), None)
    return Place(code.co_filename, line or code.co_firstlineno, code.co_name)


def innermost(frames: Sequence[tuple[CodeType, int]]) -> Place | None:
    """Return the innermost place of *frames* in the user's code, else in an installed package, else any."""
    chosen = next((frame for frame in frames if not is_library(frame[0].co_filename)), None)
    chosen = chosen or next((frame for frame in frames if not is_stdlib(frame[0].co_filename)), None)
    chosen = chosen or next(iter(frames), None)
    return resolve(*chosen) if chosen else None


@lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Tell whether *filename* is not the user's own: the standard library, an installed package, or us."""
    return is_stdlib(filename) or any(f"/{name}/" in filename.replace("\\", "/") for name in _INSTALLED)


@lru_cache(maxsize=4096)
def is_stdlib(filename: str) -> bool:
    """Tell whether *filename* belongs to the interpreter or to this package, which nobody wants to read about."""
    if filename.startswith("<"):
        return True
    in_library = any(filename.startswith(root) for root in _LIBRARY_ROOTS)
    installed = any(f"/{name}/" in filename.replace("\\", "/") for name in _INSTALLED)
    return (in_library and not installed) or filename.startswith(_PACKAGE)
