"""Callers that spend of the same month at the same moment; `python -m tests.costs` plays more of it."""

from collections import Counter

import pytest

from agentic_core.store.postgres import open_store
from tests.costs.race import judged, race
from tests.support.store_under_test import in_postgres

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

ROUNDS = 50


async def test_costs_raced_for_never_pass_a_cap_whoever_is_called_off_or_taken_over(database: str) -> None:
    """The database refuses a state above a cap and has to refuse none; what is left held is swept up."""
    judged(database)
    what: Counter[str] = Counter()
    async with open_store(database) as store:
        await in_postgres(store, database)
        for number in range(ROUNDS):
            what += (await race(store, database, number, seed=1)).what
    for came_about in ("held", "refused", "settled", "left behind"):
        assert what[came_about] >= 10, f"{came_about}: {what}"
