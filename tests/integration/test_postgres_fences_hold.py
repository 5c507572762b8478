"""Whoever passed the fence ends before the next epoch begins: every fenced write holds the lease where it is."""

from collections.abc import AsyncIterator, Callable, Coroutine
from decimal import Decimal

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentic_core.domain import (
    CommandKind,
    FundingPayment,
    IntentState,
    LeaseState,
    PreparedIntent,
    Size,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.records import CommandState, IntentRecord
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.by_hand import execute
from tests.support.gated_writes import Gates, put_up_gates
from tests.support.numbered_intents import SIGNING, prepared, stop
from tests.support.store_under_test import HOLDER, PAYLOAD, TTL_MS, StoreUnderTest, in_postgres
from tests.support.stored_values import (
    AT,
    BTC,
    DEPLOYMENT,
    HELD,
    PAPER,
    USER,
    accepted,
    decision,
    deployment,
    fill,
    hash_of,
    intent,
    state,
)

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

Legs = tuple[PreparedIntent, ...]
Write = Callable[[PostgresStore, StoreUnderTest, Legs], Coroutine[None, None, object]]

PAID = FundingPayment(symbol=BTC, time=AT, size=Size(Decimal(1)), rate=Decimal(0), amount=Usd(Decimal(2)))
MOVED = Transfer(transfer_id="t1", kind="deposit", amount=Usd(Decimal(9)), at=AT)


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_store(database) as store:
        yield await in_postgres(store, database)


async def _prepare(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    wanted = decision(subject.skill, minute=1, opens=True)
    return await store.intents.prepare(subject.fence, wanted, [intent(1)], at=AT, signing=SIGNING)


async def _assign(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    return await store.intents.assign(subject.fence, legs[1], SIGNING, at=AT)


async def _note(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    sent = IntentRecord(prepared=legs[0], state=IntentState.SENT, sends=1)
    await store.intents.note(subject.fence, sent, [fill("f1", legs[0].intent.cloid)], at=AT)


async def _settle(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    cloid = legs[0].intent.cloid
    outcome = accepted(cloid, IntentState.FILLED, fill("f1", cloid))
    return await store.intents.settle(subject.fence, legs[0], outcome, at=AT)


async def _record_fills(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    await store.intents.record_fills(subject.fence, DEPLOYMENT, [fill("f1")], at=AT)


async def _record(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    await store.decisions.record(subject.fence, decision(subject.skill, minute=1), HELD)


async def _record_together(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    async with anyio.create_task_group() as tasks, store.database.transaction():
        # While the only connection is taken, they gather.
        for minute in (1, 2, 3):
            tasks.start_soon(store.decisions.record, subject.fence, decision(subject.skill, minute=minute), HELD)
        for _ in range(9):
            await checkpoint()


async def _write_state(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    await store.states.write(subject.fence, state("1"))


async def _record_funding(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    return await store.ledger.record_funding(subject.fence, DEPLOYMENT, [PAID], at=AT)


async def _record_transfers(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    return await store.ledger.record_transfers(subject.fence, DEPLOYMENT, [MOVED], at=AT)


async def _ack(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> object:
    (command,) = await store.commands.pending(DEPLOYMENT)
    return await store.commands.ack(command, CommandState.APPLIED, "done", at=AT, fence=subject.fence)


async def _unit(store: PostgresStore, subject: StoreUnderTest, legs: Legs) -> None:
    async with store.unit(subject.fence) as unit:
        await unit.states.write(subject.fence, state("1"))


WRITES: dict[str, Write] = {
    "prepare": _prepare,
    "assign": _assign,
    "note": _note,
    "settle": _settle,
    "record_fills": _record_fills,
    "record": _record,
    "record together": _record_together,
    "write_state": _write_state,
    "record_funding": _record_funding,
    "record_transfers": _record_transfers,
    "ack": _ack,
    "unit": _unit,
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
async def test_takeover_waits_for_a_write_that_passed_the_fence(
    database: str, subject: StoreUnderTest, write: Write
) -> None:
    """Held up before its first row, it keeps the next epoch from beginning, and then all of it is stored."""
    legs = await prepared(subject, [intent(leg=0), stop(leg=1)], signing=SIGNING)
    await subject.store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
    put_up_gates(database)
    execute(database, "drop trigger zz_gate on leases")  # a takeover shall stand before the lease itself
    with anyio.fail_after(30):
        async with (
            Gates.at(database) as gates,
            open_store(database, pool_max=1) as writer,
            open_store(database) as successor,
        ):
            await gates.shut(1)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(write, writer, subject, legs)
                writing = await gates.standing(1)
                tasks.start_soon(_take_over, successor)
                assert await _waiting_besides(database, writing) == [writing]
                assert execute(database, "select epoch from leases") == [(1,)]
                await gates.open(1)
    assert execute(database, "select epoch, state from leases") == [(2, LeaseState.HELD)]


async def test_first_lease_of_a_database_is_given_also_after_a_revocation(database: str) -> None:
    """An epoch that nobody took does not make a database look like one that lost its identity."""
    async with open_store(database) as store:
        saved = await store.skills.save(USER, name="x", slug="x", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
        await store.deployments.create(deployment(saved.skill_id))
        assert await store.leases.revoke(PAPER) == 1
        await store.leases.allow(PAPER)
        lease = await store.leases.acquire(PAPER, HOLDER, TTL_MS)
        assert lease is not None
        assert lease.epoch == 2


async def _take_over(store: PostgresStore) -> None:
    # The holder itself need not wait until its lease has run out.
    assert await store.leases.acquire(PAPER, HOLDER, TTL_MS) is not None


async def _waiting_besides(database: str, writing: int) -> object:
    waiting = (
        "select pg_blocking_pids(pid) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock' and pid <> %s"
    )
    while not (found := execute(database, waiting, writing)):
        await checkpoint()
    return found[0][0]
