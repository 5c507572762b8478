"""Everything that is written under a lease, as fast as it goes, and counted as it is acknowledged."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import anyio

from agentic_core.domain import Fence, IntentState, OrderIntent, PreparedIntent, Rejected
from agentic_core.domain.ids import SkillId
from agentic_core.domain.records import CommandState, IntentRecord
from agentic_core.errors import Fenced
from agentic_core.store.postgres import PostgresStore
from tests.support.numbered_intents import SIGNING
from tests.support.stored_values import AT, HELD, LIVE, executed
from tests.takeovers.marks import RESERVED, RUN, accepted, decided, funded, legs, moved, stated, unasked

__all__ = ["Writes"]

_TOGETHER = 3
"""Decisions of one moment, which the store puts together to one statement."""

_Answer = TypeVar("_Answer")


class Writes:
    """What the holder of one lease does; each method goes on until the first refusal."""

    def __init__(self, store: PostgresStore, skill: SkillId, epoch: int) -> None:
        self.fence = Fence(account=LIVE, epoch=epoch)
        self.acked: Counter[str] = Counter()
        """Rows that are stored, by the words of the audit."""
        self.caught: Counter[str] = Counter()
        """Calls that were refused."""
        self.over = anyio.Event()
        """Set once a call was refused, or somebody said so."""
        self._store = store
        self._skill = skill
        self._epoch = epoch
        self._turn = 0

    def refuse(self, what: str) -> None:
        """Note that a call was refused, after which there is nothing left to do."""
        self.caught[what] += 1
        self.over.set()

    def start_again(self) -> None:
        """Go on after a refusal that came too early."""
        self.caught["too early"] += 1
        self.over = anyio.Event()

    async def inherit(self) -> None:
        """End what earlier epochs left, as a takeover does before anything else."""
        for left in await self._store.intents.living(LIVE):
            if left.prepared.decision == decided(self._skill, 0, RESERVED).decision_id:
                continue
            cloid = left.prepared.intent.cloid
            if left.sends < self._epoch and left.prepared.nonce is None:
                await self._note(left.prepared, IntentState.DEAD)
            else:
                refused = Rejected(cloid=cloid, reason=str(self._epoch))
                settled = self._store.intents.settle(self.fence, left.prepared, refused, at=AT)
                await self._say("settle", settled, settled=1)

    async def go_on(self, method: Callable[[], Awaitable[None]]) -> None:
        """Repeat one of the following until a call of any of them is refused; nothing under way is called off."""
        while not self.over.is_set():
            with suppress(Fenced):
                await method()

    async def order(self) -> None:
        """Decide, prepare, number, send, settle and conclude."""
        turn = self._next()
        ordered, protection = await self._prepared(turn)
        await self._assign(protection)
        await self._note(ordered, IntentState.SENT)
        filled = accepted(ordered, self._epoch)
        settled = self._store.intents.settle(self.fence, ordered, filled, at=AT)
        await self._say("settle", settled, settled=1, fills=1)
        await self._note(protection, IntentState.DEAD)
        result = executed(ordered.intent.cloid)
        recorded = self._store.decisions.record(self.fence, decided(self._skill, self._epoch, turn), result)
        await self._say("record", recorded, result=1)

    async def keep_books(self) -> None:
        """State, funding, transfers, fills that nobody ordered, decisions that come together, and commands."""
        ledger, intents = self._store.ledger, self._store.intents
        turn, name = self._next(), str(self._turn)
        await self._say("write_state", self._store.states.write(self.fence, stated(self._epoch)), state=1)
        paid = ledger.record_funding(self.fence, RUN, [funded(self._epoch, turn)], at=AT)
        await self._say("record_funding", paid, funding=1)
        gained = ledger.record_transfers(self.fence, RUN, [moved(self._epoch, name)], at=AT)
        await self._say("record_transfers", gained, transfer=1)
        liquidated = intents.record_fills(self.fence, RUN, [unasked(self._epoch, name)], at=AT)
        await self._say("record_fills", liquidated, fills=1)
        await self._decide_together()
        await self._obey()

    async def _prepared(self, turn: int) -> tuple[PreparedIntent, ...]:
        wanted: tuple[OrderIntent, ...] = legs(self._epoch, turn)
        decision = decided(self._skill, self._epoch, turn)
        preparing = self._store.intents.prepare(self.fence, decision, wanted, at=AT, signing=SIGNING)
        return await self._say("prepare", preparing, decided=1, prepared=2)

    async def _assign(self, protection: PreparedIntent) -> None:
        assigning = self._store.intents.assign(self.fence, protection, SIGNING, at=AT)
        await self._say("assign", assigning, assigned=1)

    async def _note(self, prepared: PreparedIntent, state: IntentState) -> None:
        record = IntentRecord(prepared=prepared, state=state, sends=self._epoch)
        await self._say("note", self._store.intents.note(self.fence, record, at=AT), noted=1)

    async def _decide_together(self) -> None:
        async def decide(turn: int) -> None:
            recorded = self._store.decisions.record(self.fence, decided(self._skill, self._epoch, turn), HELD)
            with suppress(Fenced):
                await self._say("record", recorded, decided=1)

        async with anyio.create_task_group() as tasks:
            for _ in range(_TOGETHER):
                tasks.start_soon(decide, self._next())

    async def _obey(self) -> None:
        first, *commands = await self._store.commands.pending(RUN)
        assert first.seq == RESERVED
        for command in commands:
            words = str(self._epoch)
            acked = self._store.commands.ack(command, CommandState.APPLIED, words, at=AT, fence=self.fence)
            await self._say("ack", acked, acked=1)

    async def _say(self, what: str, call: Awaitable[_Answer], **rows: int) -> _Answer:
        try:
            answer = await call
        except Fenced:
            self.refuse(what)
            raise
        self.acked.update(rows)
        return answer

    def _next(self) -> int:
        self._turn += 1
        return self._turn
