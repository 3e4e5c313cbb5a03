"""Every private name behind which other projects keep state of the process is still there and means the same."""

import asyncio
import logging
import mimetypes
import ssl
import urllib.request
import warnings
from unittest import mock

import pytest
import uvloop

from isolation import _compatibility_state as names
from isolation._changes import ABSENT


def test_pytest_puts_warnings_filters_back() -> None:
    """Each test runs inside of what does so."""
    assert names.undoes_warnings()


def test_pytest_can_be_told_not_to(pytester: pytest.Pytester) -> None:
    """What ran around this test does not count in a run inside of it."""
    pytester.makepyfile("""
        from isolation._compatibility_state import undoes_warnings

        def test_it():
            assert undoes_warnings() is False
    """)

    pytester.runpytest_inprocess("-p", "no:warnings", "-p", "no:asyncio").assert_outcomes(passed=1)


def test_what_shows_warnings_is_put_back_with_the_filters() -> None:
    """A name that `catch_warnings` did not put back would be a change that stays."""
    before = [getattr(warnings, name) for name in names.WARNING_SHOWERS]
    with warnings.catch_warnings(record=True):
        during = [getattr(warnings, name) for name in names.WARNING_SHOWERS]

    assert before != during
    assert [getattr(warnings, name) for name in names.WARNING_SHOWERS] == before


def test_asyncio_keeps_the_policy_where_we_look() -> None:
    """It is the one that it gives to everybody, and knows which loop was set."""
    before = names.loop_policy()
    try:
        policy = asyncio.DefaultEventLoopPolicy()
        names.set_loop_policy(policy)
        assert asyncio.get_event_loop_policy() is names.loop_policy() is policy
        assert names.is_default_policy(policy)
        assert not names.is_default_policy(uvloop.EventLoopPolicy())
        assert names.loop_set_in(policy) is ABSENT
        asyncio.set_event_loop(None)
        assert names.loop_set_in(policy) is None
        names.forget_loop(policy)
        assert names.loop_set_in(policy) is ABSENT
    finally:
        names.set_loop_policy(before)


def test_private_names_of_modules_are_there() -> None:
    """Tests replace what is behind them."""
    assert callable(vars(ssl)[names.HTTPS_CONTEXT])
    assert names.URL_OPENER in vars(urllib.request)


def test_setting_any_level_is_noticed() -> None:
    """Loggers forget what they have decided."""
    mark, logger = names.LevelMark(logging.getLogger()), logging.getLogger("shop.compatibility")
    mark.set()
    assert not mark.is_gone()
    logger.setLevel(logging.DEBUG)

    assert mark.is_gone()
    logger.setLevel(logging.NOTSET)
    mark.set()
    logging.disable(logging.NOTSET)
    assert mark.is_gone()


def test_pytest_captures_through_handlers_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """They are told by their classes."""
    assert names.is_capture_handler(caplog.handler)
    assert names.is_handler_of_pytest(caplog.handler)
    assert caplog.handler in logging.getLogger().handlers
    assert not names.is_handler_of_pytest(logging.NullHandler())


def test_private_names_of_logging_are_there() -> None:
    """What they hold applies to all loggers."""
    assert vars(logging).keys() >= names.LOGGING_NAMES.keys()


def test_a_patch_knows_what_it_has_patched() -> None:
    """Its target, the attribute and what that was, if it was there; of a dictionary only which one it is."""

    class Target:
        name = "on"

    attribute = mock.patch.object(Target, "name", "off")
    made = mock.patch.object(Target, "made", "off", create=True)
    entry = mock.patch.dict(held := {"a": 1}, b=2)
    with attribute, made, entry:
        found = [names.patched(patch) for patch in (attribute, made, entry)]

    assert found == [(Target, "name", ("on",)), (Target, "made", ()), (held, None, ())]


def test_mimetypes_keeps_its_tables_where_we_look() -> None:
    """Types by ending, endings by type, each for those that are standard and those that are not."""
    mimetypes.init()
    common, types, _, endings, encodings, suffixes = names.mime_tables()

    assert (types[".html"], common[".rtf"]) == ("text/html", "application/rtf")
    assert ".html" in endings["text/html"]
    assert (encodings[".gz"], suffixes[".tgz"]) == ("gzip", ".tar.gz")
