"""The loop over the marks of a running deployment: look, halt or close, ask the guards, take the turn, say so."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Final

import msgspec

from agentic_core.chat.effects import Refused, Reserve
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.chat import LastTurn
from agentic_core.domain.ids import TickId, client_order_id
from agentic_core.domain.money import Usd
from agentic_core.domain.records import AgentStateRecord
from agentic_core.domain.times import Instant, show
from agentic_core.domain.trading import DeploymentStatus, HaltReason, TradingState
from agentic_core.errors import (
    AgenticError,
    ConfigError,
    Fenced,
    InputError,
    JournalBroken,
    StoreError,
    StoreUnavailable,
    VenueUnavailable,
)
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.risk import find_halt
from agentic_core.runtime.chat_health import ChatHealth
from agentic_core.runtime.chat_session import newest_turn, settle_abandoned, told_of
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.guarding import TickGuards
from agentic_core.runtime.last_turn import last_turn
from agentic_core.runtime.mandate import ByChatModel
from agentic_core.runtime.pacing import deadline_ms, grace_ms
from agentic_core.runtime.playing import play
from agentic_core.runtime.session import Session, SessionContext
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.telling import tell_turn
from agentic_core.runtime.tick import Skipped, Turned, tick
from agentic_core.runtime.turn_gate import BrokenOff, TurnGate

__all__ = ["Ticker"]

_S = DeploymentStatus
_TURNING: Final = frozenset({_S.RUNNING, _S.HALTED})
"""A halted deployment still takes turns: its skill may close what it holds."""

_HALTING: Final = frozenset({_S.RUNNING, _S.PAUSED})
_CLOSING: Final = (HaltReason.DAILY_LOSS, HaltReason.DRAWDOWN, HaltReason.LIQUIDATION)
"""Halts after which nothing stays open; the others leave what is held to its stops and to a human."""

_LOST: Final = (Fenced, StoreError)
_FATAL: Final = (ConfigError, InputError, JournalBroken)
"""What the next mark would not cure."""


class Ticker:
    """Takes the turns of one deployment under one lease; it is its runner's `Turns`."""

    def __init__(
        self,
        *,
        session: Session,
        standing: Standing,
        context: SessionContext,
        guards: TickGuards,
        on_mark: Callable[[Instant], None],
    ) -> None:
        """Join a session that has started to what holds its turns back.

        Args:
            session: the account and its market.
            standing: the status.
            context: for whom, where and with what.
            guards: looked at before each turn.
            on_mark: told every mark after its turn.
        """
        self.ticks = 0
        """Turns so far, also those that were skipped; a close that a halt asked for takes the turn of its mark."""

        self._session = session
        self._standing = standing
        self._context = context
        self._guards = guards
        self._on_mark = on_mark
        self._interval = context.mandate.interval
        self._gate = TurnGate(context.clock)
        self._account: AccountSnapshot | None = None
        self._came_to: Instant | None = None
        self._decided: Instant | None = None
        self._last: LastTurn | None = None
        self._chat_health = ChatHealth(context.diary.say, context.page)
        self._is_first = True

    def suspended(self) -> AbstractAsyncContextManager[None]:
        """Break off a turn that waits for its decider, let one that is sending finish, and let none begin meanwhile."""
        return self._gate.held()

    def cut(self) -> None:
        """Carry out nothing to its end any more once cancelled: the process is about to be killed."""
        self._gate.cut()

    def heard(self, account: AccountSnapshot) -> None:
        """Take in an account that somebody else has just read."""
        if self._account is None or account.as_of >= self._account.as_of:
            self._account = account

    def state(self) -> AgentStateRecord | None:
        """Return what is known of the deployment now; None before the first look at its account."""
        account, market = self._account, self._session.market
        if account is None:
            return None
        marks = ((symbol, market.mark(symbol)) for symbol in self._context.mandate.symbols)
        return AgentStateRecord(
            deployment_id=self._context.deployment.id,
            equity_usd=account.equity,
            day_pnl_usd=Usd(account.equity - account.day.baseline),
            positions=tuple(account.positions.values()),
            marks={symbol: mark.price for symbol, mark in marks if mark is not None},
            last_tick_at=self._came_to,
            updated_at=self._context.clock.now(),
        )

    async def run(self) -> None:
        """Come to one mark after the other, until there is none.

        Raises:
            AgenticError: what the next mark would not cure: the lease or the database is lost, or somebody has to act.
        """
        await settle_abandoned(self._context)
        newest = await newest_turn(self._context)
        self._decided = None if newest is None else newest.decision.tick_at
        self._last = told_of(self._context, newest)
        while (mark := await self._session.pace.next_mark()) is not None:
            async with self._gate.turn():
                late_ms = self._late_ms(mark)
                if late_ms > grace_ms(self._interval):
                    continue  # others held the turns back; the distance to the next mark counts it
                await self._come(mark, late_ms)
            self._on_mark(mark)

    def _late_ms(self, mark: Instant) -> int:
        try:
            return max(0, self._session.pace.now - mark)
        except VenueUnavailable:
            return 0

    async def _come(self, mark: Instant, late_ms: int) -> None:
        context, tick_id = self._context, TickId(deployment=self._context.deployment.id, mark=mark)
        context.diary.begin(tick_id)
        began_ms = context.clock.boottime_ms()
        self._tell_missed(mark)
        try:
            done = await self._take(mark, ends_ms=began_ms - late_ms + deadline_ms(self._interval))
        except Exception as error:
            error.add_note(f"trace {tick_id.trace}")
            self._tell_failed(error)
            if not isinstance(error, AgenticError) or isinstance(error, (*_LOST, *_FATAL)):
                raise
        else:
            level = LogLevel.INFO if done.has_sent else LogLevel.DEBUG
            took_ms = context.clock.boottime_ms() - began_ms
            message = f"{show(mark)}: {done.what}, in {took_ms} ms, begun {late_ms} ms after the mark"
            context.diary.say(LogEvent.TICK_FINISHED, message, level=level, duration_ms=took_ms, late_ms=late_ms)
        await self._write_state()

    def _tell_failed(self, error: Exception) -> None:
        # Of a lease or a database that is lost the runner tells; a failed turn is no news then.
        if not isinstance(error, _LOST):
            message = f"{type(error).__name__}: {error}"
            self._context.diary.say(LogEvent.TICK_FAILED, message, level=LogLevel.ERROR)

    def _tell_missed(self, mark: Instant) -> None:
        came_to, self._came_to = self._came_to, mark
        missed = 0 if came_to is None else (mark - came_to) // self._interval.ms - 1
        if missed > 0:
            reason = f"overrun: {missed} mark(s) before {show(mark)} went by without a turn"
            tell_turn(self._context.diary.say, Skipped(reason=reason, marks=missed))

    async def _write_state(self) -> None:
        # Its time is the heartbeat of the deployment.
        state = self.state()
        if state is not None:
            with suppress(StoreUnavailable):
                await self._context.store.states.write(self._context.fence, state)

    async def _take(self, mark: Instant, *, ends_ms: int) -> "_Done":
        session = self._session
        against = await self._why_not(mark)
        account = self._account = await session.observe(mark)
        await self._halt_where_due(account)
        if session.pace.is_last:
            return _Done("nothing follows this mark")
        closing = self._closing_reason()
        if closing is not None and account.positions:
            return await self._close_all(closing)
        if self._standing.status not in _TURNING:
            against = f"nobody is asked while it is {self._standing.status}"
        elif against is None and await self._is_decided(mark):
            against = "an earlier runner decided it"
        return await self._turn(mark, account, ends_ms) if against is None else _Done(against)

    async def _why_not(self, mark: Instant) -> str | None:
        try:
            return await self._guards.check(mark)
        except StoreUnavailable as error:  # how long that may last the lease says
            reason = f"store: {error}"
            tell_turn(self._context.diary.say, Skipped(reason=reason))
            return reason

    async def _halt_where_due(self, account: AccountSnapshot) -> None:
        finding = find_halt(account.day, account.peak, account.equity, self._guards.limits())
        if finding is not None and self._standing.status in _HALTING:
            await self._context.halt(finding.reason, finding.detail)

    def _closing_reason(self) -> HaltReason | None:
        if self._standing.status is not _S.HALTED:
            return None
        latched = self._standing.deployment.halt_reason or ""
        return next((reason for reason in _CLOSING if latched.startswith(f"{reason}:")), None)

    async def _close_all(self, reason: HaltReason) -> "_Done":
        # Each mark tries again what the last one left.
        self.ticks += 1
        flattened = await self._gate.breakable(partial(self._session.flatten, f"halt:{reason}"))
        await self._read_again()
        if isinstance(flattened, BrokenOff):
            return _Done(f"closing was broken off: {flattened.cause}", has_sent=True)
        left = "".join(f"; left: {line}" for line in flattened.left)
        return _Done(f"{reason}: closed {flattened.closed} position(s){left}", has_sent=True)

    async def _is_decided(self, mark: Instant) -> bool:
        if self._decided is not None and mark <= self._decided:
            return True
        if not self._is_first:
            return False
        self._is_first = False
        # Of a decision that was broken off while it was carried out, only its orders tell.
        context, turn = self._context, TickId(deployment=self._context.deployment.id, mark=mark)
        first = client_order_id(context.mandate.account, turn.digest(), leg=0, attempt=0)
        return await context.store.intents.find(context.mandate.account, first) is not None

    async def _turn(self, mark: Instant, account: AccountSnapshot, ends_ms: int) -> "_Done":
        context, session = self._context, self._session
        mandate = msgspec.structs.replace(context.mandate, limits=self._guards.limits())
        state = context.trading(session.restrictions)
        if self._gate.is_held:
            return _Done("the turns are held back")
        if isinstance(mandate.decider, ByChatModel) and state is not TradingState.ACTIVE and not account.positions:
            return _Done("nothing is held, and nothing may be opened")
        self.ticks += 1
        if ends_ms <= context.clock.boottime_ms():
            outcome = Skipped(reason="overrun: looking at the market took so long that nobody was asked")
            tell_turn(context.diary.say, outcome)
            return _Done("skipped")
        turn = tick(mandate, session.market, account, state, mark=mark, record_holds=True, last=self._last)
        played = await play(turn, self._performed, self._gate, context.clock, ends_ms=ends_ms)
        self._decided = mark
        if isinstance(played.outcome, Skipped):
            self._chat_health.refused(played.outcome.reason)
        elif isinstance(played.outcome, Turned) and isinstance(mandate.decider, ByChatModel):
            self._chat_health.turned(played.outcome.result)
            self._last = last_turn(played.outcome.decision, played.outcome.result, mandate.symbols)
        tell_turn(context.diary.say, played.outcome)
        if played.has_sent:
            await self._read_again()
        return _Done(type(played.outcome).__name__.lower(), has_sent=played.has_sent)

    async def _performed(self, effect: Effect) -> EffectReply:
        # A pause waits for no thought, and what it can only lead to is not worth a further call.
        if isinstance(effect, Reserve) and self._standing.status not in _TURNING:
            return Refused(reason=f"nobody is asked while it is {self._standing.status}")
        return await self._session.perform(effect)

    async def _read_again(self) -> None:
        with suppress(VenueUnavailable):
            self.heard(await self._session.account())


class _Done(msgspec.Struct, frozen=True):
    what: str
    has_sent: bool = False
