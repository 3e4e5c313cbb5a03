import pytest
from notify.channels import CHANNELS, deliver


@pytest.fixture
def pager(monkeypatch):
    monkeypatch.setitem(CHANNELS, "pager", lambda _, text: text[:10])


@pytest.mark.usefixtures("pager")
def test_a_channel_can_be_added():
    assert deliver("pager", "ann", "hello") == "hello"


@pytest.mark.usefixtures("pager")
def test_a_pager_cuts_messages():
    assert deliver("pager", "ann", "a long message") == "a long mes"
