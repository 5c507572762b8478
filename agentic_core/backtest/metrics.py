"""What a run amounts to, computed from its record alone; figures that are not defined are None."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, localcontext

import msgspec

from agentic_core.backtest.returns import (
    Drawdown,
    annual,
    daily_returns,
    max_drawdown,
    sharpe,
    sortino,
    volatility,
)
from agentic_core.backtest.round_trips import DIGITS, OpenTrip, RoundTrip, fold_trips
from agentic_core.domain.decision import RejectedResult
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.order import Rejected, Unresolved
from agentic_core.domain.run import RunRecord

__all__ = ["VENUE_RULE", "Books", "Metrics", "measure_run"]

VENUE_RULE = "VENUE"
"""The rule under which a refusal by the venue is recorded."""

_RESIDUAL_STEP = Decimal("0.000000000001")
"""An average entry that was closed in parts cannot be written exactly; a trillionth of a dollar covers that."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Starting equity + realised + unrealised − fees + funding = final equity."""

    starting: Usd
    realised: Usd
    """As the broker recorded it on each fill, before fees."""
    unrealised: Usd | None
    """Of the positions open at the end, from their folded entries; None when long and short are open at once,
    because a record has no mark of each symbol then."""
    fees: Usd
    funding: Usd
    final: Usd
    residual: Usd | None
    """Final equity minus what the sum says, to a trillionth of a dollar; anything but zero is a defect."""

    @property
    def balance(self) -> bool | None:
        """Whether nothing was lost or invented; None when the record cannot tell."""
        return None if self.residual is None else self.residual == 0


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a report; ratios are fractions, 0.05 is 5 %."""

    total_return: float | None
    annual_return: float | None
    """Compounded to 365 days; None under 30 days."""
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    days: int
    """Whole UTC days that the four figures on daily returns stand on."""
    drawdown: Drawdown | None
    exposure_share: float | None
    """Share of time in which any position was held."""
    trips: tuple[RoundTrip, ...]
    open_trips: tuple[OpenTrip, ...]
    win_rate: float | None
    """Round trips with a profit after fees and funding."""
    profit_factor: float | None
    """Sum of net profits over sum of net losses; None without a loss."""
    best: Usd | None
    worst: Usd | None
    holding_ms: float | None
    """Average of the round trips."""
    volume: Usd
    """Sum of all notionals executed."""
    turnover: float | None
    """Volume over starting equity."""
    ticks: int
    orders: int
    fills: int
    denials: dict[str, int]
    """Actions our rules refused, by rule."""
    venue_rejections: int
    unresolved: int
    halts: int
    books: Books


def measure_run(run: RunRecord) -> Metrics:
    """Compute the figures of a run."""
    start = run.assumptions.starting_equity
    trips, held = fold_trips(run.fills, run.funding)
    nets = [trip.net for trip in trips]
    total_return = float(run.final_equity / start - 1) if start > 0 else None
    returns = daily_returns(run.equity)
    volume = sum((fill.notional for fill in run.fills), ZERO)
    results = [record.result for record in run.decisions if isinstance(record.result, RejectedResult)]
    denials = Counter(result.rule for result in results if result.rule != VENUE_RULE)
    return Metrics(
        total_return=total_return,
        annual_return=annual(total_return, run.end - run.start),
        volatility=volatility(returns),
        sharpe=sharpe(returns),
        sortino=sortino(returns),
        days=len(returns),
        drawdown=max_drawdown(run.equity),
        exposure_share=_exposure_share(run, trips, held),
        trips=tuple(trips),
        open_trips=tuple(held),
        win_rate=sum(net > 0 for net in nets) / len(nets) if nets else None,
        profit_factor=_profit_factor(nets),
        best=max(nets, default=None),
        worst=min(nets, default=None),
        holding_ms=sum(trip.holding_ms for trip in trips) / len(trips) if trips else None,
        volume=Usd(volume),
        turnover=float(volume / start) if start > 0 else None,
        ticks=run.ticks,
        orders=len(run.orders),
        fills=len(run.fills),
        denials=dict(denials.most_common()),
        venue_rejections=sum(isinstance(order.outcome, Rejected) for order in run.orders),
        unresolved=sum(isinstance(order.outcome, Unresolved) for order in run.orders),
        halts=len(run.halts),
        books=_books(run, held),
    )


def _profit_factor(nets: Sequence[Decimal]) -> float | None:
    losses = -sum((net for net in nets if net < 0), ZERO)
    profits = sum((net for net in nets if net > 0), ZERO)
    return float(profits / losses) if losses else None


def _exposure_share(run: RunRecord, trips: Sequence[RoundTrip], held: Sequence[OpenTrip]) -> float | None:
    span = run.end - run.start
    if span <= 0:
        return None
    stays = [(trip.opened, trip.closed) for trip in trips] + [(trip.opened, run.end) for trip in held]
    covered, reached = 0, int(run.start)
    for opened, closed in sorted(stays):
        covered += max(0, closed - max(opened, reached))
        reached = max(reached, closed)
    return covered / span


def _books(run: RunRecord, held: Sequence[OpenTrip]) -> Books:
    start, final = run.assumptions.starting_equity, run.final_equity
    with localcontext(prec=DIGITS):
        realised = sum((fill.closed_pnl for fill in run.fills), ZERO)
        fees = sum((fill.fee for fill in run.fills), ZERO)
        funding = sum((payment.amount for payment in run.funding), ZERO)
        unrealised = _unrealised(run, held)
        residual = None
        if unrealised is not None:
            expected = start + realised + unrealised - fees + funding
            residual = Usd((final - expected).quantize(_RESIDUAL_STEP))
    return Books(
        starting=start,
        realised=Usd(realised),
        unrealised=unrealised,
        fees=Usd(fees),
        funding=Usd(funding),
        final=final,
        residual=residual,
    )


def _unrealised(run: RunRecord, held: Sequence[OpenTrip]) -> Usd | None:
    if any(trip.symbol not in run.marks for trip in held):
        return None
    gains = (trip.size * run.marks[trip.symbol] - trip.entry_cost.copy_sign(trip.size) for trip in held)
    return Usd(sum(gains, ZERO))
