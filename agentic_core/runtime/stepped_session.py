"""A paper account in a market that stands still between its marks: recorded candles."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Final, NoReturn

import anyio
import msgspec

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.brokers.paper import PaperBroker, PaperLedger
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.ids import Symbol, TickId
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Restriction, TradingState
from agentic_core.errors import CandlesInvalid, InputError
from agentic_core.logevents import LogEvent
from agentic_core.ports.market_data import ExecutionBooks, MarketData
from agentic_core.runtime.chat_session import desk_of
from agentic_core.runtime.desk import MarketDesk
from agentic_core.runtime.drive import drive
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.interpreter import Interpreter
from agentic_core.runtime.marking import settle_mark
from agentic_core.runtime.pace import Pace
from agentic_core.runtime.recorder import RunRecorder
from agentic_core.runtime.session import Flattened, Session, SessionContext
from agentic_core.runtime.telling import tell_mark, tell_order
from agentic_core.runtime.terms import Terms
from agentic_core.runtime.tick import flatten

__all__ = ["SteppedMarket", "SteppedSession", "SteppedSessions"]


class SteppedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """The market a recorded paper deployment lives in."""

    feed: MarketData
    books: ExecutionBooks
    pace: Pace
    funding_source: str
    """Where funding rates come from, in words."""


class SteppedSession:
    """A paper account under one lease; everything happens to it at its marks."""

    def __init__(self, context: SessionContext, venue: SteppedMarket, desk: MarketDesk, terms: Terms) -> None:
        """Join an account to its market and its store."""
        mandate = context.mandate
        self.recorder: Final = RunRecorder()
        self._context, self._venue, self._desk = context, venue, desk
        self._tried: set[tuple[str, Instant]] = set()
        instruments = {symbol: rules for symbol in mandate.symbols if (rules := desk.instrument(symbol)) is not None}
        self.ledger: Final = PaperLedger(
            starting_equity=terms.starting_equity,
            instruments=instruments,
            marks=desk.mark,
            leverage=mandate.limits.leverage_max,
            at=desk.as_of,
        )
        self._broker = PaperBroker(
            ledger=self.ledger,
            books=venue.books,
            instruments=instruments,
            fees=terms.fees,
            slippage_bps=terms.slippage_bps,
            rules=terms.rules,
        )
        self._interpreter = self._join()

    @property
    def market(self) -> MarketDesk:
        """What a turn sees; stands at the mark that was observed last."""
        return self._desk

    @property
    def pace(self) -> Pace:
        """The marks."""
        return self._venue.pace

    @property
    def restrictions(self) -> frozenset[Restriction]:
        """Nothing: the account is what this process has in its memory."""
        return frozenset()

    async def start(self) -> AccountSnapshot:
        """Say that the account is new, so that nothing has to be taken over, and return it."""
        self._context.diary.say(LogEvent.RECONCILED, "positions=0", positions=0)
        return self.ledger.freeze()

    async def run(self) -> NoReturn:
        """Do nothing: between two marks the market stands still."""
        await anyio.sleep_forever()
        raise AssertionError("forever does not end")

    async def observe(self, mark: Instant) -> AccountSnapshot:
        """Stand at a mark: refresh the market, settle the account, latch a halt."""
        context, desk = self._context, self._desk
        previous = desk.as_of
        await desk.refresh(mark)
        events = await settle_mark(
            self._broker,
            self._rate,
            context.mandate.limits,
            previous=previous,
            at=mark,
            halted=bool(self.recorder.halts) and context.trading(frozenset()) is TradingState.HALTED,
        )
        self.recorder.funding.extend(events.funding)
        fills = (*events.fills, *events.liquidations)
        self.recorder.fills.extend(fills)
        tell_mark(context.diary, msgspec.structs.replace(events, halt=None))
        if fills:
            await context.store.intents.record_fills(context.fence, context.deployment.id, fills, at=mark)
        if events.halt is not None:
            self.recorder.halts.append(events.halt)
            await context.halt(events.halt.reason, events.halt.detail)
        self.recorder.point(self.ledger)
        return self.ledger.freeze()

    async def account(self) -> AccountSnapshot:
        """Return the account as it stands."""
        return self.ledger.freeze()

    async def perform(self, effect: Effect) -> EffectReply:
        """Perform an effect of a turn, and tell of the orders it sent."""
        known = len(self.recorder.orders)
        reply = await self._interpreter.perform(effect)
        for order in self.recorder.orders[known:]:
            tell_order(self._context.diary.say, order)
        return reply

    async def flatten(self, cause: str) -> Flattened:
        """Close every position at the present mark; `cause` names the command or the halt that asked for it.

        Raises:
            InputError: the same cause has tried at this mark before, and nothing can have changed since.
        """
        context, desk, held = self._context, self._desk, len(self.ledger.positions)
        if held and (cause, desk.as_of) in self._tried:
            message = f"{', '.join(self.ledger.positions)} cannot be closed at the mark {desk.as_of} of this recording"
            raise InputError(message)
        self._tried.add((cause, desk.as_of))
        tick_id = TickId(deployment=context.deployment.id, mark=desk.as_of, cause=cause)
        with context.diary.during(tick_id):
            await drive(flatten(context.mandate, tick_id, desk, self.ledger), self.perform)
        return Flattened(closed=held - len(self.ledger.positions), left=tuple(map(str, self.ledger.positions)))

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        """Return at once: every order ends with the answer it gets."""
        return ()

    def record(self, terms: Terms, ticks: int) -> RunRecord:
        """Return the run as it stands."""
        self.recorder.ticks = ticks
        assumptions = terms.assumptions(self._venue.funding_source)
        return self.recorder.record(self._context.mandate, "paper", assumptions, self.ledger, self._desk)

    def _join(self) -> Interpreter:
        context, desk, mandate = self._context, self._desk, self._context.mandate
        gate = GuardedBroker(
            self._broker,
            state=lambda: context.trading(frozenset()),
            now=lambda: desk.as_of,
            market=desk,
            limits=mandate.limits,
            books=self._venue.books,
        )
        return Interpreter(
            fence=context.fence,
            intents=context.store.intents,
            decisions=context.store.decisions,
            broker=gate,
            recorder=self.recorder,
            now=lambda: desk.as_of,
            chat=desk_of(context, now=lambda: desk.as_of),
        )

    def _rate(self, symbol: Symbol, hour: Instant) -> Decimal:
        rate = self._desk.rate_settled(symbol, hour)
        if rate is None:
            message = (
                f"no funding rate of {symbol} is known for the hour {hour}; a position held through it cannot be valued"
            )
            raise CandlesInvalid(message)
        return rate


class SteppedSessions:
    """Opens the one session of a recorded market, and keeps it for the record."""

    def __init__(self, venue: SteppedMarket, terms: Terms) -> None:
        """Take the market and the terms of the account."""
        self._venue = venue
        self._terms = terms
        self.opened: SteppedSession | None = None

    def __call__(self, context: SessionContext) -> AbstractAsyncContextManager[Session]:
        """Open the session; a second one would begin anew in the middle of the recording.

        Raises:
            InputError: it was opened before.
        """
        return self._open(context)

    @asynccontextmanager
    async def _open(self, context: SessionContext) -> AsyncIterator[Session]:
        if self.opened is not None:
            message = f"a recorded market is run through once; deploy {context.mandate.skill_name} anew"
            raise InputError(message)
        venue, mandate = self._venue, context.mandate
        desk = MarketDesk(
            venue.feed,
            symbols=mandate.symbols,
            interval=mandate.interval,
            instruments=await venue.feed.instruments(),
            history_from=venue.pace.now,
        )
        self.opened = SteppedSession(context, venue, desk, self._terms)
        context.diary.say(LogEvent.BROKER_STARTED, f"paper account with {self._terms.starting_equity} USD")
        yield self.opened
