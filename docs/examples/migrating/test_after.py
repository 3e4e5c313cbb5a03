from database import Connection

from isolation import managed_fixture


@managed_fixture
def connection(resource_manager):
    connection = resource_manager.add(Connection(), "close")
    connection.migrate()
    return resource_manager.add(connection, "drop")


def test_rename(connection):
    pass
