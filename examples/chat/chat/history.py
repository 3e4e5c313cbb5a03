"""Keeps the history of rooms in a git repository: who said what is a matter of record."""

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from chat.messages import Message

_IDENTITY = ("-c", "user.name=chat", "-c", "user.email=chat@localhost", "-c", "commit.gpgsign=false")
# What users configured for themselves, aliases and hooks included, is not for us.
_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}


class History:
    """Keep the history of rooms in the repository *path*, and read it through one long-lived ``git cat-file``."""

    path: Path
    _reader: subprocess.Popen[bytes] | None
    _exports: subprocess.Popen[bytes] | None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = None
        self._exports = None
        path.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet")

    def export(self, room: str, messages: Sequence[Message]) -> None:
        """Commit *messages* as what was said in *room*."""
        lines = [f"{message.user}: {message.text}\n" for message in messages]
        (self.path / f"{room}.txt").write_text("".join(lines))
        self._git("add", f"{room}.txt")
        self._git("commit", "--quiet", f"--message=Export {room}")

    def read(self, room: str, revision: str = "HEAD") -> str:
        """Return what had been said in *room* at *revision*."""
        stdin, stdout = self._pipes()
        stdin.write(f"{revision}:{room}.txt\n".encode())
        stdin.flush()
        size = int(stdout.readline().split()[2])
        return stdout.read(size + 1)[:-1].decode()

    def start_log(self) -> IO[bytes]:
        """Start to list the exports, newest first; return the pipe to read them from."""
        self._exports = self._start("log", "--format=%s")
        assert self._exports.stdout is not None
        return self._exports.stdout

    def close(self) -> None:
        """Let the processes end and wait for them."""
        for process in (self._reader, self._exports):
            if process is not None:
                with process:  # closes its pipes, which ends it, and waits
                    pass
        self._reader = self._exports = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._reader is None:
            self._reader = self._start("cat-file", "--batch", stdin=subprocess.PIPE)
        assert self._reader.stdin is not None
        assert self._reader.stdout is not None
        return self._reader.stdin, self._reader.stdout

    def _start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command(*arguments), env=os.environ | _ENVIRONMENT, stdin=stdin, stdout=subprocess.PIPE
        )

    def _git(self, *arguments: str) -> None:
        subprocess.run(self._command(*arguments), env=os.environ | _ENVIRONMENT, check=True)

    def _command(self, *arguments: str) -> Sequence[str]:
        return ("git", "-C", str(self.path), *_IDENTITY, *arguments)


@cache
def history_of(path: Path) -> History:
    """Return the history in *path*, the same one to everybody."""
    return History(path)
