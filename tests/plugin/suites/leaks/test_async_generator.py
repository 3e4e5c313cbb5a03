"""Async generators that nobody exhausts or closes."""

import asyncio

import pytest
from kept import KEEP, numbers


@pytest.mark.asyncio
async def test_suspended():
    generator = numbers()
    await anext(generator)  # leak: async_generator severity=warning
    KEEP.append(generator)


@pytest.mark.asyncio(loop_scope="module")
async def test_suspended_on_a_module_loop():
    generator = numbers()
    await anext(generator)  # leak: async_generator
    KEEP.append(generator)


@pytest.mark.asyncio(loop_scope="module")
async def test_afterwards():
    await asyncio.sleep(0)
