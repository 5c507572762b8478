"""One run over recorded candles: an account that is led from mark to mark, and settled on the way."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import compress
from typing import Final, TypeAlias

from agentic_core.backtest.causality import check_wake
from agentic_core.backtest.cursor import Cursor, NextOpenBooks
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.equity import EquityTrack
from agentic_core.backtest.watch import Watch
from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.brokers.paper import PaperBroker, PaperLedger
from agentic_core.domain.chat import LastTurn
from agentic_core.domain.ids import Symbol, TickId
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.order import Fence
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.domain.trading import TradingState
from agentic_core.errors import CandlesInvalid
from agentic_core.ports.cost_ledger import CostLedger
from agentic_core.ports.rule_policy import WakingRulePolicy
from agentic_core.risk import find_halt
from agentic_core.runtime import ByRules, Interpreter, Mandate, RunRecorder, immediately, tick
from agentic_core.runtime.chat_desk import ChatDesk
from agentic_core.runtime.drive import drive, resume
from agentic_core.runtime.marking import settle_mark
from agentic_core.runtime.terms import Terms
from agentic_core.runtime.tick import TickOutcome, flatten
from agentic_core.store.memory import MemoryStore

__all__ = ["DeskOf", "EngineRun", "Progress"]

Progress = Callable[[int, int], None]
"""Called now and then with marks done and marks in all."""

DeskOf: TypeAlias = Callable[[CostLedger, Fence, Callable[[], Instant]], ChatDesk]
"""Makes the desk of a chat model from the ledger, the lease and the clock of a run."""

_NEVER = 1 << 62
_LEASE_MS = 1 << 40
_REPORTS = 200
_CANDLES_MIN = 2


class EngineRun:
    """A run from its first mark to its last; whoever drives it takes the turns it names."""

    def __init__(
        self,
        mandate: Mandate,
        dataset: Dataset,
        instruments: Mapping[Symbol, Instrument],
        terms: Terms,
        desk_of: DeskOf | None = None,
    ) -> None:
        """Open an account before the first mark.

        Args:
            mandate: the skill and who decides for it.
            dataset: candles at the skill's interval, with funding rates.
            instruments: rules of the symbols.
            terms: what executions cost.
            desk_of: makes the way to a chat model; None where rules decide.

        Raises:
            CandlesInvalid: there are fewer than two candles, or a symbol of the skill has none.
        """
        _check(mandate, dataset)
        self.mandate: Final = mandate
        self.dataset = dataset
        self.terms = terms
        self.interval_ms = dataset.interval.ms
        self.cursor: Final = Cursor(dataset, instruments)
        self.ledger: Final = PaperLedger(
            starting_equity=terms.starting_equity,
            instruments=instruments,
            marks=self.cursor.mark,
            leverage=mandate.limits.leverage_max,
            at=dataset.start,
        )
        self.books = NextOpenBooks(self.cursor, dataset)
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self.books,
            instruments=instruments,
            fees=terms.fees,
            slippage_bps=terms.slippage_bps,
            rules=terms.rules,
        )
        self.state = TradingState.ACTIVE
        self.recorder = RunRecorder()
        self.perform: Final = self._interpreter(desk_of).perform
        self.watch = Watch(dataset, self.ledger, mandate.limits, instruments)
        self.equity = EquityTrack(dataset)
        self.last = len(dataset) - 1
        self.settled = -1
        self.peaked = -1
        self.closed_at = -1
        """The mark whose turn a halt took."""
        self.due = _NEVER

    def turns(self, progress: Progress | None = None) -> Iterator[int]:
        """Lead the account from mark to mark, and name the marks at which a turn is to be taken, while it stands there.

        Raises:
            LookAhead: the policy woke by something later than its mark.
        """
        last, report = self.last, progress or (lambda _done, _all: None)
        stride = max(1, last // _REPORTS)
        report_at = stride
        self.equity.change(0, self.ledger)
        for index in self._wakes(last):
            self._stand_at(index)
            if self.closed_at != index:
                yield index
            if index >= report_at:
                report(index, last)
                report_at = index + stride
        self._stand_at(last)
        report(last, last)

    def record(self) -> RunRecord:
        """Return the run, once its turns are over."""
        self.recorder.ticks = self.last
        self.recorder.equity = self.equity.points()
        assumptions = self.terms.assumptions(self.dataset.funding_source)
        return self.recorder.record(self.mandate, "backtest", assumptions, self.ledger, self.cursor)

    def turn(self, index: int) -> None:
        """Take the turn of rules at the mark where the run stands."""
        cursor = self.cursor
        turn = tick(self.mandate, cursor, self.ledger, self.state, mark=cursor.as_of, record_holds=False)
        effect = next(turn, None)
        if effect is None:
            return
        day = self.ledger.day
        immediately(resume(turn, effect, self.perform))
        if self.ledger.day.orders != day.orders:
            self.traded(index)

    async def chat_turn(self, index: int, last: LastTurn | None) -> TickOutcome:
        """Take the turn of a chat model at the mark where the run stands.

        Args:
            index: the mark.
            last: what became of the turn before.
        """
        cursor = self.cursor
        turn = tick(self.mandate, cursor, self.ledger, self.state, mark=cursor.as_of, record_holds=True, last=last)
        day = self.ledger.day
        outcome = await drive(turn, self.perform)
        if self.ledger.day.orders != day.orders:
            self.traded(index)
        return outcome

    @property
    def is_over(self) -> bool:
        """Whether a halt has closed everything: nothing that a chat model says can change anything then."""
        return self.state is TradingState.HALTED and not self.ledger.positions

    def traded(self, index: int) -> None:
        """Take note that orders were sent at the mark where the run stands."""
        # What they did is valued from the next mark on; thresholds follow from cash and sizes, so no mark has to be
        # visited just to set them.
        self.equity.change(index + 1, self.ledger)
        self.settled = index
        if self.ledger.positions:
            self.due = self._next_due(index)
        else:
            self.due = index + 1 if self._loss_reached() else _NEVER

    def _interpreter(self, desk_of: DeskOf | None) -> Interpreter:
        def now() -> Instant:
            return self.cursor.as_of

        store = MemoryStore(now=now)
        lease = immediately(store.leases.acquire(self.mandate.account, "backtest", _LEASE_MS))
        assert lease is not None, "a new store has no other holder"
        fence = Fence(account=lease.account, epoch=lease.epoch)
        return Interpreter(
            fence=fence,
            intents=store.intents,
            decisions=store.decisions,
            broker=GuardedBroker(
                self.broker,
                state=lambda: self.state,
                now=now,
                market=self.cursor,
                limits=self.mandate.limits,
                books=self.books,
            ),
            recorder=self.recorder,
            now=now,
            chat=None if desk_of is None else desk_of(store.costs, fence, now),
        )

    def _wakes(self, last: int) -> Iterable[int]:
        decider = self.mandate.decider
        if not isinstance(decider, ByRules) or not isinstance(decider.policy, WakingRulePolicy):
            return range(last)
        masks = []
        for series in self.dataset.series.values():
            mask = decider.policy.wake(series)
            check_wake(decider.policy, series, mask)
            masks.append(mask)
        return compress(range(last), masks[0] if len(masks) == 1 else map(any, zip(*masks, strict=True)))

    def _stand_at(self, index: int) -> None:
        while self.due <= index:
            self._settle(self.due)
        self._move(index)
        self.ledger.open_day(self.cursor.as_of)

    def _move(self, index: int) -> None:
        # The marks on the way were passed with what is held now, and may have made a peak.
        self.watch.raise_peak(self.peaked + 1, index)
        self.peaked = index
        self.cursor.move(index)

    def _settle(self, index: int) -> None:
        previous = Instant(self.dataset.start + (self.settled + 1) * self.interval_ms)
        self._move(index)
        halted = self.state is TradingState.HALTED
        events = immediately(
            settle_mark(
                self.broker,
                self.dataset.funding_rate,
                self.mandate.limits,
                previous=previous,
                at=self.cursor.as_of,
                halted=halted,
            )
        )
        self.settled = index
        self.recorder.funding.extend(events.funding)
        self.recorder.fills.extend((*events.fills, *events.liquidations))
        if events.halt is not None:
            self.recorder.halts.append(events.halt)
            self.state = TradingState.HALTED
        if events.funding or events.fills or events.liquidations:
            self.equity.change(index, self.ledger)
        if self.state is TradingState.HALTED and self.ledger.positions and index < self.last:
            self._close_all(index)
        self.due = self._next_due(index) if self.ledger.positions else _NEVER

    def _next_due(self, index: int) -> int:
        # A halt closes; what did not close is tried again at the next mark.
        return index + 1 if self.state is TradingState.HALTED else self._next_stop()

    def _close_all(self, index: int) -> None:
        # The skill gets no turn at this mark: it would see what the next candle opens at.
        self.closed_at = index
        reason = self.recorder.halts[-1].reason
        tick_id = TickId(deployment=self.mandate.deployment, mark=self.cursor.as_of, cause=f"halt:{reason}")
        immediately(drive(flatten(self.mandate, tick_id, self.cursor, self.ledger), self.perform))
        self.equity.change(index + 1, self.ledger)

    def _next_stop(self) -> int:
        # The first mark at or after the next whole hour: funding falls due there, and days begin on hours.
        hour = (self.cursor.as_of // HOUR_MS + 1) * HOUR_MS
        due = max(self.settled + 1, -((self.dataset.start - hour) // self.interval_ms) - 1)
        return self.watch.next_stop(self.settled + 1, due)

    def _loss_reached(self) -> bool:
        return find_halt(self.ledger.day, self.ledger.peak, self.ledger.cash, self.mandate.limits) is not None


def _check(mandate: Mandate, dataset: Dataset) -> None:
    missing = [symbol for symbol in mandate.symbols if symbol not in dataset.series]
    if not missing and len(dataset) >= _CANDLES_MIN:
        return
    what = f"{len(dataset)} candle(s), at least {_CANDLES_MIN} are needed"
    if missing:
        what = f"no candles for {', '.join(missing)}"
    raise CandlesInvalid(f"the run of {mandate.skill_name} cannot start: {what}")
