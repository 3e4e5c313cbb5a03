"""What all tests share: `pytester`, to run tests inside of tests; a recorder of their own."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from isolation.probes._scene import Scene
from isolation.recording._recorder import Recorder

pytest_plugins = ["pytester"]

# A background job of a shell ignores Ctrl-C, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each property is tried on three drivers.  A suite tries the same examples every time, a soak others each time.
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("suite", max_examples=350, deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.register_profile("soak", max_examples=17_000, deadline=None, print_blob=True, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Give a `pytester` without the plugins that are there only to be tested beside: one of them leaves a server."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:rerunfailures -p no:pytest_mock")
    return pytester


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Give a recorder beside the one that the plugin uses for this run."""
    recorder = Recorder().acquire()
    yield recorder
    recorder.release()


@pytest.fixture
def scene(recorder: Recorder) -> Scene:
    """Give what the probes of one guard share, with a short grace."""
    return Scene(recorder, str(Path(__file__).parent), 0.01)


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """Give a stack that ends what a test leaves on purpose."""
    with ExitStack() as stack:
        yield stack
