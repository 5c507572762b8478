"""Whoever writes what an order executed, and however many at once: nothing is lost, and nothing is counted twice."""

from collections.abc import AsyncIterator, Callable, Coroutine
from decimal import Decimal

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import Accepted, Fence, Fill, FundingPayment, Instant, IntentState, PreparedIntent, Size
from agentic_core.domain.placed_orders import PlacedStatus
from agentic_core.domain.records import IntentRecord
from agentic_core.store.postgres import PostgresStore
from tests.support.agent_wallets import live_deployment
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import TTL_MS, in_postgres
from tests.support.stored_values import AT, BTC, decision, fill, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

WRITERS = 6
ROUNDS = 12
UNIT = Decimal("0.00130")


class Room:
    """One live account in one database, with as many connections as there are writers."""

    def __init__(self, store: PostgresStore, database: str) -> None:
        self.store = store
        self._database = database

    async def furnish(self) -> None:
        """Deploy, and take the lease."""
        subject = await in_postgres(self.store, self._database)
        self.skill = subject.skill
        deployed = await live_deployment(self.store, self.skill)
        self.deployment = deployed.id
        lease = await self.store.leases.acquire(deployed.account_key, "runner", TTL_MS, deployment=deployed.id)
        assert lease is not None
        self.fence = Fence(account=deployed.account_key, epoch=lease.epoch)

    async def order(self, number: int) -> PreparedIntent:
        """Prepare an order of as many units as there are writers."""
        wanted = replace(intent(number), size=Size(UNIT * WRITERS))
        of = decision(self.skill, minute=number, run=self.deployment, opens=True)
        (prepared,) = await self.store.intents.prepare(self.fence, of, [wanted], at=AT)
        return prepared

    async def check(self, order: PreparedIntent) -> None:
        """Every unit is counted once, in the intent and in the order that people see."""
        record = await self.store.intents.find(self.fence.account, order.intent.cloid)
        assert record is not None
        assert (record.filled, record.booked) == (Decimal("0.0078"), Decimal("0.0078"))
        placed = await self.store.ledger.orders(self.deployment, 1_000)
        (found,) = [each for each in placed if each.cloid == order.intent.cloid]
        assert (found.status, found.filled_size_base) == (PlacedStatus.FILLED, Decimal("0.0078"))
        assert (found.avg_fill_price, found.fee_usd) == (Decimal("46400.10"), Decimal("0.16287"))


@pytest.fixture
async def room(database: str) -> AsyncIterator[Room]:
    """Yield the room."""
    async with open_narrow_store(database, pool_max=WRITERS) as store:
        room = Room(store, database)
        await room.furnish()
        yield room


def part(order: PreparedIntent, number: int) -> Fill:
    """Return one unit of an order."""
    return fill(f"{order.intent.cloid[-8:]}.{number}", order.intent.cloid)


async def at_once(work: Callable[[int], Coroutine[None, None, None]]) -> None:
    """Let every writer write at the same moment."""
    async with anyio.create_task_group() as tasks:
        for number in range(WRITERS):
            tasks.start_soon(work, number)


async def test_settling_at_once_counts_every_fill(room: Room) -> None:
    """Each settlement brings a fill of its own and one that the next one brings as well."""
    for number in range(ROUNDS):
        order = await room.order(number)

        async def settle(writer: int, order: PreparedIntent = order) -> None:
            fills = (part(order, writer), part(order, (writer + 1) % WRITERS))
            taken = Accepted(cloid=order.intent.cloid, state=IntentState.PARTIAL, fills=fills, venue_order_id="7")
            await room.store.intents.settle(room.fence, order, taken, at=AT)

        await at_once(settle)
        await room.check(order)


async def test_fills_recorded_while_the_order_is_settled_are_counted(room: Room) -> None:
    """Half of the writers record fills by the way, half of them settle with all there are."""
    for number in range(ROUNDS):
        order = await room.order(number)
        everything = tuple(part(order, writer) for writer in range(WRITERS))
        taken = Accepted(cloid=order.intent.cloid, state=IntentState.FILLED, fills=everything, venue_order_id="7")

        async def write(writer: int, order: PreparedIntent = order, taken: Accepted = taken) -> None:
            if writer % 2:
                await room.store.intents.settle(room.fence, order, taken, at=AT)
            else:
                fills = [taken.fills[writer], taken.fills[writer + 1]]
                await room.store.intents.record_fills(room.fence, room.deployment, fills, at=AT)

        await at_once(write)
        await room.check(order)


async def test_projection_misses_no_fill_that_another_writes_at_the_same_moment(room: Room) -> None:
    """Fills come from all sides while the end is noted."""
    for number in range(ROUNDS):
        order = await room.order(number)
        end = IntentRecord(
            prepared=order,
            state=IntentState.BOOKED,
            filled=Size(UNIT * WRITERS),
            booked=Size(UNIT * WRITERS),
            sends=1,
            ended_by="executed_all",
        )

        async def write(writer: int, order: PreparedIntent = order, end: IntentRecord = end) -> None:
            if writer == 0:
                await room.store.intents.note(room.fence, end, [part(order, 0)], at=AT)
            else:
                await room.store.intents.record_fills(room.fence, room.deployment, [part(order, writer)], at=AT)

        await at_once(write)
        await room.check(order)


async def test_payment_that_everybody_records_is_new_to_one(room: Room) -> None:
    """And it is in the ledger once."""
    new: list[FundingPayment] = []
    for hour in range(ROUNDS):
        paid = FundingPayment.settle(
            BTC, Instant(AT + hour), size=Decimal(1), price=Decimal(46_400), rate=Decimal("0.00001")
        )

        async def record(_: int, paid: FundingPayment = paid) -> None:
            new.extend(await room.store.ledger.record_funding(room.fence, room.deployment, [paid], at=AT))

        await at_once(record)
    totals = await room.store.ledger.totals(room.fence.account, Instant(0), Instant(AT + ROUNDS))
    assert (len(new), totals.funding_usd) == (ROUNDS, Decimal("-5.568"))
