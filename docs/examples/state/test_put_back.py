import asyncio
import importlib
import locale
import logging
import os
import random
import signal
import sys
import time
import types
import warnings
from unittest.mock import patch

import pytest
import shop


def test_environment(monkeypatch):
    monkeypatch.setenv("SHOP_MODE", "test")

    assert os.environ["SHOP_MODE"] == "test"


def test_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_module(monkeypatch):
    fake = types.ModuleType("json")
    monkeypatch.setitem(sys.modules, "json", fake)

    assert importlib.import_module("json") is fake


def test_search_path(monkeypatch):
    monkeypatch.syspath_prepend("plugins")

    assert sys.path[0] == "plugins"


def test_patch():
    with patch("shop.pay", return_value="free"):
        assert shop.pay(3) == "free"


def test_global(monkeypatch):
    monkeypatch.setattr(shop, "currency", "USD")

    assert shop.pay(3) == "3 USD"


@pytest.fixture
def stock(monkeypatch):
    fresh = shop.Stock()
    monkeypatch.setattr(shop, "stock", fresh)
    return fresh


def test_singleton(stock):
    stock.items["apple"] -= 1

    assert shop.stock.items == {"apple": 2}


def test_class(monkeypatch):
    monkeypatch.setattr(shop.Basket, "limit", 5)

    assert shop.Basket().limit == 5


def test_registry(monkeypatch):
    monkeypatch.setitem(shop.handlers, "card", print)

    assert list(shop.handlers) == ["card"]


@pytest.fixture
def no_cached_prices():
    shop.price.cache_clear()
    yield
    shop.price.cache_clear()


@pytest.mark.usefixtures("no_cached_prices")
def test_cache():
    assert shop.price("pear") == 40


def test_logging(caplog):
    caplog.set_level(logging.DEBUG, logger="shop")

    shop.logger.debug("sold")

    assert caplog.messages == ["sold"]


def test_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("the shop closes at five", stacklevel=1)


@pytest.fixture
def ignored_signal():
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("ignored_signal")
def test_signal():
    signal.raise_signal(signal.SIGUSR1)


@pytest.fixture
def c_locale():
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    yield
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.usefixtures("c_locale")
def test_locale():
    assert locale.localeconv()["decimal_point"] == "."


@pytest.fixture
def tokyo(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_time_zone():
    assert time.localtime(0).tm_hour == 9


def test_seed():
    numbers = random.Random(1)

    assert numbers.randint(1, 6) == 2


def test_event_loop():
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(asyncio.sleep(0, "done")) == "done"
