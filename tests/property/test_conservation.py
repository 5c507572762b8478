"""Money is neither lost nor made: cash, fees, funding and profit add up to the equity after every operation."""

import pytest

from tests.conservation.accounts import Dice, FollowedAccount, OutOfBalance
from tests.conservation.command import operate


def test_paper_accounts_stay_in_balance_under_random_operations() -> None:
    """To the last digit, over fills, funding, fees, rebates and liquidations of forty accounts."""
    seen = operate(20_000, seed=2)
    assert seen["opened"] == 40
    assert min(seen["fills"], seen["payments"], seen["refusals"]) > 1_000
    assert seen["liquidations"] > 20


@pytest.mark.parametrize("amount", [10**18, -1])
def test_balance_finds_money_that_came_from_nowhere(amount: int) -> None:
    """A millionth of a dollar is missed, and so is the smallest number there is."""
    account = FollowedAccount(Dice(3))
    account.operate()
    account.start += amount
    with pytest.raises(OutOfBalance, match="start"):
        account.operate()
