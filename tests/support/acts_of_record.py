"""What a runner says to the store about decisions and money, each as one transaction; see `acts` for what that is."""

from collections.abc import Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Final

import anyio

from agentic_core.domain import AccountDay, Decision, FundingPayment, Instant, Usd
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.ledger import LedgerEntry
from agentic_core.errors import AgenticError, Conflict
from tests.support.acts import COST, Act, Room, at, prepare, settle
from tests.support.stored_values import BTC, DEPLOYMENT, HELD, decision, executed, intent, log_line, state

__all__ = ["MANY", "RECORD_ACTS", "Unit", "decided", "result_of"]

MANY: Final = 10_000


def decided(room: Room, minute: int) -> Decision:
    """Return what a minute decided on its own: nothing, at a cost."""
    return decision(room.skill, minute=minute, text="because", cost=COST)


async def result_of(room: Room, wanted: Decision) -> str:
    """Return the result of a decision as it is read; nothing where there is none."""
    known = await room.owner.decisions.recent(DEPLOYMENT, MANY)
    found = [each for each in known if each.decision.decision_id == wanted.decision_id]
    return ", ".join(f"{type(each.result).__name__} {each.decision.final_text}" for each in found)


class Result(Act):
    """What became of a decision that was prepared."""

    name = "result"
    told = "Executed because"
    writes = "+decision_snapshots ~decision_snapshots +journal ~journal_heads"
    records = "result"
    rows = "+1 journal"

    async def ground(self, room: Room, minute: int) -> None:
        """Prepare the order."""
        await prepare(room, minute)

    async def say(self, room: Room, minute: int) -> None:
        """Record that it executed."""
        await room.store.decisions.record(
            room.fence, decision(room.skill, minute=minute), executed(intent(minute).cloid)
        )

    async def read(self, room: Room, minute: int) -> str:
        """Look for the result."""
        return await result_of(room, decision(room.skill, minute=minute))


class Record(Act):
    """A decision with its result, at once."""

    name = "record"
    told = "NoopResult because"
    writes = """
    +decision_snapshots +cost_rollups ~cost_rollups +journal ~journal_heads +journal_payloads
    """
    records = "decision"
    rows = "+1 decision_snapshots, +1 journal, +1 journal_payloads"

    async def say(self, room: Room, minute: int) -> None:
        """Record it."""
        await room.store.decisions.record(room.fence, decided(room, minute), HELD)

    async def read(self, room: Room, minute: int) -> str:
        """Look for it."""
        return await result_of(room, decided(room, minute))


class Together(Act):
    """Two decisions and two log lines that different tasks bring at the same moment, hence one commit.

    Nothing tells a line from the same line said twice.
    """

    name = "together"
    told = "NoopResult because, NoopResult because, 2 lines"
    writes = """
    +decision_snapshots +decision_snapshots +cost_rollups ~cost_rollups +agent_logs +agent_logs
    +journal ~journal_heads +journal_payloads +journal ~journal_heads +journal_payloads
    """
    records = "decision decision"
    may_be_repeated = False
    rows = "+2 decision_snapshots, +2 agent_logs, +2 journal, +2 journal_payloads"

    async def say(self, room: Room, minute: int) -> None:
        """Let all of them speak at once; whatever happens to one happens to all."""
        decisions, logs = room.store.decisions, room.store.logs
        lines = [[log_line(f"line {minute}.{number}", at=at(minute))] for number in (1, 2)]
        lost: list[AgenticError] = []

        async def speak(words: Coroutine[None, None, None]) -> None:
            try:
                await words
            except AgenticError as error:
                lost.append(error)

        async with anyio.create_task_group() as tasks, room.store.unit():  # meanwhile the only connection is taken
            for each in self._decisions(room, minute):
                tasks.start_soon(speak, decisions.record(room.fence, each, HELD))
            for line in lines:
                tasks.start_soon(speak, logs.append(line))
            await anyio.wait_all_tasks_blocked()
        if lost:
            assert len(lost) == 4
            raise lost[0]

    async def read(self, room: Room, minute: int) -> str:
        """Look for all four."""
        found = [await result_of(room, each) for each in self._decisions(room, minute)]
        said = {f"line {minute}.1", f"line {minute}.2"}
        lines = [line for line in await room.owner.logs.recent(DEPLOYMENT, MANY) if line.message in said]
        if lines:
            found.append(f"{len(lines)} lines")
        return ", ".join(filter(None, found))

    @staticmethod
    def _decisions(room: Room, minute: int) -> tuple[Decision, Decision]:
        return decided(room, minute), decided(room, minute + MANY)


