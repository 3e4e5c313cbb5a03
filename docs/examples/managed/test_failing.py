from isolation import managed_fixture


class Connection:
    def rollback(self):
        raise ConnectionError("the database has hung up")

    def close(self):
        raise TimeoutError("no answer")


@managed_fixture
def connection(resource_manager):
    connection = Connection()
    resource_manager.register(print, "pool is closed")
    resource_manager.add(connection, "close")
    resource_manager.add(connection, "rollback")
    return connection


def test_order(connection):
    pass
