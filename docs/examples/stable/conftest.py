import pytest

from isolation import reset_all, resettable

resettable("notify.connections:manager")


@pytest.fixture(autouse=True)
def _nobody_is_connected():
    yield
    reset_all()
