"""The descriptors of this process as the system sees them."""

import os
from pathlib import Path

from isolation.probes._numbers import count_quickly, count_works, links


def test_the_listing_leaves_itself_out() -> None:
    """The lowest free number is what the first leak will get; the listing has it for a moment."""
    number = os.dup(0)
    os.close(number)

    assert number not in links()


def test_the_count_follows_what_is_opened() -> None:
    """Where it does not, it is not used."""
    before = count_quickly()
    with Path(__file__).open():
        during = count_quickly()

    assert count_works() is (during == before + 1)
