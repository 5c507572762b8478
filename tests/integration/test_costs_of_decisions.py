"""What a decision of a chat model states that it cost, beside what its calls were settled at."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain.chat import ChatPurpose, CostSource
from agentic_core.ops.journal_audit import audit_journal
from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.chat_costs import call, caps, usd
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, decision

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

HASH = "ab" * 32


async def told_after(database: str, change: str, *, context: str | None = HASH) -> tuple[str, ...]:
    """Record a decision of two calls, and one of rules, change a table by hand, and return what the audit finds."""
    async with open_store(database) as store:
        subject = await in_postgres(store, database)
        for step, cost in ((0, usd("0.012")), (1, None)):
            await store.costs.reserve(subject.fence, call(step=step), ChatPurpose.LOOK, usd("0.03"), caps(), at=AT)
            await store.costs.settle(call(step=step), cost, CostSource.REPORTED, at=AT)
        thought = msgspec.structs.replace(decision(subject.skill, cost=Decimal("0.042")), context_hash=context)
        await store.decisions.record(subject.fence, thought, HELD)
        await store.decisions.record(subject.fence, decision(subject.skill, minute=1), HELD)
        if change:
            execute(database, change)
        return (await audit_journal(store, DEPLOYMENT, {})).differences


async def test_decision_that_costs_what_its_calls_come_to_is_in_order(database: str) -> None:
    """One reported cost and one bound; a decision of rules has no calls."""
    assert await told_after(database, "") == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update chat_calls set cost_usd = 0.013 where step = 0",
            "it cost 0.042 USD, its 2 call(s) come to 0.043 USD",
        ),
        (
            "update chat_calls set cost_usd = null, source = null, settled_at = null where step = 1",
            "it cost 0.042 USD, its 2 call(s) come to nobody knows what",
        ),
        ("delete from chat_calls", "it cost 0.042 USD, its 0 call(s) come to 0 USD"),
    ],
)
async def test_decision_that_costs_other_than_its_calls_is_named(database: str, change: str, said: str) -> None:
    """Whoever verifies the journal is told both sums."""
    (difference,) = await told_after(database, change)
    assert difference.startswith(f"cost of decision {call().decision}: ")
    assert difference.endswith(said)


async def test_decision_that_knows_no_request_is_compared_by_its_calls(database: str) -> None:
    """Its first call was broken off, and was paid all the same."""
    assert await told_after(database, "", context=None) == ()


async def test_decision_that_knows_no_request_and_costs_other_than_its_calls_is_named(database: str) -> None:
    """As any other."""
    (difference,) = await told_after(database, "update chat_calls set cost_usd = 1 where step = 1", context=None)
    assert difference.endswith("it cost 0.042 USD, its 2 call(s) come to 1.012 USD")


async def test_decision_whose_row_states_less_is_named_twice(database: str) -> None:
    """Its journal says otherwise, and so do its calls."""
    changed = "update decision_snapshots set cost_usd = 0 where context_hash is not null"
    assert [line.partition(":")[0].partition(" ")[0] for line in await told_after(database, changed)] == [
        "decision",
        "cost",
    ]
