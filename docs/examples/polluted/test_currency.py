import os

import shop


def test_the_currency_can_be_set():
    os.environ["SHOP_CURRENCY"] = "USD"

    assert shop.currency() == "USD"
