"""Folding executions: nothing is lost or made, however they are cut and in whichever direction they go."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.brokers import PaperLedger
from agentic_core.domain import (
    ZERO,
    Fill,
    FundingPayment,
    Instant,
    Liquidity,
    Position,
    Price,
    Side,
    Size,
    Usd,
)
from tests.support.markets import AT, BTC, LISTED, MarketByHand


class Cut(NamedTuple):
    """One execution."""

    side: Side
    size: Decimal
    price: Decimal


sides = st.sampled_from(list(Side))
sizes = st.integers(1, 10**9).map(lambda units: Decimal(units).scaleb(-5))
prices = st.integers(1, 10**6).flatmap(
    lambda units: st.integers(0, 6).map(lambda decimals: Decimal(units).scaleb(-decimals))
)
cuts = st.builds(Cut, sides, sizes, prices)
several = st.lists(cuts, min_size=1, max_size=12)


def fold(executions: Sequence[Cut]) -> tuple[Position, Decimal]:
    """Return the position after all executions and the profit they realised."""
    position, realised = Position.flat(BTC), ZERO
    for side, size, price in executions:
        position, gain = position.after(side, size, price)
        realised += gain
    return position, realised


def spent(executions: Sequence[Cut]) -> Fraction:
    """Return the cash that went out."""
    return sum((side.sign * Fraction(size) * Fraction(price) for side, size, price in executions), Fraction(0))


@given(several, prices)
def test_fold_adds_up_exactly(executions: list[Cut], mark: Decimal) -> None:
    """Realised and open profit together are what the units are worth less the cash that went out, to the last digit."""
    position, realised = fold(executions)
    assert position.size == sum(side.sign * size for side, size, _ in executions)
    worth = Fraction(position.size) * Fraction(mark)
    assert Fraction(realised) + Fraction(position.unrealised_pnl(mark)) == worth - spent(executions)


@given(several)
def test_fold_keeps_cost_and_size_together(executions: list[Cut]) -> None:
    """A flat position has cost nothing, no cost is negative, and a flat account has realised all of it."""
    position, realised = fold(executions)
    assert position.entry_cost >= 0
    if position.size == 0:
        assert position == Position.flat(BTC)
        assert Fraction(realised) == -spent(executions)


@given(several, sides, prices, st.lists(sizes, min_size=1, max_size=6))
def test_fold_of_an_execution_in_parts_is_the_same_position(
    before: list[Cut], side: Side, price: Decimal, parts: list[Decimal]
) -> None:
    """One execution and its parts lead to the same size and the same profit in all, and cost what it cost."""
    whole, whole_realised = fold([*before, Cut(side, sum(parts, ZERO), price)])
    cut, cut_realised = fold([*before, *(Cut(side, part, price) for part in parts)])
    assert cut.size == whole.size
    open_cost = (cut.entry_cost - whole.entry_cost) * (1 if whole.size > 0 else -1)
    assert open_cost == cut_realised - whole_realised
    assert abs(open_cost) <= len(parts) * Decimal("1e-12")


@given(several)
def test_fold_of_the_mirrored_executions_is_the_mirrored_position(executions: list[Cut]) -> None:
    """Shorts are longs with the sign turned round."""
    position, realised = fold(executions)
    mirrored, lost = fold([Cut(side.opposite, size, price) for side, size, price in executions])
    assert (mirrored.size, mirrored.entry_cost, lost) == (-position.size, position.entry_cost, -realised)


def executed(number: int, cut: Cut, fee: Decimal) -> Fill:
    """Return the fill of an execution."""
    return Fill(
        fill_id=str(number),
        cloid=None,
        symbol=BTC,
        side=cut.side,
        size=Size(cut.size),
        price=Price(cut.price),
        fee=Usd(fee),
        liquidity=Liquidity.TAKER,
        time=AT,
        closed_pnl=Usd(ZERO),
    )


rates = st.integers(-(10**6), 10**6).map(lambda units: Decimal(units).scaleb(-10))
fees = st.integers(-(10**6), 10**9).map(lambda units: Decimal(units).scaleb(-6))
venue_prices = st.integers(1, 10**6).map(lambda units: Decimal(units).scaleb(-1))
venue_cuts = st.builds(Cut, sides, sizes, venue_prices)  # decimals of size and price are six together
hours = st.lists(st.tuples(venue_cuts, fees, rates, venue_prices), min_size=1, max_size=10)


@given(hours)
def test_ledger_equity_changes_by_pnl_less_fees_plus_funding(
    history: list[tuple[Cut, Decimal, Decimal, Decimal]],
) -> None:
    """Over any sequence of fills, marks and funding the account explains its equity exactly."""
    market = MarketByHand({BTC: "1"})
    ledger = PaperLedger(
        starting_equity=Usd(Decimal(10_000)), instruments=LISTED, marks=market.mark, leverage=10, at=AT
    )
    realised = paid = funded = Fraction(0)
    for number, (cut, fee, rate, mark) in enumerate(history):
        position, gain = ledger.position(BTC).after(cut.side, cut.size, cut.price)
        ledger.book(executed(number, cut, fee), position)
        market.set(BTC, mark)
        payment = FundingPayment.settle(BTC, Instant(AT + number), size=position.size, price=mark, rate=rate)
        ledger.settle(payment)
        realised, paid, funded = realised + Fraction(gain), paid + Fraction(fee), funded + Fraction(payment.amount)
        explained = realised + Fraction(position.unrealised_pnl(mark)) - paid + funded
        assert Fraction(ledger.equity) - 10_000 == explained
