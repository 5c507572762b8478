"""A tick that writes through many repositories of a store, and all that can be read of it."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from agentic_core.domain import (
    CommandKind,
    DeploymentStatus,
    FundingPayment,
    IntentState,
    Size,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from tests.support.numbered_intents import SIGNING
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import (
    AT,
    BTC,
    DEPLOYMENT,
    HELD,
    LIVE,
    USER,
    accepted,
    decision,
    fill,
    hash_of,
    intent,
    log_line,
    sim_run,
    state,
)

__all__ = ["Units", "shown", "steps", "units_of", "work"]

Units = MemoryStore | PostgresStore
"""The stores whose methods can be put together."""

_COST = Decimal("0.125")


def units_of(subject: StoreUnderTest) -> Units:
    """Return the store under test with what is beyond the plain port."""
    assert isinstance(subject.store, MemoryStore | PostgresStore)
    return subject.store


def steps(store: Units, subject: StoreUnderTest) -> tuple[Callable[[], Awaitable[object]], ...]:
    """Return what a tick of the live deployment writes, one call of a repository each, in their order."""
    fence = subject.fence
    paid = FundingPayment(symbol=BTC, time=AT, size=Size(Decimal(1)), rate=Decimal("0.1"), amount=Usd(Decimal("-0.25")))
    moved = Transfer(transfer_id="t", kind="deposit", amount=Usd(Decimal(5)), at=AT)
    tick = decision(subject.skill, opens=True, cost=_COST)
    order = intent(account=LIVE)

    async def settle() -> None:
        found = await store.intents.find(LIVE, order.cloid)
        assert found is not None
        came = accepted(order.cloid, IntentState.PARTIAL, fill("f", order.cloid))
        await store.intents.settle(fence, found.prepared, came, at=AT)

    payload = '{"model":"rules","risk":{"maxMonthlyCostUsd":9,"maxPositionPct":1}}'
    return (
        lambda: store.intents.prepare(fence, tick, [order], at=AT, signing=SIGNING),
        settle,
        lambda: store.decisions.record(fence, tick, HELD),
        lambda: store.ledger.record_funding(fence, DEPLOYMENT, [paid], at=AT),
        lambda: store.ledger.record_transfers(fence, DEPLOYMENT, [moved], at=AT),
        lambda: store.states.write(fence, state("10000.5")),
        lambda: store.logs.append([log_line("placed")]),
        lambda: store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT),
        lambda: store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=AT),
        lambda: store.skills.save(USER, name="x", slug="crossing", payload=payload, payload_hash=hash_of(payload)),
        lambda: store.sim_runs.create(sim_run(subject.skill)),
    )


async def work(store: Units, subject: StoreUnderTest) -> None:
    """Do a whole tick."""
    for step in steps(store, subject):
        await step()


async def shown(store: Units) -> tuple[object, ...]:
    """Return all that can be read of it."""
    return (
        await store.intents.find(LIVE, intent(account=LIVE).cloid),
        await store.intents.fills(LIVE),
        await store.ledger.entries(LIVE, AT),
        await store.ledger.orders(DEPLOYMENT, 9),
        await store.decisions.recent(DEPLOYMENT, 9),
        await store.decisions.month_to_date(DEPLOYMENT, AT),
        await store.states.read(DEPLOYMENT),
        await store.logs.recent(DEPLOYMENT, 9),
        [(command.seq, command.kind) for command in await store.commands.recent(DEPLOYMENT, 9)],
        await store.deployments.load(DEPLOYMENT),
        await store.skills.find(USER, "crossing"),
        await store.continuity.find(DEPLOYMENT, 0, [SIGNING.signer]),
    )
