"""Playing a turn in the present: whoever decides is waited for so long, and what follows is never cut."""

from contextlib import suppress
from functools import partial
from typing import Final

import anyio
import anyio.lowlevel
import msgspec

from agentic_core.chat.effects import Ask, UseTool
from agentic_core.errors import AgenticError
from agentic_core.ports.chat_tools import ToolResult
from agentic_core.ports.clock import Clock
from agentic_core.runtime.drive import Perform, answer, drive
from agentic_core.runtime.effects import Effect, EffectReply, Forgo, Send
from agentic_core.runtime.tick import TickGenerator, TickOutcome
from agentic_core.runtime.turn_gate import BrokenOff, TurnGate

__all__ = ["Played", "play"]

_TORN_DOWN: Final = "the runner was torn down"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that was played to its end."""

    outcome: TickOutcome
    has_sent: bool
    """Whether anything was handed to the broker, whatever came of it."""


async def play(turn: TickGenerator, perform: Perform, gate: TurnGate, clock: Clock, *, ends_ms: int) -> Played:
    """Play a turn to its end.

    A thought that is broken off has no answer, and of its last call counts what is known of its cost. Holding the money
    of a call, and all that comes after a thought, is carried out to its end, even where the task is cancelled
    meanwhile, unless the gate was cut.

    Args:
        turn: what is played.
        perform: performs its effects.
        gate: breaks off the waiting.
        clock: measures it.
        ends_ms: until when, since boot, a whole thought with all its calls is waited for.
    """
    return await _Playing(turn, perform, gate, clock, ends_ms).run()


class _Playing:
    def __init__(self, turn: TickGenerator, perform: Perform, gate: TurnGate, clock: Clock, ends_ms: int) -> None:
        self._turn = turn
        self._perform = perform
        self._gate = gate
        self._clock = clock
        self._ends_ms = ends_ms
        self._is_over: str | None = None
        self._is_torn_down = False
        self._has_sent = False

    async def run(self) -> Played:
        outcome = await drive(self._turn, self._reply)
        return Played(outcome=outcome, has_sent=self._has_sent)

    async def _reply(self, effect: Effect) -> EffectReply:
        match effect:
            case Ask() | UseTool():
                return await self._think(effect)
            case _:
                self._has_sent = self._has_sent or isinstance(effect, Send)
                return await self._carried_out(effect)

    async def _carried_out(self, effect: Effect) -> EffectReply:
        if self._is_torn_down:
            return await self._perform(effect)  # all of the rest is carried out already
        replies: list[EffectReply] = []
        with self._gate.carried_out():
            replies.append(await self._perform(effect))
        return replies[0]

    async def _think(self, effect: Ask | UseTool) -> EffectReply:
        if self._is_over is not None:
            return await self._unwaited(effect, self._is_over)
        left_ms = self._ends_ms - self._clock.boottime_ms()
        if left_ms <= 0:
            self._is_over = "the time of the turn was over before a further question"
            return await self._unwaited(effect, self._is_over)
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()  # what was cancelled before it left has cost nothing
            reply = await self._gate.breakable(partial(self._performed, effect), within_ms=left_ms)
        except anyio.get_cancelled_exc_class():
            # The call may have left, so what it can have cost is written down before this task ends.
            self._is_over, self._is_torn_down = _TORN_DOWN, True
            with self._gate.carried_out(), suppress(AgenticError):
                await answer(self._turn, await self._unwaited(effect, _TORN_DOWN), self._reply)
            raise
        if isinstance(reply, BrokenOff):
            self._is_over = reply.cause
            return await self._unwaited(effect, reply.cause)
        return reply

    async def _unwaited(self, effect: Ask | UseTool, cause: str) -> EffectReply:
        if isinstance(effect, UseTool):
            return ToolResult(content="the tool was not waited for", is_error=True)
        return await self._carried_out(Forgo(ask=effect, cause=cause))

    async def _performed(self, effect: Effect) -> EffectReply:
        return await self._perform(effect)
