import pytest
from database import Connection


@pytest.fixture
def connection():
    connection = Connection()
    try:
        connection.migrate()
        try:
            yield connection
        finally:
            connection.drop()
    finally:
        connection.close()


def test_rename(connection):
    pass
