"""Fixture: each store in turn, furnished.

Asked for with `pytest_plugins = ["tests.support.stores"]` in a test module.
"""

from collections.abc import AsyncIterator

import pytest

from agentic_core.store.postgres import open_store
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import StoreUnderTest, in_memory, in_postgres

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture(params=["memory", "postgres"])
def address(request: pytest.FixtureRequest) -> str | None:
    """Return the address of a fresh database, or None for the store in memory."""
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


@pytest.fixture
async def subject(address: str | None) -> AsyncIterator[StoreUnderTest]:
    """Yield the store with a skill, a deployment and its lease; PostgreSQL is asked by the role of each call."""
    if address is None:
        yield await in_memory()
        return
    async with open_narrow_store(address) as store:
        yield await in_postgres(store, address)


@pytest.fixture
async def live_subject(address: str | None) -> AsyncIterator[StoreUnderTest]:
    """Yield the store with a deployment that trades a real account and signs."""
    if address is None:
        yield await in_memory(live=True)
        return
    async with open_narrow_store(address) as store:
        yield await in_postgres(store, address, live=True)


@pytest.fixture
async def owned_subject(address: str | None) -> AsyncIterator[StoreUnderTest]:
    """Yield the store as its owner has it, for what no narrow role may do."""
    if address is None:
        yield await in_memory()
        return
    async with open_store(address) as store:
        yield await in_postgres(store, address)


__all__ = ["address", "live_subject", "owned_subject", "subject"]
