"""What a runner says to the store about orders, each as one transaction, and how it is read again by its ids.

The other acts are in `acts_of_record` and `acts_of_journal`.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Final

from anyio.lowlevel import checkpoint

from agentic_core.domain import Fence, Fill, FillKind, Instant, IntentState, OrderIntent, PreparedIntent, SkillId
from agentic_core.domain.order import Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import AgenticError, Conflict
from agentic_core.store.postgres import PostgresStore
from tests.support.numbered_intents import stop
from tests.support.store_under_test import HOLDER
from tests.support.stored_values import (
    AT,
    DEPLOYMENT,
    LIVE,
    MINUTE_MS,
    WALLET,
    accepted,
    decision,
    fill,
    intent,
)

__all__ = ["COST", "LEASED_MS", "ORDER_ACTS", "Act", "Room", "at", "prepare", "settle"]

COST: Final = Decimal("0.0125")
LEASED_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A database with a live deployment in it, whose lease is ours."""

    dsn: str
    """Where the owner finds it."""
    store: PostgresStore
    """Of whoever says the act."""
    owner: PostgresStore
    """Of somebody who may read everything, and order."""
    skill: SkillId
    fence: Fence
    between: Callable[[], Awaitable[None]] = checkpoint
    """What an act of several statements waits for after each of them."""

    async def retaken(self) -> "Room":
        """Take the lease with the next epoch."""
        lease = await self.store.leases.acquire(LIVE, HOLDER, LEASED_MS, deployment=DEPLOYMENT)
        assert lease is not None
        return replace(self, fence=Fence(account=LIVE, epoch=lease.epoch))

    async def record_of(self, order: OrderIntent) -> IntentRecord | None:
        """Return what is known of an order."""
        return await self.store.intents.find(LIVE, order.cloid)

    async def known(self, order: OrderIntent) -> IntentRecord:
        """Return what is known of an order that is there."""
        record = await self.record_of(order)
        assert record is not None
        return record


class Act(ABC):
    """One thing that is said: all of it is stored, or nothing.

    Every minute has a decision of its own, hence other ids.
    """

    name: ClassVar[str]
    told: ClassVar[str]
    """What is read once it is stored."""
    writes: ClassVar[str]
    """Each write of the transaction in turn: `+` inserts, `~` updates, `-` deletes a row of the table."""
    records: ClassVar[str]
    """What the journal tells of it."""
    rows: ClassVar[str]
    """How many rows each table has more."""
    again: ClassVar[type[AgenticError] | None] = None
    """What somebody hears who says it though it is stored; None where that changes nothing."""
    is_runners: ClassVar[bool] = True
    """Whether a runner says it; otherwise the owner of the database does."""
    before_commit: ClassVar[int] = 0
    """How many of the writes come before the client has said all."""
    pauses: ClassVar[int] = 0
    """How often it waits for `Room.between`."""
    may_be_repeated: ClassVar[bool] = True
    """Whether nothing comes of saying it twice."""
    frees_lease: ClassVar[bool] = False

    async def ground(self, room: Room, minute: int) -> None:
        """Store what it builds on: nothing, for most."""
        await checkpoint()

    @abstractmethod
    async def say(self, room: Room, minute: int) -> None:
        """Say it."""

    @abstractmethod
    async def read(self, room: Room, minute: int) -> str:
        """Return what is known of it; nothing where it is not stored."""


def at(minute: int) -> Instant:
    """Return when a minute begins."""
    return Instant(AT + minute * MINUTE_MS)


def signing(minute: int) -> Signing:
    """Return what the orders of a minute are signed with."""
    return Signing(signer=WALLET, expires_at=Instant(at(minute) + 10_000))


def parts(minute: int) -> tuple[Fill, Fill]:
    """Return the two executions that are all of a minute's order."""
    order = intent(minute).cloid
    return fill(f"{minute}.1", order, at=at(minute)), fill(f"{minute}.2", order, at=at(minute))


class Prepare(Act):
    """A decision with an order, which gets a nonce, and a stop, which gets none yet."""

    name = "prepare"
    told = "prepared 0 0 0, prepared 0 0 -"
    writes = """
    +signer_nonces ~signer_nonces +decision_snapshots +cost_rollups ~cost_rollups +order_intents +order_intents
    +journal ~journal_heads +journal_payloads +journal ~journal_heads +journal ~journal_heads
    """
    records = "decision intent intent"
    rows = "+1 decision_snapshots, +2 order_intents, +3 journal, +1 journal_payloads"
    again: ClassVar[type[AgenticError] | None] = Conflict

    async def say(self, room: Room, minute: int) -> None:
        """Prepare."""
        await prepare(room, minute)

    async def read(self, room: Room, minute: int) -> str:
        """Look for the intents."""
        found = [await room.record_of(leg) for leg in (intent(minute), stop(minute, leg=1))]
        return ", ".join(_numbered(record, minute) for record in found if record is not None)


class _OnOrder(Act):
    async def ground(self, room: Room, minute: int) -> None:
        """Prepare the order."""
        await prepare(room, minute)


