"""Accounts too small for their caps, and the smallest caps that work."""

from decimal import Decimal

import pytest

from agentic_core.domain.money import Usd
from agentic_core.skills import Blocker, Tradable, Untradable, check_tradable
from tests.support.skill_files import skill_with

TINY = {
    "rules.sizePct": None,
    "rules.size": 0.001,
    "risk.maxPositionPct": 2,
    "risk.maxTotalExposurePct": 2,
    "risk.maxOrdersPerDay": 4,
}


def dollars(amount: str) -> Usd:
    """Return an amount of dollars."""
    return Usd(Decimal(amount))


def blocker(path: str, *, value: str, allows: str, needs: str, smallest: str | None) -> Blocker:
    """Return a blocker from the texts of its numbers."""
    return Blocker(
        path=path,
        value=Decimal(value),
        allows_usd=dollars(allows),
        needs_usd=dollars(needs),
        smallest=None if smallest is None else Decimal(smallest),
    )


def test_tiny_test_on_hundred_dollars_names_both_caps_and_ten_percent() -> None:
    """2 % of 100 USD is below the venue's 10 USD; 10 % is the smallest cap that works, 500 USD the smallest account."""
    assert check_tradable(skill_with(TINY), dollars("100")) == Untradable(
        equity=dollars("100"),
        order_usd_min=dollars("10"),
        blockers=(
            blocker("risk.maxPositionPct", value="2", allows="2", needs="10", smallest="10"),
            blocker("risk.maxTotalExposurePct", value="2", allows="2", needs="10", smallest="10"),
        ),
        equity_min=dollars("500"),
    )


def test_tiny_test_on_ten_thousand_dollars_is_tradable() -> None:
    """The same caps leave room on a larger account."""
    assert check_tradable(skill_with(TINY), dollars("10000")) == Tradable(
        equity=dollars("10000"), order_usd_min=dollars("10"), position_usd_max=dollars("200")
    )


def test_exposure_cap_wide_enough_is_not_named() -> None:
    """Only what is in the way is named."""
    skill = skill_with(TINY | {"risk.maxTotalExposurePct": 50})
    verdict = check_tradable(skill, dollars("100"))

    assert isinstance(verdict, Untradable)
    assert [found.path for found in verdict.blockers] == ["risk.maxPositionPct"]


