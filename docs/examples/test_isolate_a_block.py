import asyncio
import os
from contextvars import ContextVar
from pathlib import Path

import pytest

from isolation import (
    TaskEscapedError,
    attributes,
    environment,
    isolate,
    isolation_barrier,
    sync_isolation_barrier,
    working_directory,
)

tenant: ContextVar[str] = ContextVar("tenant")


class Settings:
    """What the application reads its limits from."""

    retries = 3


class FeatureFlags:
    """State that only its owner knows how to take and to put back."""

    name = "feature flags"

    def __init__(self):
        self.active = {"new checkout"}

    def snapshot(self):
        return set(self.active)

    def restore(self, state):
        self.active.clear()
        self.active.update(state)


flags = FeatureFlags()
# register-begin
isolate("orders", environment(), working_directory())
isolate("orders", attributes(Settings, "retries"), flags)
# register-end


# block-begin
async def test_a_failed_order_is_tried_again(tmp_path):
    async with isolation_barrier("orders", tenant) as barrier:
        os.environ["ORDERS_URL"] = "http://localhost:8080"
        os.chdir(tmp_path)
        Settings.retries = 1
        flags.active.add("fast lane")
        tenant.set("ada")

    assert "ORDERS_URL" not in os.environ
    assert Path.cwd() != tmp_path
    assert Settings.retries == 3
    assert flags.active == {"new checkout"}
    assert tenant.get("nobody") == "nobody"
    assert barrier.changed == ["os.environ['ORDERS_URL']", "working directory", "Settings.retries", "tenant"]
    # block-end


# sync-begin
@pytest.fixture
def one_retry():
    with sync_isolation_barrier("orders"):
        Settings.retries = 1
        yield
    # sync-end


@pytest.mark.usefixtures("one_retry")
def test_an_order_is_tried_once():
    assert Settings.retries == 1


# tasks-begin
async def test_a_task_that_was_forgotten_is_named():
    with pytest.raises(TaskEscapedError, match="task 'heartbeat' pending"):
        async with isolation_barrier("orders"):
            heartbeat = asyncio.create_task(asyncio.sleep(60), name="heartbeat")

    assert heartbeat.cancelled()
    # tasks-end


# turns-begin
async def test_two_customers_take_turns():
    async def order(customer):
        async with isolation_barrier("orders"):
            os.environ["CUSTOMER"] = customer
            await asyncio.sleep(0)
            return os.environ["CUSTOMER"]

    assert await asyncio.gather(order("ada"), order("grace")) == ["ada", "grace"]
    assert "CUSTOMER" not in os.environ
    # turns-end


# marker-begin
@pytest.mark.isolation_barrier("orders")
async def test_an_order_of_the_fast_lane():
    os.environ["ORDERS_URL"] = "http://localhost:8080"
    flags.active.add("fast lane")

    assert "fast lane" in flags.active
    # marker-end


def test_the_fast_lane_is_closed_again():
    assert flags.active == {"new checkout"}
    assert "ORDERS_URL" not in os.environ
