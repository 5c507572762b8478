"""Every fenced write once more by somebody who does not hold the lease: none may come through, none may leave a row."""

from collections.abc import Awaitable, Callable

import anyio

from agentic_core.domain import Fence, IntentState, Lease, PreparedIntent
from agentic_core.domain.ids import ClientOrderId, SkillId
from agentic_core.domain.records import Command, CommandState, IntentRecord
from agentic_core.errors import AgenticError, Fenced
from agentic_core.store.postgres import PostgresStore
from tests.support.numbered_intents import SIGNING
from tests.support.stored_values import AT, HELD, LIVE
from tests.takeovers.marks import (
    RESERVED,
    RUN,
    STALE,
    accepted,
    booked,
    decided,
    funded,
    legs,
    moved,
    opened,
    stated,
    unasked,
)

__all__ = ["STALE_CALLS", "StaleWrites"]

_TURN = 9_000
"""Beyond the turns that an epoch has."""

STALE_CALLS = frozenset(
    {
        "ack",
        "assign",
        "claim",
        "note",
        "prepare",
        "record",
        "record another",
        "record_fills",
        "record_funding",
        "record_transfers",
        "renew",
        "settle",
        "step",
        "unit",
        "write_day",
        "write_state",
    }
)
"""What has to be refused, each time."""


class StaleWrites:
    """What a process tries that was the holder, all at once."""

    def __init__(self, store: PostgresStore, skill: SkillId, lease: Lease) -> None:
        self.refused: dict[str, int] = {}
        self.let_through: list[str] = []
        self.troubles: list[str] = []
        self._store = store
        self._skill = skill
        self._lease = lease
        self._fence = Fence(account=LIVE, epoch=lease.epoch)

    async def try_all(self) -> None:
        """Try everything, and give back a lease that is not ours any more."""
        order, protection = [await self._known(intent.cloid) for intent in legs(0, RESERVED)]
        command = (await self._store.commands.pending(RUN))[0]
        async with anyio.create_task_group() as tasks:
            for what, call in self._calls(order, protection, command).items():
                tasks.start_soon(self._expect_refusal, what, call)
        await self._store.leases.release(self._lease)

    def _calls(
        self, order: PreparedIntent, protection: PreparedIntent, command: Command
    ) -> dict[str, Callable[[], Awaitable[object]]]:
        store, fence, epoch = self._store, self._fence, self._lease.epoch
        decision, another = (decided(self._skill, epoch, _TURN + number) for number in (1, 2))
        sent = IntentRecord(prepared=order, state=IntentState.SENT, sends=epoch)
        noted = [booked(STALE, "noted", order)]
        return {
            "prepare": lambda: store.intents.prepare(
                fence, decided(self._skill, epoch, _TURN), legs(epoch, _TURN), at=AT, signing=SIGNING
            ),
            "assign": lambda: store.intents.assign(fence, protection, SIGNING, at=AT),
            "note": lambda: store.intents.note(fence, sent, noted, at=AT),
            "settle": lambda: store.intents.settle(fence, order, accepted(order, epoch), at=AT),
            "record": lambda: store.decisions.record(fence, decision, HELD),
            "record another": lambda: store.decisions.record(fence, another, HELD),
            "record_fills": lambda: store.intents.record_fills(fence, RUN, [unasked(STALE, "unasked")], at=AT),
            "record_funding": lambda: store.ledger.record_funding(fence, RUN, [funded(epoch, _TURN)], at=AT),
            "record_transfers": lambda: store.ledger.record_transfers(fence, RUN, [moved(epoch, STALE)], at=AT),
            "write_state": lambda: store.states.write(fence, stated(epoch)),
            "ack": lambda: store.commands.ack(command, CommandState.APPLIED, STALE, at=AT, fence=fence),
            "claim": lambda: store.commands.claim(command, fence=fence, at=AT),
            "step": lambda: store.commands.step(command, STALE, fence=fence, at=AT),
            "write_day": lambda: store.days.write(fence, opened(epoch)),
            "unit": self._unit,
            "renew": self._renew,
        }

    async def _unit(self) -> None:
        async with self._store.unit(self._fence) as unit:
            await unit.states.write(self._fence, stated(self._lease.epoch))

    async def _renew(self) -> None:
        if not await self._store.leases.renew(self._lease):
            raise Fenced(f"epoch {self._lease.epoch} was not prolonged")

    async def _expect_refusal(self, what: str, call: Callable[[], Awaitable[object]]) -> None:
        try:
            await call()
        except Fenced:
            self.refused[what] = self.refused.get(what, 0) + 1
        except AgenticError as error:
            self.troubles.append(f"{what} of epoch {self._lease.epoch}: {error}")
        else:
            self.let_through.append(what)

    async def _known(self, cloid: ClientOrderId) -> PreparedIntent:
        known = await self._store.intents.find(LIVE, cloid)
        assert known is not None
        return known.prepared
