"""What an account's money did and what became of its orders: memory and PostgreSQL say the same, in any sequence."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import permutations

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    DeploymentId,
    Fence,
    Fill,
    FundingPayment,
    Instant,
    IntentState,
    PreparedIntent,
    Price,
    Rejected,
    SendOutcome,
    Size,
    Unresolved,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.placed_orders import PlacedOrder, PlacedStatus
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import AgenticError
from agentic_core.ports.repositories import Store
from tests.support.agent_wallets import live_deployment
from tests.support.dice import OFF_ON, Dice
from tests.support.narrow_roles import open_narrow_store
from tests.support.numbered_intents import stop
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_memory, in_postgres
from tests.support.stored_values import AT, BTC, decision, fill, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

STEPS = 80
ENDINGS = (None, "booked", "withdrawn", "ended_empty", "ended_rejected", "executed_all", "called_filled", "outlived")
UNIT = Decimal("0.00065")


@dataclass(slots=True, kw_only=True)
class Live:
    """A store with a deployment on mainnet, and the lease of its account."""

    store: Store
    subject: StoreUnderTest
    fence: Fence
    deployment: DeploymentId
    made: list[PreparedIntent] = field(default_factory=list)

    @classmethod
    async def open(cls, subject: StoreUnderTest) -> "Live":
        """Deploy, and take the lease."""
        deployed = await live_deployment(subject.store, subject.skill)
        lease = await subject.store.leases.acquire(deployed.account_key, "runner", TTL_MS, deployment=deployed.id)
        assert lease is not None
        fence = Fence(account=deployed.account_key, epoch=lease.epoch)
        return cls(store=subject.store, subject=subject, fence=fence, deployment=deployed.id)

    async def prepare(self, minute: int) -> None:
        """Prepare an order and its stop."""
        legs = [replace(intent(minute), size=Size(UNIT * 4)), replace(stop(minute, leg=1), size=Size(UNIT * 3))]
        wanted = decision(self.subject.skill, minute=minute, run=self.deployment, opens=True)
        self.made += await self.store.intents.prepare(self.fence, wanted, legs, at=Instant(AT + minute % 3))

    async def shown(self) -> list[object]:
        """Return everything that the ledger answers."""
        ledger, account, middle = self.store.ledger, self.fence.account, Instant(AT + 2)
        return [
            await ledger.orders(self.deployment, 100),
            await ledger.orders(self.deployment, 3),
            await ledger.entries(account, Instant(0)),
            await ledger.entries(account, middle),
            await ledger.totals(account, Instant(0), middle),
            await ledger.totals(account, middle, Instant(AT + 99)),
        ]


@pytest.fixture
async def both(database: str) -> AsyncIterator[tuple[Live, Live]]:
    """Yield both stores, furnished the same."""
    async with open_narrow_store(database) as store:
        yield await Live.open(await in_memory()), await Live.open(await in_postgres(store, database))


@pytest.fixture
async def live(database: str) -> AsyncIterator[Live]:
    """Yield the database alone."""
    async with open_narrow_store(database) as store:
        yield await Live.open(await in_postgres(store, database))


def execution(name: str, of: PreparedIntent, units: int, price: str, fee: str, at: int = 0) -> Fill:
    """Return a fill of an order."""
    return replace(
        fill(f"{of.intent.leg}.{of.decision[:8]}.{name}", of.intent.cloid, at=AT + at),
        size=Size(UNIT * units),
        price=Price(Decimal(price)),
        fee=Usd(Decimal(fee)),
    )


def rolled_fills(dice: Dice, of: PreparedIntent) -> list[Fill]:
    """Roll a few executions; a name always stands for the same one."""
    names = [dice.any_of(*"abcdef") for _ in range(dice.whole(0, 3))]
    return [execution(name, of, 1, f"46400.{ord(name)}", f"0.0{ord(name)}", ord(name) % 5) for name in names]


def rolled_record(dice: Dice, of: PreparedIntent) -> IntentRecord:
    """Roll what may be noted."""
    return IntentRecord(
        prepared=of,
        state=dice.any_of(*IntentState),
        filled=Size(UNIT * dice.any_of(0, 0, 1, 2, 4)),
        booked=Size(Decimal(0)),
        sends=dice.whole(0, 1),
        uncounted=dice.mostly(*OFF_ON),
        ended_by=dice.any_of(*ENDINGS),
    )


async def step(dice: Dice, one: Live, number: int) -> object:
    """Do one thing; the same dice do the same to another store."""
    if number % 6 == 0:
        await one.prepare(number)
        return None
    of = one.made[-1 - dice.whole(0, min(9, len(one.made) - 1))]
    fills, at, cloid = rolled_fills(dice, of), Instant(AT + dice.whole(0, 5)), of.intent.cloid
    ledger, intents = one.store.ledger, one.store.intents
    match dice.any_of("note", "note", "settle", "fills", "funding", "transfers"):
        case "note":
            told_as = dice.any_of(None, "7", "8")
            await intents.note(one.fence, rolled_record(dice, of), fills, at=at, venue_order_id=told_as)
        case "settle":
            taken = Accepted(cloid=cloid, state=dice.any_of(*IntentState), fills=tuple(fills), venue_order_id="7")
            lost, refused = Unresolved(cloid=cloid, cause="timeout"), Rejected(cloid=cloid, reason="no")
            outcomes: tuple[SendOutcome, ...] = (taken, taken, lost, refused)
            return await intents.settle(one.fence, of, dice.any_of(*outcomes), at=at)
        case "fills":
            await intents.record_fills(one.fence, one.deployment, fills, at=at)
        case "funding":
            paid = [payment(dice.whole(0, 5)) for _ in range(dice.whole(0, 3))]
            return await ledger.record_funding(one.fence, one.deployment, paid, at=at)
        case _:
            moved = [transfer(dice.whole(0, 5)) for _ in range(dice.whole(0, 3))]
            return await ledger.record_transfers(one.fence, one.deployment, moved, at=at)
    return None


def payment(hour: int) -> FundingPayment:
    """Return the payment of an hour."""
    amount = Usd(Decimal("-1.25") + hour)
    return FundingPayment(symbol=BTC, time=Instant(AT + hour), size=Size(UNIT), rate=Decimal("0.00001"), amount=amount)


def transfer(number: int) -> Transfer:
    """Return money that came."""
    return Transfer(transfer_id=f"t{number}", kind="deposit", amount=Usd(Decimal(number)), at=Instant(AT + number))


async def told(dice: Dice, one: Live, number: int) -> object:
    """Return what comes of a step; a refusal is its kind and its words."""
    try:
        return await step(dice, one, number)
    except AgenticError as error:
        return type(error), str(error)


@pytest.mark.parametrize("seed", range(6))
async def test_ledgers_answer_the_same_whatever_is_written(both: tuple[Live, Live], seed: int) -> None:
    """Orders, entries and totals after every step, and which entries were new."""
    for number in range(STEPS):
        rolled = b"".join(sha256(f"{seed}.{number}.{block}".encode()).digest() for block in range(3))
        first, second = [await told(Dice(rolled), one, number) for one in both]
        assert first == second, f"seed {seed}, step {number}"
        memory, postgres = [await one.shown() for one in both]
        assert memory == postgres, f"seed {seed}, step {number}"


async def test_order_is_the_same_whatever_comes_first(live: Live) -> None:
    """Its end and its fills, one of them twice, in each of 24 sequences: added up by hand."""
    for number, sequence in enumerate(permutations(("a", "b", "a", "end"))):
        live.made.clear()
        await live.prepare(number)
        await _play(live, sequence)
        order = await _newest(live)
        assert (order.status, order.filled_size_base) == (PlacedStatus.FILLED, Decimal("0.00260"))
        assert (order.avg_fill_price, order.fee_usd) == (Decimal("46400.75"), Decimal("0.3"))
        assert order.settled_at == AT + 9


async def _play(live: Live, sequence: Sequence[str]) -> None:
    (order, _) = live.made
    parts = {"a": execution("a", order, 1, "46400", "0.1"), "b": execution("b", order, 3, "46401", "0.2")}
    for what in sequence:
        if what == "end":
            taken = Accepted(cloid=order.intent.cloid, state=IntentState.FILLED, fills=(), venue_order_id="7")
            await live.store.intents.settle(live.fence, order, taken, at=Instant(AT + 9))
        else:
            await live.store.intents.record_fills(live.fence, live.deployment, [parts[what]], at=AT)


async def _newest(live: Live) -> PlacedOrder:
    orders = await live.store.ledger.orders(live.deployment, 100)
    (found,) = [order for order in orders if order.cloid == live.made[0].intent.cloid]
    return found
