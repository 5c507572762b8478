"""No cent and no unit is lost or made at a simulated venue; and a loss of either would be noticed."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.conservation.accounts import Dice, OutOfBalance
from tests.venue_conservation.command import operate
from tests.venue_conservation.crowd import Crowd


def test_thousands_of_random_operations_stay_in_balance() -> None:
    """Everything that the crowd can do came about, and every pot was right after each operation.

    `python -m tests.venue_conservation` does a million.
    """
    seen = operate(8_000, seed=3)
    for name in ("cross market", "cross backstop", "isolated market", "isolated backstop"):
        assert seen[f"liquidations ({name})"], name
    for name in ("Auto-Deleveraging", "payments", "marginCanceled", "siblingFilledCanceled", "selfTradeCanceled"):
        assert seen[name], name
    assert seen["fills"] > 1_000


def _lose_cash(crowd: Crowd) -> None:
    account = crowd.engine.account(crowd.users[0])
    assert account is not None
    account.cash -= Decimal("1E-18")


def _pass_cash_on(crowd: Crowd) -> None:
    one, other = (crowd.engine.account(user) for user in crowd.users[:2])
    assert one is not None
    assert other is not None
    one.cash -= 1
    other.cash += 1


def _make_units(crowd: Crowd) -> None:
    account = crowd.engine.account(crowd.users[0])
    assert account is not None
    position = next((one for one in account.positions.values() if one.szi), None)
    assert position is not None
    position.szi += Decimal("0.00001")


@pytest.mark.parametrize("fault", [_lose_cash, _pass_cash_on, _make_units])
def test_loss_of_the_last_digit_is_noticed(fault: Callable[[Crowd], None]) -> None:
    """Money that is gone, money in the wrong account, and units from nowhere."""
    crowd = Crowd(Dice(8))
    for _ in range(400):
        crowd.operate()
    fault(crowd)
    with pytest.raises(OutOfBalance):
        crowd.operate()