class Unit(Act):
    """A unit of work: an order prepared and settled, its result, the state after it, and money that moved."""

    name = "unit"
    told = "Executed because, the state, Fill, Fill, FundingPayment, Transfer"
    writes = """
    +signer_nonces ~signer_nonces +decision_snapshots +cost_rollups ~cost_rollups +order_intents +order_intents
    ~order_intents +fills +fills +mainnet_orders +mainnet_orders
    +decision_snapshots ~decision_snapshots +agent_state ~agent_state +funding_payments +transfers
    +journal ~journal_heads +journal_payloads +journal ~journal_heads +journal ~journal_heads
    +journal ~journal_heads +journal ~journal_heads +journal ~journal_heads
    +journal ~journal_heads +journal ~journal_heads +journal ~journal_heads
    """
    records = "decision intent intent noted fill fill result funding transfer"
    rows = """
    +1 decision_snapshots, +2 order_intents, +2 fills, +1 mainnet_orders,
    +1 funding_payments, +1 transfers, +9 journal, +1 journal_payloads
    """
    again: ClassVar[type[AgenticError] | None] = Conflict
    before_commit = 18
    pauses = 6

    async def say(self, room: Room, minute: int) -> None:
        """Do all of it, one after the other."""
        paid = FundingPayment.settle(
            BTC, at(minute), size=Decimal("0.0026"), price=Decimal(46_400), rate=Decimal("0.00001")
        )
        moved = Transfer(transfer_id=f"t{minute}", kind="deposit", amount=Usd(Decimal(5)), at=at(minute))
        async with room.store.unit(room.fence) as unit:
            inside = replace(room, store=unit)
            order, _ = await prepare(inside, minute)
            await room.between()
            await settle(inside, minute, order)
            await room.between()
            await unit.decisions.record(room.fence, decision(room.skill, minute=minute), executed(order.intent.cloid))
            await room.between()
            await unit.states.write(room.fence, state(f"{10_000 + minute}", at=at(minute)))
            await room.between()
            await unit.ledger.record_funding(room.fence, DEPLOYMENT, [paid], at=at(minute))
            await room.between()
            await unit.ledger.record_transfers(room.fence, DEPLOYMENT, [moved], at=at(minute))
            await room.between()

    async def read(self, room: Room, minute: int) -> str:
        """Look for the result and the money."""
        found = [await result_of(room, decision(room.skill, minute=minute))]
        newest = await room.store.states.read(DEPLOYMENT)
        if newest is not None and newest.equity_usd >= 10_000 + minute:
            found.append("the state")
        entries = await room.store.ledger.entries(room.fence.account, at(minute))
        moved = [type(entry).__name__ for entry in entries if _instant_of(entry) == at(minute)]
        return ", ".join(filter(None, [*found, *moved]))


class Day(Act):
    """What is remembered of the account from a new day on."""

    name = "day"
    told = "the day"
    writes = "+account_days"
    records = ""
    rows = "+1 account_days"

    async def say(self, room: Room, minute: int) -> None:
        """Write it down."""
        equity = Usd(Decimal(10_000))
        day = AccountDay(
            account=room.fence.account,
            day=minute,
            baseline_usd=equity,
            opened_at=at(minute),
            peak_usd=equity,
            as_of=at(minute),
        )
        await room.store.days.write(room.fence, day)

    async def read(self, room: Room, minute: int) -> str:
        """Look for it."""
        newest = await room.store.days.newest(room.fence.account)
        return "the day" if newest is not None and newest.day >= minute else ""


RECORD_ACTS: Final[tuple[Act, ...]] = (Result(), Record(), Together(), Unit(), Day())


def _instant_of(entry: LedgerEntry) -> Instant:
    return entry.at if isinstance(entry, Transfer) else entry.time
