from notify.connections import manager


def test_nobody_is_connected_at_first():
    assert manager.connected() == []
