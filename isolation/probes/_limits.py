"""Numbers that are set for the whole process, and functions that tell and set them."""

import gc
import os
import socket
import sys
import threading
from pathlib import Path

from isolation.probes._values import Setting

# Bound early, so that tests that replace them do not confuse the probe.
_umask, _count_threads = os.umask, threading.active_count
_STATUS = Path("/proc/self/status")


def read_umask() -> str:
    """Return the file mode creation mask, in octal."""
    if _count_threads() > 1:
        # Another thread could make a file in the moment in which there is another mask.
        return read_umask_from_system()
    mask = _umask(0o077)
    _umask(mask)
    return oct(mask)


def read_umask_from_system() -> str:
    """Return the file mode creation mask without setting one, which takes 20 us."""
    found = next(line for line in _STATUS.read_text().splitlines() if line.startswith("Umask:"))
    return oct(int(found.split()[1], 8))


def default_directories() -> set[str]:
    """Return where `tempfile` would make files by itself."""
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return {"/tmp", "/var/tmp", "/usr/tmp", *filter(None, named)}  # noqa: S108 - as `tempfile` has them


def _collect(is_enabled: object) -> None:
    (gc.enable if is_enabled else gc.disable)()


LIMITS = (
    Setting(
        kind="limit",
        place="sys.getrecursionlimit()",
        read=sys.getrecursionlimit,
        write=sys.setrecursionlimit,
    ),
    Setting(
        kind="limit",
        place="sys.getswitchinterval()",
        read=sys.getswitchinterval,
        write=sys.setswitchinterval,
    ),
    Setting(
        kind="limit",
        place="sys.get_int_max_str_digits()",
        read=sys.get_int_max_str_digits,
        write=sys.set_int_max_str_digits,
    ),
    Setting(
        kind="limit",
        place="threading.stack_size()",
        read=threading.stack_size,
        write=threading.stack_size,
    ),
    Setting(
        kind="socket_timeout",
        place="socket.getdefaulttimeout()",
        read=socket.getdefaulttimeout,
        write=socket.setdefaulttimeout,
    ),
    Setting(
        kind="umask",
        place="os.umask()",
        read=read_umask,
        write=lambda mask: _umask(int(mask, 8)),
        detail="files are made with other permissions",
    ),
    Setting(
        kind="garbage_collection",
        place="gc.isenabled()",
        read=gc.isenabled,
        write=_collect,
        severity="warning",
    ),
    Setting(
        kind="garbage_collection",
        place="gc.get_threshold()",
        read=gc.get_threshold,
        write=lambda threshold: gc.set_threshold(*threshold),
        severity="warning",
    ),
    Setting(
        kind="garbage_collection",
        place="gc.get_debug()",
        read=gc.get_debug,
        write=gc.set_debug,
        severity="warning",
    ),
)
