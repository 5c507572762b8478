"""The attacker's own world against sums worked out by hand, and its gate against wishes that are too large.

Equity is 100,000 dollars and every mark 1,000 at first; a gap is a tenth, the collar 1 %, the fee 0.045 %.
"""

import msgspec
import pytest

from agentic_core.domain import Bps
from tests.adversary.account import Account
from tests.adversary.attack import world_of
from tests.adversary.configurations import Configuration, named
from tests.adversary.draws import Draws
from tests.adversary.gate import Gate, Leg, Proposal
from tests.adversary.scenario import BEYOND, WHOLE, Fill, Losses, Scenario, Turn, Wish
from tests.adversary.terms import Terms
from tests.adversary.world import Executed

SHORT = Turn(wish=Wish.OPEN, buy=False)
GAP = Turn(moves=(WHOLE,), against=True, depth=BEYOND, funding=1)
RISE = Turn(moves=(WHOLE,), depth=BEYOND)


def rounded(losses: Losses) -> tuple[float, float, float]:
    """Return the losses to a millionth of what they are a share of, a tenth of a dollar at first."""
    return round(losses.order, 6), round(losses.day, 6), round(losses.deployment, 6)


def test_short_of_a_fifth_over_a_gap_costs_what_the_pencil_says() -> None:
    """20 units sold at 990 for a fee of 8.91 stand at 1,100: 2,200 and 22 of funding are lost, no halt.

    Closing them at 1,111 would be another 220, and a fee of 9.999.
    """
    losses = world_of(named("starter")).play((SHORT, GAP))
    assert rounded(losses) == (0.024609, 0.022309, 0.022309)


def test_halt_closes_at_the_end_of_the_collar() -> None:
    """100 units: 11,000, 44.55 and 110 are more than 5 %, so they are bought back at 1,111 for 1,149.995 more."""
    losses = world_of(named("single")).play((SHORT, GAP))
    assert rounded(losses) == (0.123045, 0.123045, 0.123045)


def test_world_without_halts_closes_nothing() -> None:
    """The same without the exit; only what the order would cost is the same."""
    world = world_of(msgspec.structs.replace(named("single"), halts=False))
    assert rounded(world.play((SHORT, GAP))) == (0.123045, 0.111546, 0.111546)


def test_open_beyond_what_the_caps_leave_is_refused() -> None:
    """Twice the room is asked for, and nothing is held when the gap comes."""
    losses = world_of(named("starter")).play((SHORT._replace(share=2 * WHOLE), GAP))
    assert losses == (0, 0, 0)


def test_missed_order_holds_nothing() -> None:
    """It is approved at a price that the market does not come to."""
    losses = world_of(named("starter")).play((SHORT._replace(fill=Fill.MISSED), GAP))
    assert losses == (0, 0, 0)


def test_marks_rise_no_further_than_is_carried_until_the_last_gap() -> None:
    """A hundredth of a unit is short from 1,000 to 1,500 and no further: 5 dollars, and 0.0045 of fee."""
    scenario = (SHORT._replace(share=1, fill=Fill.MARK), *[RISE] * 9)
    assert world_of(named("starter")).play(scenario).deployment == pytest.approx(5.0045 / 100_000)


def test_missed_order_begins_the_count_of_what_is_carried_anew() -> None:
    """Approved at 1,500, it lets the mark rise to 2,143.58875 in the four turns that are left."""
    missed = Turn(wish=Wish.OPEN, buy=False, share=1, fill=Fill.MISSED, moves=(WHOLE,), depth=BEYOND)
    scenario = (SHORT._replace(share=1, fill=Fill.MARK), *[RISE] * 4, missed, *[RISE] * 4)
    held = 0.01 * (1_500 * 1.1**4 - 1_000)
    assert world_of(named("starter")).play(scenario).deployment == pytest.approx((held + 0.0045) / 100_000)


def test_last_gap_alone_goes_beyond_what_is_carried() -> None:
    """Where nothing is carried, a mark rises only when trading halts on it: by a gap of 1 %, which is the cap here."""
    costly = named("costly")
    still = msgspec.structs.replace(costly.assumptions, carry_bps=Bps(0))
    configuration = msgspec.structs.replace(costly, assumptions=still)
    short = SHORT._replace(fill=Fill.MARK)
    assert marks_of(configuration, (short, RISE))[-1] == 1_010_000_000
    assert marks_of(configuration, (short._replace(share=WHOLE // 2), RISE))[-1] == 1_000_000_000


def test_softened_turn_ends_just_above_the_halt() -> None:
    """Everything is short, and a gap of a tenth becomes the 5 % that do not quite halt the day."""
    softened = GAP._replace(depth=WHOLE)
    losses = world_of(named("single")).play((SHORT, softened))
    assert 0.0499 < losses.day < 0.05


def test_liquidation_closes_at_the_mark() -> None:
    """269.9999 units are short, as many as the first tier takes, with halts out of the way.

    At 1,331 equity is 10,508.53, and maintenance 270,000 / 20 and 89,369.87 / 4. Lost are 89,369.967, and 121.50 and
    161.72 of fees.
    """
    world = world_of(msgspec.structs.replace(named("tiers"), halts=False))
    losses = world.play((SHORT._replace(fill=Fill.MARK), *[RISE] * 5))
    assert rounded(losses)[2] == 0.896532


def test_day_begins_anew_at_its_first_turn() -> None:
    """2,208.91 dollars are lost up to midnight, and 2,200 of 97,791.09 after it."""
    before = RISE._replace(midnight=True)
    losses = world_of(named("starter")).play((SHORT, before, RISE))
    assert rounded(losses)[1:] == (0.022497, 0.044089)


def test_gate_plans_both_legs_of_an_opposite_open() -> None:
    """What is held goes first, and does not open."""
    configuration = named("single")
    account = Account(Terms.of(configuration))
    account.sizes = [5_000]
    legs = Gate(configuration.limits, configuration.instruments).legs(Proposal(0, 3_000, buy=False), account)
    assert legs == (Leg(-5_000, opens=False), Leg(-3_000, opens=True))


def test_draws_repeat_and_spread() -> None:
    """The same seeds draw the same, others do not, and every value of a small range comes up."""
    drawn = [Draws(1, 2).below(10**6), Draws(1, 2).below(10**6), Draws(2, 1).below(10**6)]
    assert drawn[0] == drawn[1] != drawn[2]
    draws = Draws(7)
    assert {draws.between(1, 6) for _ in range(200)} == {1, 2, 3, 4, 5, 6}


def marks_of(configuration: Configuration, scenario: Scenario) -> list[int]:
    """Return the mark of the first symbol whenever something is told."""
    marks: list[int] = []

    def narrate(account: Account, what: str, executed: Executed | None) -> None:
        marks.append(account.marks[0])

    world_of(configuration, narrate).play(scenario)
    return marks
