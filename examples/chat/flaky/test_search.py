"""Search and moderation: threads and processes that work in the background."""

from chat.messages import Message
from chat.moderation import moderator
from chat.search import Indexer, tokenize

HELLO = Message(room="lobby", user="ada", text="Hello world")


def test_texts_are_split_into_words():
    assert tokenize(["Hello world", "goodbye"]) == [["hello", "world"], ["goodbye"]]  # leak: executor


def test_message_is_found_by_word():
    indexer = Indexer()
    indexer.start()  # leak: thread

    indexer.add(HELLO)
    indexer.wait(1)

    assert indexer.find("world") == [HELLO]


def test_rude_message_is_not_fit():
    assert not moderator().is_fit("oh heck")  # leak: process, socket
