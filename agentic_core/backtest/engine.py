"""Drives the tick over recorded candles.

Every turn takes the same path as a live one: view, policy, risk engine, durable intents, guarded broker, ledger. What
makes it fast is what it leaves out: marks at which nothing can happen. Where a policy declares its wake mask, only
those candles are visited, plus those where funding is due, a day begins, or equity reaches a threshold.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import compress

from agentic_core.backtest.causality import check_wake
from agentic_core.backtest.cursor import Cursor, NextOpenBooks
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.equity import EquityTrack
from agentic_core.backtest.watch import Watch
from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.brokers.paper import PaperBroker, PaperLedger
from agentic_core.domain.ids import Symbol, TickId
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.order import Fence
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.domain.trading import TradingState
from agentic_core.errors import CandlesInvalid
from agentic_core.metering import MonthBudget
from agentic_core.ports.rule_policy import WakingRulePolicy
from agentic_core.risk import find_halt
from agentic_core.runtime import ByRules, Interpreter, Mandate, RunRecorder, immediately, tick
from agentic_core.runtime.drive import drive, resume
from agentic_core.runtime.marking import settle_mark
from agentic_core.runtime.terms import Terms
from agentic_core.runtime.tick import flatten
from agentic_core.store.memory import MemoryStore

__all__ = ["Progress", "run_backtest"]

Progress = Callable[[int, int], None]
"""Called now and then with marks done and marks in all."""

_NEVER = 1 << 62
_LEASE_MS = 1 << 40
_REPORTS = 200
_CANDLES_MIN = 2


def run_backtest(
    mandate: Mandate,
    dataset: Dataset,
    *,
    instruments: Mapping[Symbol, Instrument],
    terms: Terms,
    progress: Progress | None = None,
) -> RunRecord:
    """Run a skill over recorded candles.

    Args:
        mandate: the skill and who decides for it.
        dataset: candles at the skill's interval, with funding rates.
        instruments: rules of the symbols.
        terms: what executions cost.
        progress: told how far the run is.

    Raises:
        CandlesInvalid: there are fewer than two candles, or a symbol of the skill has none.
        LookAhead: the policy asked for, or woke by, something later than its mark.
    """
    missing = [symbol for symbol in mandate.symbols if symbol not in dataset.series]
    if missing or len(dataset) < _CANDLES_MIN:
        what = (
            f"no candles for {', '.join(missing)}"
            if missing
            else f"{len(dataset)} candle(s), at least {_CANDLES_MIN} are needed"
        )
        message = f"the run of {mandate.skill_name} cannot start: {what}"
        raise CandlesInvalid(message)
    return _Run(mandate, dataset, instruments, terms).run(progress or (lambda _done, _all: None))


class _Run:
    def __init__(
        self, mandate: Mandate, dataset: Dataset, instruments: Mapping[Symbol, Instrument], terms: Terms
    ) -> None:
        self.mandate = mandate
        self.dataset = dataset
        self.terms = terms
        self.interval_ms = dataset.interval.ms
        self.cursor = Cursor(dataset, instruments)
        self.ledger = PaperLedger(
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
        self.perform = self._interpreter().perform
        self.watch = Watch(dataset, self.ledger, mandate.limits, instruments)
        self.equity = EquityTrack(dataset)
        self.last = len(dataset) - 1
        self.settled = -1
        self.peaked = -1
        self.closed_at = -1
        """The mark whose turn a halt took."""
        self.due = _NEVER

    def _interpreter(self) -> Interpreter:
        store = MemoryStore(now=lambda: self.cursor.as_of)
        lease = immediately(store.leases.acquire(self.mandate.account, "backtest", _LEASE_MS))
        assert lease is not None, "a new store has no other holder"
        return Interpreter(
            fence=Fence(account=lease.account, epoch=lease.epoch),
            intents=store.intents,
            decisions=store.decisions,
            broker=GuardedBroker(
                self.broker,
                state=lambda: self.state,
                now=lambda: self.cursor.as_of,
                market=self.cursor,
                limits=self.mandate.limits,
                books=self.books,
            ),
            recorder=self.recorder,
            now=lambda: self.cursor.as_of,
            budget=MonthBudget(cap=self.mandate.limits.cost_usd_month_max),
            chat_model=None if isinstance(self.mandate.decider, ByRules) else self.mandate.decider.chat_model,
        )

    def run(self, progress: Progress) -> RunRecord:
        last = self.last
        stride = max(1, last // _REPORTS)
        report_at = stride
        self.equity.change(0, self.ledger)
        for index in self._wakes(last):
            self._stand_at(index)
            if self.closed_at != index:
                self._turn(index)
            if index >= report_at:
                progress(index, last)
                report_at = index + stride
        self._stand_at(last)
        progress(last, last)
        self.recorder.ticks = last
        self.recorder.equity = self.equity.points()
        assumptions = self.terms.assumptions(self.dataset.funding_source)
        return self.recorder.record(self.mandate, "backtest", assumptions, self.ledger, self.cursor)

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

    def _turn(self, index: int) -> None:
        cursor = self.cursor
        turn = tick(self.mandate, cursor, self.ledger, self.state, mark=cursor.as_of, record_holds=False)
        effect = next(turn, None)
        if effect is None:
            return
        day = self.ledger.day
        immediately(resume(turn, effect, self.perform))
        if self.ledger.day.orders != day.orders:
            self._traded(index)

    def _traded(self, index: int) -> None:
        # What the orders did is valued from the next mark on; thresholds follow from cash and sizes, so no mark has to
        # be visited just to set them.
        self.equity.change(index + 1, self.ledger)
        self.settled = index
        if self.ledger.positions:
            self.due = self._next_due(index)
        else:
            self.due = index + 1 if self._loss_reached() else _NEVER

    def _loss_reached(self) -> bool:
        return find_halt(self.ledger.day, self.ledger.peak, self.ledger.cash, self.mandate.limits) is not None
