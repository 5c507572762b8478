"""Random actions beside the official SDK: what is packed, hashed, signed and sent is the same on both networks."""

from collections.abc import Callable

import msgspec
import pytest

from agentic_hl.wire.actions import PlaceOrders, UpdateLeverage, UserSetAbstraction
from tests.differential.cases import Case
from tests.differential.command import KINDS, run
from tests.differential.comparing import Differs, Terms, compare
from tests.differential.desk import Sent
from tests.differential.draws import Draws
from tests.differential.order_cases import ORDER_CASES
from tests.differential.owner_cases import OWNER_CASES

_TERMS = Terms(wallet=1, vault="0x" + 20 * "ab", expires_after=1_800_000_000_000, nonce=1)


def test_random_actions_are_made_as_the_sdk_makes_them() -> None:
    """Three thousand actions of all 44 kinds, with and without vault and expiry; `python -m tests.differential`."""
    told: list[int] = []
    seen = run(3_000, seed=3, told=told.append)
    assert set(seen) == {*KINDS, "multiSig"}
    assert len(seen) == 44
    assert min(seen.values()) >= 30
    assert told == list(range(1, 3_001))


def test_drawn_terms_reach_both_sides() -> None:
    """A vault that the SDK does not sign with is found, if we sign with it."""
    case = KINDS["spotDeploy"](Draws(5))
    compare("planted", case, _TERMS)
    with pytest.raises(Differs, match="planted: the SDK's signature"):
        compare("planted", msgspec.structs.replace(case, takes_vault=True), _TERMS)


def _other_leverage(draws: Draws) -> Case:
    made = UpdateLeverage(asset=0, is_cross=True, leverage=3)
    return Case(asked=lambda desk: desk.update_leverage(4, "BTC", True), made=lambda _: made)  # noqa: FBT003 - the SDK's


def _other_order_of_keys(draws: Draws) -> Case:
    made = {"type": "updateLeverage", "isCross": True, "asset": 0, "leverage": 4}
    return Case(asked=lambda desk: desk.update_leverage(4, "BTC", True), made=lambda _: made)  # noqa: FBT003 - the SDK's


def _other_orders(draws: Draws) -> Case:
    case = ORDER_CASES["order"](draws)

    def made(sent: Sent) -> PlaceOrders:
        ours = case.made(sent)
        assert isinstance(ours, PlaceOrders)
        return msgspec.structs.replace(ours, orders=(*ours.orders, ours.orders[0]))

    return msgspec.structs.replace(case, made=made)


def _other_mode(draws: Draws) -> Case:
    case = OWNER_CASES["userSetAbstraction"](draws)

    def made(sent: Sent) -> UserSetAbstraction:
        ours = case.made(sent)
        assert isinstance(ours, UserSetAbstraction)
        return msgspec.structs.replace(ours, abstraction="u")

    return msgspec.structs.replace(case, made=made)


@pytest.mark.parametrize("planted", [_other_leverage, _other_order_of_keys, _other_orders, _other_mode])
def test_planted_difference_is_found(planted: Callable[[Draws], Case]) -> None:
    """Another value, another order of keys, one order more, a field signed otherwise."""
    with pytest.raises(Differs, match=r"planted: the SDK's (bytes|signature)"):
        compare("planted", planted(Draws(1)), _TERMS)
