"""The fixtures that users request."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from isolation._resources import ResourceManager  # not at every start of pytest


@pytest.fixture
def resource_manager(request: pytest.FixtureRequest) -> "Iterator[ResourceManager]":
    """Own what the test, and the fixtures that ask for this one, must release.

    What the test registers is cleaned up before the fixtures that it used, in the loop of the test.
    What fixtures register is cleaned up after their own teardown.
    What fails is an error of the teardown.
    """
    __tracebackhide__ = True
    from isolation._drivers import manager_of  # noqa: PLC0415 - imported when a test needs it

    yield from cast("Iterator[ResourceManager]", manager_of(request))
