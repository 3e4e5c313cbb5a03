"""What all tests share: `pytester`, to run tests inside of tests; a recorder of their own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from isolation.probes._scene import Scene
from isolation.recording._recorder import Recorder

pytest_plugins = ["pytester"]


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
