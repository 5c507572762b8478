"""The market as the gate of a story sees it, and the decisions that a story takes."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from agentic_core.domain import (
    ActionKind,
    Approved,
    Candle,
    Decision,
    Figures,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarketSnapshot,
    MarkSource,
    Noop,
    PlannedOrder,
    Price,
    ProposedAction,
    SkillId,
    Symbol,
    TickId,
    Usd,
)
from agentic_core.runtime.exits import ExitTurn
from tests.lifecycles.scene import DEPOSIT

__all__ = ["StoryView", "decided", "exit_decided"]

_SKILL = SkillId("lifecycles")


class StoryView:
    """A `MarketView` that holds the newest marks; it knows no candles."""

    def __init__(self, now: Callable[[], Instant], listed: Mapping[Symbol, Instrument]) -> None:
        self._now = now
        self._listed = listed
        self._marks: dict[Symbol, Mark] = {}
        self.interval = Interval.M1

    @property
    def as_of(self) -> Instant:
        """The venue's time."""
        return self._now()

    def set(self, symbol: Symbol, price: Price, at: Instant) -> None:
        """Take a mark of the venue."""
        self._marks[symbol] = Mark(symbol=symbol, price=price, as_of=at, source=MarkSource.VENUE)

    def price(self, symbol: Symbol) -> Decimal | None:
        """Return the newest price."""
        mark = self._marks.get(symbol)
        return None if mark is None else mark.price

    def listed(self, symbol: Symbol) -> Instrument:
        """Return the rules of a contract that is listed."""
        return self._listed[symbol]

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules."""
        return self._listed.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark."""
        return self._marks.get(symbol)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return none."""
        return ()

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return that it is not known."""
        return None

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return that it is not known."""
        return None

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy the marks."""
        return MarketSnapshot(as_of=self.as_of, marks=tuple(self._marks.values()), candles={}, funding_rates={})


def decided(tick: TickId, plan: tuple[PlannedOrder, ...]) -> Decision:
    """Return the decision of a turn of the story."""
    wishes = [ProposedAction(kind=ActionKind.OPEN, symbol=one.symbol, side=one.side, size=one.size) for one in plan]
    return Decision(
        decision_id=tick.decision,
        trace_id=tick.trace,
        deployment=tick.deployment,
        skill=_SKILL,
        skill_version=1,
        tick_at=tick.mark,
        decided_by="rules:story",
        proposed_action=wishes[0] if wishes else None,
        verdict=Approved(plan=plan, numbers=Figures()) if plan else Noop(reason="keeps_house"),
        equity=Usd(DEPOSIT),
        marks={},
        final_text=tick.cause,
    )


def exit_decided(turn: ExitTurn) -> Decision:
    """Return the decision under which an exit is written down."""
    return decided(turn.tick, turn.plan)