def test_leverage_that_cannot_carry_an_order_is_named() -> None:
    """On 4 USD an order of 10 USD needs leverage 3, and caps of 250 %."""
    verdict = check_tradable(skill_with(TINY), dollars("4"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (
        blocker("risk.maxPositionPct", value="2", allows="0.08", needs="10", smallest="250"),
        blocker("risk.maxTotalExposurePct", value="2", allows="0.08", needs="10", smallest="250"),
        blocker("risk.maxLeverage", value="1", allows="4", needs="10", smallest="3"),
    )


@pytest.mark.parametrize("equity", ["0", "-5", "0.19"])
def test_account_that_no_cap_can_help_says_so(equity: str) -> None:
    """Where fifty times the equity is below the smallest order, no cap works."""
    verdict = check_tradable(skill_with(TINY), dollars(equity))

    assert isinstance(verdict, Untradable)
    assert {found.smallest for found in verdict.blockers} == {None}
    assert verdict.equity_min == dollars("500")
    assert all("no value is enough on this account" in line for line in verdict.detail.splitlines()[1:4])


def test_account_that_the_largest_cap_just_helps_names_it() -> None:
    """Fifty times 20 cents is exactly the smallest order; closing it would cost a quarter of the account."""
    verdict = check_tradable(skill_with(TINY | {"risk.dailyLossHaltPct": 25.01}), dollars("0.2"))

    assert isinstance(verdict, Untradable)
    assert [found.smallest for found in verdict.blockers] == [5000, 5000, 50]


def test_size_in_percent_below_the_smallest_order_is_named() -> None:
    """Rules that open 1 % of 100 USD never open anything, however wide the caps."""
    verdict = check_tradable(skill_with({"rules.sizePct": 1, "risk.minOrderUsd": 15}), dollars("100"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (blocker("rules.sizePct", value="1", allows="1", needs="15", smallest="15"),)
    assert verdict.equity_min == dollars("1500")


def test_size_in_percent_above_the_cap_is_tradable_nowhere() -> None:
    """Rules that open more than the cap are always denied, on every account."""
    verdict = check_tradable(skill_with({"rules.sizePct": 30}), dollars("10000"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (blocker("risk.maxPositionPct", value="20", allows="2000", needs="3000", smallest="30"),)
    assert verdict.equity_min is None
    assert verdict.detail.splitlines()[1] == (
        "  risk.maxPositionPct: was 20, which on 10000 USD allows 2000 USD, less than what the rules would open, "
        "3000 USD; write 30 or more, or let the rules open less"
    )


def test_size_in_dollars_above_the_cap_names_the_account_that_is_large_enough() -> None:
    """A fixed size needs an account of which it is within the cap."""
    verdict = check_tradable(skill_with({"rules.sizePct": None, "rules.sizeUsd": 50}), dollars("100"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (
        blocker("risk.maxPositionPct", value="20", allows="20", needs="50", smallest="50"),
        blocker("risk.maxTotalExposurePct", value="40", allows="40", needs="50", smallest="50"),
    )
    assert verdict.equity_min == dollars("250")


def test_size_in_dollars_below_the_smallest_order_is_named_on_every_account() -> None:
    """A fixed size below minOrderUsd is denied however large the account."""
    skill = skill_with({"rules.sizePct": None, "rules.sizeUsd": 5})
    verdict = check_tradable(skill, dollars("10000"))

    assert isinstance(verdict, Untradable)
    assert verdict.detail.splitlines() == [
        "no order could ever pass on 10000 USD",
        "  rules.sizeUsd: was 5, less than the smallest order, 10 USD; write 10 or more",
        "  these are bare minimums: fees eat into equity and sizes are rounded down, so leave some room",
    ]


def test_detail_of_tiny_test_names_numbers_and_cures() -> None:
    """The text for people has the cap, what it allows, what is needed, and what to write."""
    verdict = check_tradable(skill_with(TINY), dollars("100"))

    assert isinstance(verdict, Untradable)
    assert verdict.detail.splitlines() == [
        "no order could ever pass on 100 USD",
        (
            "  risk.maxPositionPct: was 2, which on 100 USD allows 2 USD, less than the smallest order, 10 USD; "
            "write 10 or more"
        ),
        (
            "  risk.maxTotalExposurePct: was 2, which on 100 USD allows 2 USD, less than the smallest order, 10 USD; "
            "write 10 or more"
        ),
        "  or leave it as it is and start with 500 USD or more",
        "  these are bare minimums: fees eat into equity and sizes are rounded down, so leave some room",
    ]


def test_loss_caps_below_the_reserve_of_the_smallest_order_are_named() -> None:
    """Closing 10 USD is taken to cost 5 cents; 1 % of 4 USD is less, so that no open passes the loss caps."""
    caps = {"risk.maxPositionPct": 250, "risk.maxTotalExposurePct": 250, "risk.maxLeverage": 3}
    skill = skill_with(TINY | caps | {"risk.dailyLossHaltPct": 1, "risk.maxDrawdownPct": 1.25})

    verdict = check_tradable(skill, dollars("4"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (
        blocker("risk.dailyLossHaltPct", value="1", allows="7.99", needs="10", smallest="1.26"),
        blocker("risk.maxDrawdownPct", value="1.25", allows="9.99", needs="10", smallest="1.26"),
    )
    assert verdict.equity_min == dollars("5.01")
    assert verdict.detail.splitlines()[1] == (
        "  risk.dailyLossHaltPct: was 1, which on 4 USD, with the reserve for closing, allows 7.99 USD, "
        "less than the smallest order, 10 USD; write 1.26 or more"
    )


def test_size_in_percent_whose_reserve_reaches_a_loss_cap_is_tradable_nowhere() -> None:
    """Half a percent of 20 % is 0.1 %: a day that may lose no more never lets the rules open."""
    skill = skill_with({"rules.sizePct": 20, "risk.dailyLossHaltPct": 0.1})

    verdict = check_tradable(skill, dollars("10000"))

    assert isinstance(verdict, Untradable)
    assert verdict.blockers == (
        blocker("risk.dailyLossHaltPct", value="0.1", allows="1999.99", needs="2000", smallest="0.11"),
    )
    assert verdict.equity_min is None


def test_room_is_no_more_than_the_loss_caps_leave() -> None:
    """A day that may lose 0.05 % leaves less than a tenth of equity, whatever the position cap says."""
    verdict = check_tradable(skill_with({"rules.sizePct": 1, "risk.dailyLossHaltPct": 0.05}), dollars("10000"))

    assert isinstance(verdict, Tradable)
    assert verdict.position_usd_max == dollars("999.99")
