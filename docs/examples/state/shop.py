"""A shop with everything that can be left changed."""

import functools
import logging

logger = logging.getLogger("shop")
currency = "EUR"
handlers = {}


class Basket:
    limit = 100


class Stock:
    def __init__(self):
        self.items = {"apple": 3}


stock = Stock()


def pay(amount):
    return f"{amount} {currency}"


@functools.lru_cache
def price(item):
    return len(item) * 10
