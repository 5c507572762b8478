"""Performs what a thought asks for: money is held before a call, and every call has a cost after it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import anyio
import msgspec

from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved, UseTool
from agentic_core.chat.thinking import Thinking
from agentic_core.domain.chat import CallId, CostCaps, CostSource
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.errors import Conflict, NotFound, StoreUnavailable, TapeMiss
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.chat_model import CallFailure, CallOutcome, Failed
from agentic_core.ports.chat_tools import ToolResult
from agentic_core.ports.cost_ledger import CostLedger
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.runtime.effects import Forgo

__all__ = ["OVER_CAP", "ChatDesk", "DeskPorts", "cost_caps"]

OVER_CAP: Final = "cost_guard: "
"""What a refusal begins with that the caps or an unknown price give."""

_NOTHING: Final = Usd(ZERO)
_MS_PER_S: Final = 1_000


def _unheard(event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
    pass  # nobody keeps a diary


class DeskPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a desk."""

    ledger: CostLedger
    fence: Fence
    """The lease under which money is held."""
    now: Callable[[], Instant]
    """The time that months and days of costs are counted by."""
    sleep: Callable[[float], Awaitable[None]]
    """Waits so many seconds before a question is sent again."""
    say: Say = _unheard
    books: ExecutionBooks | None = None
    """Order books of the present, for a tool that shows them; None where they would show what comes after the mark."""


class ChatDesk:
    """The way of one deployment to its chat model, its tools and its money, under one lease."""

    def __init__(self, thinking: Thinking, ports: DeskPorts, caps: Callable[[], CostCaps]) -> None:
        """Join them; `caps` are those of the present."""
        self._thinking = thinking
        self._ports = ports
        self._caps = caps
        self._held: dict[CallId, Usd] = {}
        self._left: set[CallId] = set()
        self._unsure: list[CallId] = []

    async def reserve(self, effect: Reserve) -> Reserved | Refused:
        """Hold the money of a call.

        Raises:
            Fenced: the lease is lost.
        """
        ports, call = self._ports, effect.call
        try:
            await self._release_unsure()
            refusal = await ports.ledger.reserve(
                ports.fence, call, effect.purpose, effect.bound, self._caps(), at=ports.now()
            )
        except Conflict:  # the turn is asked again, by whoever came after the one that asked first
            return Refused(reason="an earlier runner asked at this mark, and its call has a cost already")
        except StoreUnavailable as error:
            if not (error.commit_unknown and await self._is_held(call)):
                return Refused(reason=f"store: {error}")
            refusal = None
        if refusal is not None:
            return Refused(reason=f"{OVER_CAP}{refusal}")
        if effect.bound is not None:
            self._held[call] = effect.bound
        return Reserved()

    async def ask(self, effect: Ask) -> Asked:
        """Make a call, and settle what it cost, also when it is broken off.

        Raises:
            TapeMiss: the chat model only replays, and this call is not on its tape.
            StoreUnavailable: nobody can write down what it cost; it stays held, and counts like that.
        """
        if effect.wait_ms:
            await self._ports.sleep(effect.wait_ms / _MS_PER_S)
        thinking, call = self._thinking, effect.call
        self._left.add(call)
        cost, source = self._worst
        settled: list[Usd] = []
        try:
            outcome = await thinking.chat_model.call(call, effect.request, within_ms=thinking.call_ms_max)
            cost, source = await self._cost_of(outcome)
        except TapeMiss:
            cost, source = _NOTHING, CostSource.NEVER_LEFT
            raise
        finally:
            with anyio.CancelScope(shield=True):  # a call that left is paid for, whoever waits for it
                settled.append(await self._settle(call, cost, source))
        return Asked(outcome=outcome, cost_usd=settled[0])

    async def forgo(self, effect: Forgo) -> Asked:
        """Settle a call that was reserved and is not waited for; where it never left, it cost nothing."""
        call = effect.ask.call
        has_left = call in self._left
        cost, source = self._worst if has_left else (_NOTHING, CostSource.NEVER_LEFT)
        settled = await self._settle(call, cost, source)
        outcome = Failed(
            failure=CallFailure.TIMED_OUT,
            detail=effect.cause,
            request_hash="",
            never_left=not has_left and settled == ZERO,
        )
        return Asked(outcome=outcome, cost_usd=settled, is_broken_off=True)

    async def use(self, effect: UseTool) -> ToolResult:
        """Use a tool; it sees the order books of the present where there are any."""
        context = msgspec.structs.replace(effect.context, books=self._ports.books)
        return await self._thinking.tools.use(effect.tool, effect.arguments, context)

    @property
    def _worst(self) -> tuple[Usd | None, CostSource]:
        return None, CostSource.BOUND

    async def _cost_of(self, outcome: CallOutcome) -> tuple[Usd | None, CostSource]:
        if isinstance(outcome, Failed) and outcome.never_left:
            return _NOTHING, CostSource.NEVER_LEFT
        said = outcome.usage.cost_usd
        if said is not None:
            return said, CostSource.REPORTED
        if outcome.generation is not None:
            found = await self._thinking.chat_model.cost_of(outcome.generation)
            if found is not None:
                return found, CostSource.LOOKED_UP
        return self._worst

    async def _settle(self, call: CallId, cost: Usd | None, source: CostSource) -> Usd:
        ledger, at = self._ports.ledger, self._ports.now()
        try:
            counted = await ledger.settle(call, cost, source, at=at)
        except StoreUnavailable:  # once more: a call that has a cost keeps it
            counted = await ledger.settle(call, cost, source, at=at)
        self._left.discard(call)
        bound = self._held.pop(call, None)
        if bound is not None and counted > bound:
            message = f"a call of {self._thinking.model_id} cost {plain(counted)} USD, at most {plain(bound)} were held"
            self._ports.say(
                LogEvent.CHAT_COST_ABOVE_BOUND,
                message,
                level=LogLevel.ERROR,
                cost_usd=plain(counted),
                bound_usd=plain(bound),
            )
        return counted

    async def _is_held(self, call: CallId) -> bool:
        try:
            return await self._ports.ledger.find(call) is not None
        except StoreUnavailable:
            self._unsure.append(call)
            return False

    async def _release_unsure(self) -> None:
        # What may be held for calls that nobody made: it would narrow the budget until the next start.
        while self._unsure:
            call = self._unsure[-1]
            with suppress(NotFound):
                await self._ports.ledger.settle(call, _NOTHING, CostSource.NEVER_LEFT, at=self._ports.now())
            self._unsure.pop()


def cost_caps(limits: RiskLimits) -> CostCaps:
    """Return what the caps of a skill let its chat models cost."""
    return CostCaps(month_usd=limits.cost_usd_month_max, day_usd=limits.cost_usd_day_max)
