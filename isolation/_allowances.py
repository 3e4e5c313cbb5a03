"""What is no finding: what the user excused, and what well-known libraries keep on purpose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from isolation._findings import Finding
from isolation._origin import Origin, relative
from isolation._settings import Settings, creators

Excuse = Literal["marker", "allowance", "built-in"]

BUILT_IN: Sequence[tuple[str, str]] = (
    ("threads", "anyio._backends._asyncio.*"),  # worker threads wait 10 s for more work
    ("threads", "trio._core._thread_cache.*"),  # the same
    ("threads", "asyncio/unix_events.py"),  # waits for a child process, which is reported itself (3.11)
    ("threads", "concurrent/futures/process.py"),  # manages worker processes, which are reported themselves
    ("threads", "multiprocessing/*"),  # feeds queues of such
    ("threads", "pycares.*"),  # one shutdown thread for the process
    ("threads", "tqdm._monitor.*"),
    ("threads", "sentry_sdk.*"),
    ("threads", "posthog.*"),
    ("threads", "pytest_timeout.*"),
    ("threads", "execnet.*"),
    ("threads", "debugpy.*"),
    ("threads", "pydevd.*"),
    ("threads", "_pydevd_bundle.*"),
    ("tasks", "*.setup_process_pool_exit_at_shutdown"),  # anyio's, ends with the loop and its processes with it
    ("loops", "pytest_asyncio.*"),  # a loop that it puts back
)
"""Probe and creator: the innermost code outside `threading`, as a dotted name or a file."""


@dataclass(slots=True)
class Allowances:
    """Decide what excuses a finding, and remember which excuses were of use.

    Attributes:
        settings: The user's settings.
        root: Paths are relative to this directory.
        used: The lines of ``isolation_allow`` and ``isolation_holders`` that excused anything.
    """

    settings: Settings
    root: str
    used: set[str] = field(default_factory=set[str])

    def excuse(self, finding: Finding, is_marked: Callable[[str], bool]) -> Excuse | None:
        """Return what excuses *finding*, None if nothing does.

        Args:
            finding: What was found.
            is_marked: Tells whether the test is marked to allow findings of a probe.
        """
        if is_marked(finding.probe):
            return "marker"
        for allowance in self.settings.allowances:
            if allowance.excuses(finding, self.root):
                self.used.add(allowance.line)
                return "allowance"
        return "built-in" if self.is_well_known(finding.probe, finding.origin) else None

    def is_well_known(self, probe: str, origin: Origin | None) -> bool:
        """Tell whether what *probe* sees, made at *origin*, is kept on purpose by a well-known library."""
        direct = direct_creators(origin, self.root)
        return any(
            probe == built_in and fnmatchcase(creator, pattern) for built_in, pattern in BUILT_IN for creator in direct
        )


def direct_creators(origin: Origin | None, root: str) -> Sequence[str]:
    """Return the innermost code of *origin*: its file outside `threading`, and its dotted name."""
    frames = origin.frames if origin is not None else ()
    files = (relative(code.co_filename, root) for code, _ in frames)
    file = next((file for file in files if file != "threading.py"), None)
    return [*creators(origin, root)[:1], *([file] if file is not None else [])]
