"""Runs tests again in fresh processes, as the run that is diagnosed would run them."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isolation._reads import Reads
from isolation._report import Record
from isolation._settings import STATES
from isolation._trials import EVERYTHING, Rerun, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a run of pytest is started.

    Attributes:
        command: The interpreter, what makes it run pytest, and the arguments.
        directory: Where.
        environment: The variables that the run began with.
        options: Values of options that differ in every rerun, such as random seeds.
        has_cache: Whether the plugin is loaded that keeps a cache in the working tree.
        has_coverage: Whether pytest-cov is loaded.
        has_logging: Whether pytest's logging plugin is loaded.
    """

    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    options: Mapping[str, Any]
    has_cache: bool = True
    has_coverage: bool = False
    has_logging: bool = True


class Reruns:
    """Makes trials, one after another; nothing of them is left in the working tree."""

    def __init__(self, launch: Launch, seconds_for: Callable[[Trial], float]) -> None:
        self._launch = launch
        self._seconds_for = seconds_for

    def __enter__(self) -> Self:
        self._scratch = Path(tempfile.mkdtemp(prefix="isolation-diagnosis-"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __call__(self, trial: Trial) -> Rerun:
        """Run *trial* in a process of its own, and return what became of it."""
        answer, report = self._scratch / "answer.json", self._scratch / "report.jsonl"
        for file in (answer, report):
            file.unlink(missing_ok=True)
        (self._scratch / "request.json").write_text(json.dumps(self._request(trial, answer, report)), encoding="utf-8")
        started = time.monotonic()
        problem = self._execute(trial, answer)
        return _rerun(answer, report, problem, time.monotonic() - started)

    def _request(self, trial: Trial, answer: Path, report: Path) -> dict[str, Any]:
        options = dict(self._launch.options)
        for seed in ("randomly_seed",):
            if isinstance(options.get(seed), int):
                options[seed] += trial.variation
        is_restoring = trial.restore == EVERYTHING
        options |= {
            "isolation_report": [str(report)],
            "isolation_mode": "restore" if is_restoring else "report",
            "isolation_probes": ",".join(STATES),
            "isolation_restore_only": None if is_restoring else trial.restore,
        }
        files = dict.fromkeys([*trial.imports, *(test.partition("::")[0] for test in trial.tests)])
        return {
            "tests": list(trial.tests),
            "files": list(files),
            "options": options,
            "reads_of": trial.reads_of,
            "traced": asdict(trial.traced) if trial.traced is not None else None,
            "answer": str(answer),
            "seconds": self._seconds_for(trial),
        }

    def _execute(self, trial: Trial, answer: Path) -> str:
        """Return why there is no complete answer, nothing if there is one."""
        seconds = self._seconds_for(trial)
        output = self._scratch / "output.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*self._launch.command, *self._overrides()],
                cwd=self._launch.directory,
                env=self._environment(trial.variation),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # what it leaves behind ends with it, and Ctrl-C is for us
            )
            try:
                status = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                return f"it took longer than {seconds:.0f} s"
            finally:
                _end(process)
        return "" if answer.exists() else f"pytest ended with status {status}{_last_words(output)}"

    def _overrides(self) -> Sequence[str]:
        launch = self._launch
        scratch = self._scratch
        overrides = ["-p", "isolation._rerun_plugin", f"--isolation-rerun={scratch / 'request.json'}"]
        overrides += [f"--basetemp={scratch / 'base'}"]
        overrides += ["-o", f"cache_dir={scratch / 'cache'}"] if launch.has_cache else []
        overrides += ["-o", "log_file="] if launch.has_logging else []
        overrides += ["--no-cov"] if launch.has_coverage else []
        return overrides

    def _environment(self, variation: int) -> dict[str, str]:
        environment = {**self._launch.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        # Whatever depends on the order of a set must not change from run to run while we look for something else.
        seed = environment.get("PYTHONHASHSEED", "0")
        seed = seed if seed.isdigit() else "0"
        environment["PYTHONHASHSEED"] = str(int(seed) + variation)
        return environment


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_words(output: Path) -> str:
    words = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f": {words[-1]}" if words else ""


def _rerun(answer: Path, report: Path, problem: str, seconds: float) -> Rerun:
    if not answer.exists():
        return Rerun(problem=problem, seconds=seconds)
    data = json.loads(answer.read_text(encoding="utf-8"))
    return Rerun(
        outcomes=data["outcomes"],
        findings=_findings(report),
        reads=Reads.from_data(data["reads"]),
        line=data["line"],
        problem=problem,
        seconds=seconds,
    )


def _findings(report: Path) -> Sequence[Record]:
    if not report.exists():
        return ()
    records: list[Record] = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if record["record"] == "finding"]
