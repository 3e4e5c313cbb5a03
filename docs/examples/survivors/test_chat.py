from chat import connect


def test_connect(resource_manager):
    resource_manager.add(connect(), "close")
