from notify.channels import deliver
from notify.connections import manager


def test_a_message_arrives():
    manager.connect("ann")
    deliver("chat", "ann", "hello")
    assert manager.receive("ann") == "hello"


def test_messages_arrive_in_order():
    manager.connect("ben")
    deliver("chat", "ben", "one")
    deliver("chat", "ben", "two")
    assert manager.receive("ben") == "one"
