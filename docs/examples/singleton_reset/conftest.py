import pytest

from isolation import reset_all


@pytest.fixture(autouse=True)
def clean_singletons():
    reset_all()
    yield
    reset_all()
