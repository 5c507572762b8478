"""Folding executions: nothing is lost or made, however they are cut and in whichever direction they go."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given

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
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.markets import AT, BTC, LISTED, MarketByHand


class Cut(NamedTuple):
    """One execution."""

    side: Side
    size: Decimal
    price: Decimal


BYTES = 256


def cut(dice: Dice, *, decimals: int = 6) -> Cut:
    """Roll an execution; its price has up to so many decimals, and its size is often one that closes exactly."""
    return Cut(
        dice.any_of(*Side),
        dice.any_of(dice.number(1, 3), dice.number(1, 10**9, places=5)),
        dice.number(1, 10**6, places=dice.whole(0, decimals)),
    )


def cuts(dice: Dice) -> list[Cut]:
    """Roll up to twelve executions."""
    return [cut(dice) for _ in range(dice.whole(1, 12))]


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


@thorough
@given(rolls(lambda dice: (cuts(dice), cut(dice).price), BYTES))
def test_fold_adds_up_exactly(rolled: tuple[list[Cut], Decimal]) -> None:
    """Realised and open profit together are what the units are worth less the cash that went out, to the last digit."""
    executions, mark = rolled
    position, realised = fold(executions)
    assert position.size == sum(side.sign * size for side, size, _ in executions)
    worth = Fraction(position.size) * Fraction(mark)
    assert Fraction(realised) + Fraction(position.unrealised_pnl(mark)) == worth - spent(executions)


@thorough
@given(rolls(cuts, BYTES))
def test_fold_keeps_cost_and_size_together(executions: list[Cut]) -> None:
    """A flat position has cost nothing, no cost is negative, and a flat account has realised all of it."""
    position, realised = fold(executions)
    assert position.entry_cost >= 0
    if position.size == 0:
        assert position == Position.flat(BTC)
        assert Fraction(realised) == -spent(executions)


def parts_of(dice: Dice) -> tuple[list[Cut], Cut, list[Decimal]]:
    """Roll executions, one more, and the sizes of the parts that it may be executed in."""
    return cuts(dice), cut(dice), [cut(dice).size for _ in range(dice.whole(1, 6))]


@thorough
@given(rolls(parts_of, BYTES))
def test_fold_of_an_execution_in_parts_is_the_same_position(rolled: tuple[list[Cut], Cut, list[Decimal]]) -> None:
    """One execution and its parts lead to the same size and the same profit in all, and cost what it cost."""
    before, (side, _, price), parts = rolled
    whole, whole_realised = fold([*before, Cut(side, sum(parts, ZERO), price)])
    cut, cut_realised = fold([*before, *(Cut(side, part, price) for part in parts)])
    assert cut.size == whole.size
    open_cost = (cut.entry_cost - whole.entry_cost) * (1 if whole.size > 0 else -1)
    assert open_cost == cut_realised - whole_realised
    assert abs(open_cost) <= len(parts) * Decimal("1e-12")


@thorough
@given(rolls(cuts, BYTES))
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


def hours(dice: Dice) -> list[tuple[Cut, Decimal, Decimal, Decimal]]:
    """Roll an execution, its fee, the funding rate and the mark of up to ten hours.

    Decimals of size and price are six together, as the venue has them.
    """
    return [
        (
            cut(dice, decimals=1),
            dice.number(-(10**6), 10**9, places=6),
            dice.number(-(10**6), 10**6, places=10),
            dice.number(1, 10**6, places=1),
        )
        for _ in range(dice.whole(1, 10))
    ]


@thorough
@given(rolls(hours, BYTES))
def test_ledger_equity_changes_by_pnl_less_fees_plus_funding(
    history: list[tuple[Cut, Decimal, Decimal, Decimal]],
) -> None:
    """Over any sequence of fills, marks and funding the account explains its equity exactly."""
    market = MarketByHand({BTC: "1"})
    ledger = PaperLedger(
        starting_equity=Usd(Decimal(10_000)), instruments=LISTED, marks=market.mark, leverage=10, at=AT
    )
    realised = paid = funded = Fraction(0)
    for number, (execution, fee, rate, mark) in enumerate(history):
        position, gain = ledger.position(BTC).after(execution.side, execution.size, execution.price)
        ledger.book(executed(number, execution, fee), position)
        market.set(BTC, mark)
        payment = FundingPayment.settle(BTC, Instant(AT + number), size=position.size, price=mark, rate=rate)
        ledger.settle(payment)
        realised, paid, funded = realised + Fraction(gain), paid + Fraction(fee), funded + Fraction(payment.amount)
        explained = realised + Fraction(position.unrealised_pnl(mark)) - paid + funded
        assert Fraction(ledger.equity) - 10_000 == explained
