"""Nothing stands between a position and its close, and no close is larger than its position."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import msgspec
from hypothesis import given

from agentic_core.domain import Approved, Noop, Side
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.risk_scenes import Scene, judge
from tests.support.rolled_scenes import BYTES, closing_scenes, open_scenes

VENUE_MINIMUM = 10
GENERIC_DECIMALS = 4
"""Of a symbol that the venue does not list."""


def expected_close(asked: Scene) -> tuple[Fraction, tuple[str, ...]]:
    """Return the size that a close of a part, or of everything, comes to, and what it is adjusted for.

    In the order of the page: round down to the step, cap at what is held, raise to the minimum, leave no dust.
    """
    held = abs(Fraction(asked.held))
    steps = 10 ** (asked.size_decimals if asked.listed else GENERIC_DECIMALS)
    if asked.size is None and asked.size_usd is None:
        return held, ()
    if asked.mark is None:
        if asked.size is None:
            return held, ("R4_NO_MARK",)
        return min(Fraction(max(floor(Fraction(asked.size) * steps), 1), steps), held), ()
    mark = Fraction(asked.mark)
    wanted = Fraction(asked.size) if asked.size is not None else Fraction(asked.size_usd or 0) / mark
    size = min(Fraction(floor(wanted * steps), steps), held)
    adjusted: tuple[str, ...] = ()
    if size == held:
        return held, ()
    if size * mark < VENUE_MINIMUM:
        size, adjusted = Fraction(ceil(VENUE_MINIMUM / mark * steps), steps), ("R9_PARTIAL_BELOW_MINIMUM",)
    if (held - size) * mark < VENUE_MINIMUM:
        return held, (*adjusted, "R9_LEAVES_DUST")
    return size, adjusted


@thorough
@given(rolls(closing_scenes, BYTES))
def test_process_of_a_close_is_never_denied_and_never_larger_than_the_position(asked: Scene) -> None:
    """Whatever the account, the market, the state and the limits are, a close passes, with the size of the page."""
    verdict = judge(asked)
    if asked.held == 0:
        assert verdict == Noop(reason="nothing_to_close")
        return
    assert isinstance(verdict, Approved)
    (leg,) = verdict.plan
    assert leg.reduce_only
    assert leg.side is (Side.SELL if asked.held > 0 else Side.BUY)
    assert 0 < leg.size <= abs(asked.held)
    assert (Fraction(leg.size), verdict.adjusted) == expected_close(asked)
    assert verdict.withheld is None


@thorough
@given(rolls(closing_scenes, BYTES))
def test_process_of_a_partial_close_is_one_the_venue_takes_and_leaves_no_dust(asked: Scene) -> None:
    """What is closed is worth ten dollars at the mark or is everything, and so is what remains."""
    verdict = judge(asked)
    if not isinstance(verdict, Approved) or asked.mark is None:
        return
    (leg,) = verdict.plan
    left = abs(asked.held) - leg.size
    if left:
        assert min(leg.size, left) * asked.mark >= VENUE_MINIMUM
        assert leg.size % Decimal(1).scaleb(-(asked.size_decimals if asked.listed else GENERIC_DECIMALS)) == 0


def opposite_scenes(dice: Dice) -> Scene:
    """Roll an open of the side opposite to what is held."""
    asked = open_scenes(dice)
    held = abs(asked.held) or Decimal("0.5")
    against = -held if asked.side is Side.BUY else held
    return msgspec.structs.replace(asked, held=against, mark=dice.mostly(asked.mark, None))


@thorough
@given(rolls(opposite_scenes, BYTES))
def test_process_of_an_opposite_open_closes_whatever_refuses_the_open(asked: Scene) -> None:
    """The closing leg is planned whole, whether the opening leg follows it or is withheld."""
    verdict = judge(asked)
    assert isinstance(verdict, Approved)
    closing, *rest = verdict.plan
    assert (closing.side, closing.size, closing.reduce_only) == (asked.side, abs(asked.held), True)
    assert (verdict.withheld is None) is (len(rest) == 1)
    if verdict.withheld is not None:
        assert verdict.withheld.numbers == verdict.numbers
        assert verdict.withheld.rule[:2] not in {"R1", "R2"}
