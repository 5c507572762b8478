"""The state of one running deployment, and what can be done to it between two marks."""

from decimal import Decimal

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.brokers.paper import PaperBroker, PaperLedger
from agentic_core.domain.deployment_states import DeploymentEvent, status_after
from agentic_core.domain.ids import Symbol, TickId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.records import AgentStateRecord, DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus, TradingState, trading_state
from agentic_core.errors import CandlesInvalid
from agentic_core.metering import MonthBudget
from agentic_core.ports.clock import Clock
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.ports.repositories import Store
from agentic_core.runtime.desk import MarketDesk
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.drive import drive
from agentic_core.runtime.interpreter import Interpreter
from agentic_core.runtime.mandate import ByChatModel, Mandate
from agentic_core.runtime.marking import settle_mark
from agentic_core.runtime.recorder import RunRecorder
from agentic_core.runtime.telling import tell_mark, tell_turn
from agentic_core.runtime.terms import Terms
from agentic_core.runtime.tick import TickGenerator, TickOutcome, flatten, tick

__all__ = ["Session"]


class Session:
    """A paper deployment under its lease; not safe to use from two tasks at once."""

    def __init__(  # noqa: PLR0913 - everything a running deployment touches
        self,
        deployment: DeploymentRecord,
        mandate: Mandate,
        fence: Fence,
        *,
        store: Store,
        desk: MarketDesk,
        books: ExecutionBooks,
        terms: Terms,
        diary: Diary,
        clock: Clock,
    ) -> None:
        """Join a deployment to its market, its books and its store."""
        self.deployment = deployment
        self.mandate = mandate
        self.fence = fence
        self.store = store
        self.desk = desk
        self.diary = diary
        self.recorder = RunRecorder()
        self._clock = clock
        instruments = {symbol: rules for symbol in mandate.symbols if (rules := desk.instrument(symbol)) is not None}
        self.ledger = PaperLedger(
            starting_equity=terms.starting_equity,
            instruments=instruments,
            marks=desk.mark,
            leverage=mandate.limits.leverage_max,
            at=desk.as_of,
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=books,
            instruments=instruments,
            fees=terms.fees,
            slippage_bps=terms.slippage_bps,
            rules=terms.rules,
        )
        self._interpreter = self._join(books)

    def _join(self, books: ExecutionBooks) -> Interpreter:
        mandate, desk = self.mandate, self.desk
        gate = GuardedBroker(
            self.broker,
            state=lambda: self.trading,
            now=lambda: desk.as_of,
            market=desk,
            limits=mandate.limits,
            books=books,
        )
        return Interpreter(
            fence=self.fence,
            intents=self.store.intents,
            decisions=self.store.decisions,
            broker=gate,
            recorder=self.recorder,
            now=lambda: desk.as_of,
            budget=MonthBudget(cap=mandate.limits.cost_usd_month_max),
            chat_model=mandate.decider.chat_model if isinstance(mandate.decider, ByChatModel) else None,
        )

    @property
    def status(self) -> DeploymentStatus:
        """The deployment's status."""
        return self.deployment.status

    @property
    def trading(self) -> TradingState:
        """What may be traded."""
        return trading_state(self.deployment.status)

    async def move(self, status: DeploymentStatus, reason: str | None = None) -> None:
        """Set the status, in the database first."""
        self.deployment = await self.store.deployments.move(
            self.deployment.id, status, at=self._clock.now(), reason=reason
        )

    async def follow(self, event: DeploymentEvent, reason: str | None = None) -> None:
        """Go where the state table says an event leads.

        Raises:
            IllegalTransition: the event is refused in the present status.
        """
        target = status_after(self.status, event)
        if target is not self.status:
            await self.move(target, reason)

    async def observe(self, at: Instant) -> None:
        """Stand at a mark: refresh the market, settle the account, latch a halt."""
        previous = self.desk.as_of
        await self.desk.refresh(at)
        events = await settle_mark(
            self.broker,
            self._rate,
            self.mandate.limits,
            previous=previous,
            at=at,
            halted=bool(self.recorder.halts) and self.status is DeploymentStatus.HALTED,
        )
        self.recorder.funding.extend(events.funding)
        fills = (*events.fills, *events.liquidations)
        self.recorder.fills.extend(fills)
        tell_mark(self.diary, events)
        if fills:
            await self.store.intents.record_fills(self.fence, self.deployment.id, fills, at=at)
        if events.halt is not None:
            self.recorder.halts.append(events.halt)
            await self.follow(DeploymentEvent.HALT, f"{events.halt.reason}: {events.halt.detail}")
        self.recorder.point(self.ledger)

    async def close_halted(self) -> bool:
        """Close what is held while the engine's halt is latched, and tell whether anything was.

        Each mark tries again what the last one left. It takes the turn of its mark: nobody is asked before it is done.
        """
        if self.status is not DeploymentStatus.HALTED or not self.recorder.halts or not self.ledger.positions:
            return False
        self.recorder.ticks += 1
        await self.flatten(f"halt:{self.recorder.halts[-1].reason}")
        return True

    async def turn(self) -> TickOutcome:
        """Let the skill take its turn at the present mark."""
        self.recorder.ticks += 1
        generator = tick(self.mandate, self.desk, self.ledger.freeze(), self.trading, record_holds=True)
        return await self._drive(generator)

    async def flatten(self, cause: str) -> TickOutcome:
        """Close every position; `cause` names the command or the halt that asked for it."""
        tick_id = TickId(deployment=self.deployment.id, mark=self.desk.as_of, cause=cause)
        with self.diary.during(tick_id):
            return await self._drive(flatten(self.mandate, tick_id, self.desk, self.ledger))

    async def write_state(self) -> None:
        """Publish the newest state; its time is the deployment's heartbeat."""
        equity = self.ledger.equity
        marks = ((symbol, self.desk.mark(symbol)) for symbol in self.mandate.symbols)
        state = AgentStateRecord(
            deployment_id=self.deployment.id,
            equity_usd=equity,
            day_pnl_usd=Usd(equity - self.ledger.day.baseline),
            positions=tuple(self.ledger.positions.values()),
            marks={symbol: mark.price for symbol, mark in marks if mark is not None},
            last_tick_at=self.desk.as_of,
            updated_at=self._clock.now(),
        )
        await self.store.states.write(self.fence, state)

    async def _drive(self, generator: TickGenerator) -> TickOutcome:
        known = len(self.recorder.orders)
        outcome = await drive(generator, self._interpreter.perform)
        tell_turn(self.diary, outcome, self.recorder.orders[known:])
        return outcome

    def _rate(self, symbol: Symbol, hour: Instant) -> Decimal:
        rate = self.desk.rate_settled(symbol, hour)
        if rate is None:
            message = (
                f"no funding rate of {symbol} is known for the hour {hour}; a position held through it cannot be valued"
            )
            raise CandlesInvalid(message)
        return rate