class Assign(_OnOrder):
    """A nonce for the stop."""

    name = "assign"
    told = "prepared 0 0 7"
    writes = "+signer_nonces ~signer_nonces ~order_intents +journal ~journal_heads"
    records = "numbered"
    rows = "+1 journal"
    again: ClassVar[type[AgenticError] | None] = Conflict

    async def say(self, room: Room, minute: int) -> None:
        """Ask for the nonce."""
        prepared = (await room.known(stop(minute, leg=1))).prepared
        await room.store.intents.assign(room.fence, prepared, signing(minute), at=Instant(at(minute) + 7))

    async def read(self, room: Room, minute: int) -> str:
        """Look whether the stop has one."""
        record = await room.record_of(stop(minute, leg=1))
        return "" if record is None or record.prepared.nonce is None else _numbered(record, minute)


class Note(_OnOrder):
    """All that is known of the order, with what it executed."""

    name = "note"
    told = "booked 0.0026 0.0026, filled 0.0026 of 0.0026 at 46400.1, 2 fills"
    writes = """
    ~order_intents +fills +fills +mainnet_orders +mainnet_orders
    +journal ~journal_heads +journal ~journal_heads +journal ~journal_heads
    """
    records = "noted fill fill"
    rows = "+1 mainnet_orders, +2 fills, +3 journal"

    async def say(self, room: Room, minute: int) -> None:
        """Note that it executed."""
        size = intent(minute).size
        prepared = (await room.known(intent(minute))).prepared
        record = IntentRecord(
            prepared=prepared, state=IntentState.BOOKED, filled=size, booked=size, sends=1, ended_by="executed_all"
        )
        await room.store.intents.note(room.fence, record, parts(minute), at=at(minute), venue_order_id="77")

    async def read(self, room: Room, minute: int) -> str:
        """Look for the order and its fills."""
        return await _executed(room, minute)


class Settle(_OnOrder):
    """The venue's answer to the order."""

    name = "settle"
    told = "filled 0.0026 0.0026, filled 0.0026 of 0.0026 at 46400.1, 2 fills"
    writes = Note.writes
    records = "noted fill fill"
    rows = Note.rows

    async def say(self, room: Room, minute: int) -> None:
        """Settle it with two fills."""
        await settle(room, minute, (await room.known(intent(minute))).prepared)

    async def read(self, room: Room, minute: int) -> str:
        """Look for the order and its fills."""
        return await _executed(room, minute)


class RecordFills(_OnOrder):
    """A fill of a resting order, and one that nobody of us ordered."""

    name = "fills"
    told = "resting 0 0, partially_filled 0.0013 of 0.0026 at 46400.1, 1 fills, one of nobody"
    writes = """
    +fills +fills +mainnet_orders ~mainnet_orders
    +journal ~journal_heads +journal ~journal_heads
    """
    records = "fill fill"
    rows = "+2 fills, +2 journal"

    async def ground(self, room: Room, minute: int) -> None:
        """Let the order rest."""
        order, _ = await prepare(room, minute)
        resting = accepted(order.intent.cloid, IntentState.RESTING)
        await room.store.intents.settle(room.fence, order, resting, at=at(minute))

    async def say(self, room: Room, minute: int) -> None:
        """Record both."""
        strange = fill(f"{minute}.0", at=at(minute), kind=FillKind.EXTERNAL)
        await room.store.intents.record_fills(room.fence, DEPLOYMENT, [parts(minute)[0], strange], at=at(minute))

    async def read(self, room: Room, minute: int) -> str:
        """Look for both."""
        strange = [each for each in await room.store.intents.fills(LIVE) if each.fill_id == f"{minute}.0"]
        shown = await _executed(room, minute)
        return f"{shown}, one of nobody" if strange else shown


ORDER_ACTS: Final[tuple[Act, ...]] = (Prepare(), Assign(), Note(), Settle(), RecordFills())


async def prepare(room: Room, minute: int) -> tuple[PreparedIntent, PreparedIntent]:
    """Prepare the order and the stop of a minute, of which the order gets the nonce of its instant."""
    wanted = decision(room.skill, minute=minute, opens=True, text="because", cost=COST)
    order, protection = await room.store.intents.prepare(
        room.fence, wanted, [intent(minute), stop(minute, leg=1)], at=at(minute), signing=signing(minute)
    )
    return order, protection


async def settle(room: Room, minute: int, order: PreparedIntent) -> None:
    """Settle the order of a minute with all it could execute."""
    taken = accepted(order.intent.cloid, IntentState.FILLED, *parts(minute))
    await room.store.intents.settle(room.fence, order, taken, at=at(minute))


async def _executed(room: Room, minute: int) -> str:
    order = intent(minute)
    fills = [each for each in await room.store.intents.fills(LIVE) if each.cloid == order.cloid]
    placed = [each for each in await room.owner.ledger.orders(DEPLOYMENT, 10_000) if each.cloid == order.cloid]
    if not fills:
        return ""
    shown = _shown(await room.known(order))
    (found,) = placed
    return (
        f"{shown}, {found.status} {found.filled_size_base.normalize()} of {found.size_base.normalize()} "
        f"at {found.avg_fill_price}, {len(fills)} fills"
    )


def _numbered(record: IntentRecord, minute: int) -> str:
    nonce = record.prepared.nonce
    return f"{_shown(record)} {'-' if nonce is None else nonce - at(minute)}"


def _shown(record: IntentRecord) -> str:
    return f"{record.state} {record.filled.normalize()} {record.booked.normalize()}"
