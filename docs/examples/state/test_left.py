import asyncio
import locale
import logging
import os
import random
import signal
import sys
import time
import types
from unittest.mock import patch

import shop


def test_environment():
    os.environ["SHOP_MODE"] = "test"


def test_directory():
    os.chdir("/")


def test_module():
    sys.modules["json"] = types.ModuleType("json")


def test_search_path():
    sys.path.append("plugins")


def test_patch():
    patch("shop.pay").start()


def test_global():
    shop.currency = "USD"


def test_singleton():
    shop.stock.items["apple"] -= 1


def test_class():
    shop.Basket.limit = 5


def test_registry():
    shop.handlers["card"] = print


def test_cache():
    assert shop.price("pear") == 40


def test_logging():
    logging.getLogger("shop").setLevel(logging.DEBUG)


def test_signal():
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def test_locale():
    locale.setlocale(locale.LC_ALL, "C.UTF-8")


def test_time_zone():
    os.environ["TZ"] = "JST-9"
    time.tzset()


def test_seed():
    random.seed(1)


class ShopPolicy(asyncio.DefaultEventLoopPolicy):
    pass


def test_event_loop():
    asyncio.set_event_loop_policy(ShopPolicy())
