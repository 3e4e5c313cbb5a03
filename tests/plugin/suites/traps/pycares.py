"""Stands in for the library of this name, whose first channel starts a thread that is never ended."""

import threading

_started = []


def _run_safe_shutdown_loop() -> None:
    threading.Event().wait()


class Channel:
    def __init__(self) -> None:
        if not _started:
            _started.append(threading.Thread(target=_run_safe_shutdown_loop, daemon=True))
            _started[0].start()
