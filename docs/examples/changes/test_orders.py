import os

import pytest

os.environ["SHOP_URL"] = "http://localhost"
orders = {}


@pytest.fixture(scope="module", autouse=True)
def _mode():
    os.environ["SHOP_MODE"] = "test"
    yield
    del os.environ["SHOP_MODE"]


def test_mode():
    os.environ["SHOP_MODE"] = "slow"


@pytest.mark.parametrize("number", range(6))
def test_order(number):
    orders[number] = ["apple"] * number


def test_total():
    orders[3].append("pear")
    orders["total"] = "3 apples, 1 pear"
