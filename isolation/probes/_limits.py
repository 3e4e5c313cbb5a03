"""Numbers that are set for the whole process, and functions that tell and set them."""

import gc
import os
import socket
import sys
import threading

from isolation.probes._values import Setting

# Bound early, so that tests that replace it do not confuse the probe.
_umask = os.umask


class Umask:
    """Reads the file mode creation mask, which can only be read by setting one.

    It sets the mask that it expects: where it is right, nothing has changed for any thread.
    """

    def __init__(self) -> None:
        self._expected = 0o022

    def read(self) -> str:
        """Return the mask, in octal."""
        expected, self._expected = self._expected, _umask(self._expected)
        if self._expected != expected:
            _umask(self._expected)
        return oct(self._expected)


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
        read=Umask().read,
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
