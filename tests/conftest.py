"""What all tests share: `pytester`, to run tests inside of tests; a recorder of their own."""

from collections.abc import Iterator

import pytest

from isolation.recording._recorder import Recorder

pytest_plugins = ["pytester"]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Give a recorder beside the one that the plugin uses for this run."""
    recorder = Recorder().acquire()
    yield recorder
    recorder.release()
