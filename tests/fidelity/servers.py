"""Servers for tests: PostgreSQL and Redis from the machine's packages, in a directory of their own, never as root."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 30


class UnavailableError(Exception):
    """A server cannot be started here; the text says what is missing."""


def _program(name: str) -> str:
    """Return the path of *name*, from PATH or from where PostgreSQL keeps its own."""
    found = shutil.which(name) or shutil.which(name, path=_postgres_programs())
    if found is None:
        raise UnavailableError(f"{name} is not installed")
    return found


def _postgres_programs() -> str:
    config = shutil.which("pg_config")
    if config is not None:
        return subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    return os.pathsep.join(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin"))


def _user() -> Mapping[str, Any]:
    """Return the options that make :func:`subprocess.run` give up the rights of root."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise UnavailableError("there is no user but root to run a server as")


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS, check=False, **_user()
    )
    if done.returncode:
        raise UnavailableError(f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace').strip()}")


@contextmanager
def _directory() -> Iterator[Path]:
    """Make a directory that belongs to the user who runs the servers, on a short path, as sockets need."""
    path = Path(tempfile.mkdtemp(prefix="isolation-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        user = _user()
        if user:
            os.chown(path, user["user"], user["group"])
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """Start PostgreSQL and give the address of an empty database."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    with _directory() as directory:
        data, port = directory / "data", _free_port()
        _run(initdb, "-D", str(data), "-A", "trust", "-U", "tester", "-N", "--no-instructions", cwd=directory)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory} -c fsync=off"
        log = str(directory / "log")
        _run(pg_ctl, "-D", str(data), "-w", "-l", log, "-o", options, "start", cwd=directory)
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            _run(pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop", cwd=directory)


@contextmanager
def redis() -> Iterator[str]:
    """Start Redis and give its address."""
    server = _program("redis-server")
    with _directory() as directory:
        path = directory / "socket"
        command = [server, "--port", "0", "--unixsocket", str(path), "--save", "", "--loglevel", "warning"]
        process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **_user())
        try:
            _wait_for(path, process)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


def _wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server that is being started listens on the socket at *path*."""
    for _ in range(SECONDS * 20):
        if path.exists():
            return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise UnavailableError(f"{process.args!r} ended with status {process.returncode}")
    raise UnavailableError("redis-server does not listen")
