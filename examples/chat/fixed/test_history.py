"""The history in git: the fixture closes it, and closing waits for the processes."""

import shutil

import pytest
from chat.history import History, history_of
from chat.messages import Message

from isolation import managed_fixture

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

HELLO = Message(room="lobby", user="ada", text="hello")


@managed_fixture
def history(tmp_path, resource_manager):
    resource_manager.register(history_of.cache_clear)
    return resource_manager.add(history_of(tmp_path / "history"), History.close)


def test_export_can_be_read(history):
    history.export("lobby", [HELLO])

    assert history.read("lobby") == "ada: hello\n"


def test_exports_are_listed(history):
    history.export("lobby", [HELLO])

    with history.start_log() as log:
        assert log.read() == b"Export lobby\n"
