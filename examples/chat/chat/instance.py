"""Keeps two servers from using one directory."""

import fcntl
import os
from pathlib import Path


class InstanceLock:
    """Hold *directory* for this process until it is closed, or for as long as the process lives.

    Raises:
        BlockingIOError: If another instance holds it.
    """

    _descriptor: int

    def __init__(self, directory: Path) -> None:
        self._descriptor = os.open(directory / "lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise

    def close(self) -> None:
        """Let others have the directory."""
        os.close(self._descriptor)
