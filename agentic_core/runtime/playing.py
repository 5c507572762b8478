"""Playing a turn in the present: whoever decides is waited for so long, and what follows is never cut."""

from contextlib import suppress
from functools import partial

import anyio
import msgspec

from agentic_core.domain.decision import Usage
from agentic_core.domain.money import Usd
from agentic_core.errors import AgenticError
from agentic_core.ports.chat_model import Unusable
from agentic_core.runtime.drive import Perform, answer, drive
from agentic_core.runtime.effects import Ask, Effect, EffectReply, Reserve, Send
from agentic_core.runtime.tick import TickGenerator, TickOutcome
from agentic_core.runtime.turn_gate import BrokenOff, TurnGate

__all__ = ["Played", "play"]


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that was played to its end."""

    outcome: TickOutcome
    has_sent: bool
    """Whether anything was handed to the broker, whatever came of it."""


async def play(turn: TickGenerator, perform: Perform, gate: TurnGate, *, within_ms: int) -> Played:
    """Play a turn to its end.

    A decider that is broken off has answered nothing usable, and cost what was held for it. All that comes after an
    answer is carried out to its end, even where the task is cancelled meanwhile, unless the gate was cut.

    Args:
        turn: what is played.
        perform: performs its effects.
        gate: breaks off the waiting.
        within_ms: how long the decider is waited for.
    """
    return await _Playing(turn, perform, gate, within_ms).run()


class _Playing:
    def __init__(self, turn: TickGenerator, perform: Perform, gate: TurnGate, within_ms: int) -> None:
        self._turn = turn
        self._perform = perform
        self._gate = gate
        self._within_ms = within_ms
        self._bound: Usd | None = None
        self._has_sent = False

    async def run(self) -> Played:
        outcome = await drive(self._turn, self._reply)
        return Played(outcome=outcome, has_sent=self._has_sent)

    async def _reply(self, effect: Effect) -> EffectReply:
        if isinstance(effect, Ask):
            return await self._ask(effect)
        if isinstance(effect, Reserve):
            self._bound = effect.bound
            return await self._perform(effect)
        self._has_sent = self._has_sent or isinstance(effect, Send)
        replies: list[EffectReply] = []
        with self._gate.carried_out():
            replies.append(await self._perform(effect))
        return replies[0]

    async def _ask(self, effect: Ask) -> EffectReply:
        if self._gate.is_held:
            return Unusable(cause="nobody was asked: the turns are held back", usage=Usage())
        try:
            reply = await self._gate.breakable(partial(self._performed, effect), within_ms=self._within_ms)
        except anyio.get_cancelled_exc_class():
            # The call may have left, so what it can have cost is written down before this task ends.
            with self._gate.carried_out(), suppress(AgenticError):
                await answer(self._turn, self._unanswered("the runner was torn down"), self._perform)
            raise
        return self._unanswered(reply.cause) if isinstance(reply, BrokenOff) else reply

    async def _performed(self, effect: Effect) -> EffectReply:
        return await self._perform(effect)

    def _unanswered(self, cause: str) -> Unusable:
        return Unusable(cause=f"broken off: {cause}", usage=Usage(cost_usd=self._bound))
