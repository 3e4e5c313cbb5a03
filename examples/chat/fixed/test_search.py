"""Search and moderation: what works in the background is shut down after each test."""

from contextlib import closing

import pytest
from chat.messages import Message
from chat.moderation import moderator, shut_moderator_down
from chat.search import Indexer, shut_tokenizer_down, tokenize

HELLO = Message(room="lobby", user="ada", text="Hello world")


@pytest.fixture(autouse=True)
def background():
    yield
    shut_tokenizer_down()
    shut_moderator_down()


def test_texts_are_split_into_words():
    assert tokenize(["Hello world", "goodbye"]) == [["hello", "world"], ["goodbye"]]


def test_message_is_found_by_word():
    with closing(Indexer()) as indexer:
        indexer.start()

        indexer.add(HELLO)
        indexer.wait(1)

        assert indexer.find("world") == [HELLO]


def test_rude_message_is_not_fit():
    assert not moderator().is_fit("oh heck")
