"""Builds run records by hand, for tests of what is made from them."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_core.domain import (
    Accepted,
    ActionKind,
    Approved,
    Assumptions,
    ClientOrderId,
    Decision,
    DecisionRecord,
    Denied,
    DeploymentId,
    EquityPoint,
    Figures,
    Fill,
    FundingPayment,
    Halt,
    HaltReason,
    Instant,
    IntentState,
    Interval,
    Liquidity,
    OrderIntent,
    OrderRecord,
    Price,
    ProposedAction,
    Rejected,
    RejectedResult,
    RunRecord,
    Side,
    Size,
    SkillId,
    Symbol,
    TickId,
    Usd,
    Verdict,
)

START = Instant(1_704_067_200_000)
"""2024-01-01 00:00:00Z."""

MINUTE = 60_000
BTC = Symbol("BTC")
DEPLOYMENT = DeploymentId("0b5c9f52-7a7e-8e55-9f6f-3a4d1f6f7c11")


def empty_run(**changes: object) -> RunRecord:
    """Return a day of 5-minute candles in which nothing happened, with the fields named changed."""
    run = RunRecord(
        run=DEPLOYMENT,
        environment="backtest",
        skill_name="Trend follower",
        skill_version=3,
        payload_hash="9f2c" * 16,
        decided_by="rules:sma-cross",
        symbols=(BTC,),
        interval=Interval.M5,
        start=Instant(START + 5 * MINUTE),
        end=Instant(START + 24 * 60 * MINUTE),
        ticks=287,
        assumptions=Assumptions(
            starting_equity=Usd(Decimal(10_000)),
            taker_rate=Decimal("0.00045"),
            maker_rate=Decimal("0.00015"),
            slippage_bps=Decimal(2),
            funding="0.0000125 of notional an hour, one constant",
            fill_model="the next candle's open, worsened by the slippage",
        ),
        decisions=(),
        orders=(),
        fills=(),
        funding=(),
        halts=(),
        equity=(point(5, "10000"), point(24 * 60, "10000")),
        marks={},
        final_equity=Usd(Decimal(10_000)),
    )
    return msgspec.structs.replace(run, **changes)


def after(minutes: int) -> Instant:
    """Return the instant so many minutes after the start."""
    return Instant(START + minutes * MINUTE)


def point(minutes: int, equity: str, exposure: str = "0") -> EquityPoint:
    """Return what the account was worth then."""
    return EquityPoint(time=after(minutes), equity=Usd(Decimal(equity)), exposure=Usd(Decimal(exposure)))


def fill(minutes: int, side: str, size: str, price: str, *, fee: str = "0", pnl: str = "0") -> Fill:
    """Return an execution of one of our orders in BTC."""
    return Fill(
        fill_id=f"BTC-{minutes}-{side}-{size}",
        cloid=ClientOrderId(f"0x{minutes:032x}"),
        symbol=BTC,
        side=Side(side),
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        fee=Usd(Decimal(fee)),
        liquidity=Liquidity.TAKER,
        time=after(minutes),
        closed_pnl=Usd(Decimal(pnl)),
    )


def paid(minutes: int, amount: str, *, size: str = "1", symbol: str = "BTC") -> FundingPayment:
    """Return a funding payment of so many dollars to the account."""
    return FundingPayment(
        symbol=Symbol(symbol),
        time=after(minutes),
        size=Size(Decimal(size)),
        rate=Decimal("0.0000125"),
        amount=Usd(Decimal(amount)),
    )


NO_FIGURES = Figures()


def denial(minutes: int, rule: str, detail: str, figures: Figures = NO_FIGURES) -> DecisionRecord:
    """Return a turn whose proposal one of our rules refused."""
    verdict = Denied(rule=rule, detail=detail, numbers=figures)
    return _decided(minutes, verdict, RejectedResult(rule=rule, detail=detail, numbers=figures))


def venue_refusal(minutes: int, reason: str) -> DecisionRecord:
    """Return a turn whose order the venue rejected."""
    return _decided(minutes, Approved(plan=(), numbers=NO_FIGURES), RejectedResult(rule="VENUE", detail=reason))


def _decided(minutes: int, verdict: Verdict, result: RejectedResult) -> DecisionRecord:
    tick = TickId(deployment=DEPLOYMENT, mark=after(minutes))
    decision = Decision(
        decision_id=tick.decision,
        trace_id=tick.trace,
        deployment=DEPLOYMENT,
        skill=SkillId("skill-1"),
        skill_version=3,
        tick_at=tick.mark,
        decided_by="rules:sma-cross",
        proposed_action=ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(Decimal(500))),
        verdict=verdict,
        equity=Usd(Decimal(10_000)),
        marks={BTC: Decimal(42_000)},
    )
    return DecisionRecord(decision=decision, result=result)


def filled_order(executed: Fill) -> OrderRecord:
    """Return the order behind a fill."""
    return OrderRecord(
        time=executed.time,
        intent=_intent(executed),
        outcome=Accepted(
            cloid=_intent(executed).cloid, state=IntentState.FILLED, fills=(executed,), venue_order_id="paper-1"
        ),
    )


def rejected_order(wanted: Fill, reason: str) -> OrderRecord:
    """Return an order that would have filled so, had the venue taken it."""
    intent = _intent(wanted)
    return OrderRecord(time=wanted.time, intent=intent, outcome=Rejected(cloid=intent.cloid, reason=reason))


def _intent(wanted: Fill) -> OrderIntent:
    return OrderIntent(
        cloid=wanted.cloid or ClientOrderId("0x00"),
        symbol=wanted.symbol,
        side=wanted.side,
        size=wanted.size,
        limit_price=wanted.price,
        reduce_only=False,
    )


def halt(minutes: int) -> Halt:
    """Return a daily-loss halt."""
    return Halt(
        time=after(minutes),
        reason=HaltReason.DAILY_LOSS,
        detail="lost 312.5 USD since the day's first mark, the cap is 300",
        numbers={"equity": Decimal("9687.5"), "baseline": Decimal(10_000), "loss": Decimal("312.5")},
    )


def busy_run() -> RunRecord:
    """Return a day with two round trips, funding, refusals of both kinds and a halt; its books balance.

    The first trip gains 5 less 0.9 of fees and 0.25 of funding, the second loses 8 and 0.6 of fees.
    """
    fills: Sequence[Fill] = (
        fill(60, "buy", "0.01", "42000", fee="0.4"),
        fill(180, "sell", "0.01", "42500", fee="0.5", pnl="5"),
        fill(600, "sell", "0.02", "42400", fee="0.3"),
        fill(720, "buy", "0.02", "42800", fee="0.3", pnl="-8"),
    )
    return empty_run(
        decisions=(
            denial(
                300,
                "R5_POSITION_CAP",
                "1500 USD would be over the cap of 1000",
                Figures(equity=Decimal(1000)),
            ),
            denial(305, "R5_POSITION_CAP", "1510 USD would be over the cap of 1000"),
            venue_refusal(400, "Order must have minimum value of $10. asset=BTC"),
            denial(800, "R3_HALTED", "trading is halted"),
        ),
        orders=(*map(filled_order, fills), rejected_order(fill(400, "buy", "0.0001", "42000"), "too small")),
        fills=tuple(fills),
        funding=(paid(120, "-0.25", size="0.01"),),
        halts=(halt(725),),
        equity=(
            point(5, "10000"),
            point(65, "10001", "420"),
            point(180, "10004", "425"),
            point(185, "10003.85"),
            point(660, "9998", "852"),
            point(725, "9995.25"),
            point(24 * 60, "9995.25"),
        ),
        final_equity=Usd(Decimal("9995.25")),
    )
