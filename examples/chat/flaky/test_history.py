"""The history in git: processes that nobody waits for."""

import shutil

import pytest
from chat.history import history_of
from chat.messages import Message

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

HELLO = Message(room="lobby", user="ada", text="hello")


@pytest.fixture
def history(tmp_path):
    return history_of(tmp_path / "history")


def test_export_can_be_read(history):
    history.export("lobby", [HELLO])

    assert history.read("lobby") == "ada: hello\n"  # leak: process, pipe, pipe


def test_exports_are_listed(history):
    history.export("lobby", [HELLO])

    with history.start_log() as log:  # leak: zombie
        assert log.read() == b"Export lobby\n"
