"""An order is named by its turn: the same turn by the same name, any other by another."""

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import (
    AccountKey,
    ClientOrderId,
    DeploymentId,
    Instant,
    TickId,
    client_order_id,
    derived_uuid,
)
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough

words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
Order = tuple[str, str, int, str, int, int]
BYTES = 256


def word(dice: Dice) -> str:
    """Roll a word of up to six letters, of which few differ, so that parts can run into each other."""
    return "".join(dice.any_of("a", "b", "0", "1", ":", "|", "\U0001f40d", "\x7f") for _ in range(dice.whole(0, 6)))


def an_order(dice: Dice) -> Order:
    """Roll the parts of an order's name."""
    mark = dice.any_of(dice.whole(0, 2**53), dice.whole(0, 20))
    return word(dice), word(dice), mark, word(dice), dice.whole(0, 9), dice.whole(0, 9)


def two_orders(dice: Dice) -> tuple[Order, Order]:
    """Roll two orders."""
    return an_order(dice), an_order(dice)


def cloid(order: Order) -> ClientOrderId:
    """Return the name of an order."""
    account, deployment, mark, cause, leg, attempt = order
    turn = TickId(deployment=DeploymentId(deployment), mark=Instant(mark), cause=cause)
    return client_order_id(AccountKey(account), turn.digest(), leg=leg, attempt=attempt)


@thorough
@given(rolls(an_order, BYTES))
def test_client_order_id_of_the_same_order_is_the_same(order: Order) -> None:
    """It is a function of its parts and of nothing else."""
    assert cloid(order) == cloid((*order,))


@thorough
@given(rolls(lambda dice: (*two_orders(dice), dice.whole(0, 5)), BYTES))
def test_client_order_id_differs_when_one_part_differs(rolled: tuple[Order, Order, int]) -> None:
    """Account, deployment, mark, cause, leg and attempt each make another order."""
    order, other, place = rolled
    changed = (*order[:place], other[place], *order[place + 1 :])
    assert (cloid(order) == cloid(changed)) is (order == changed)  # type: ignore[arg-type]  # slices lose their lengths


@thorough
@given(rolls(two_orders, BYTES))
def test_client_order_ids_of_different_orders_differ(rolled: tuple[Order, Order]) -> None:
    """No two orders share a name, however their parts are cut."""
    order, other = rolled
    assert (cloid(order) == cloid(other)) is (order == other)


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=4))
def test_derived_uuids_of_different_parts_differ(parts: list[str], others: list[str]) -> None:
    """Where one part ends and the next begins makes a difference."""
    assert (derived_uuid(*parts) == derived_uuid(*others)) is (parts == others)


@thorough
@given(rolls(two_orders, BYTES))
def test_turns_share_trace_and_decision_only_with_themselves(rolled: tuple[Order, Order]) -> None:
    """What joins log lines and rows never joins two turns."""
    order, other = rolled
    first, second = (
        TickId(deployment=DeploymentId(deployment), mark=Instant(mark), cause=cause)
        for _, deployment, mark, cause, _, _ in (order, other)
    )
    assert (first.trace == second.trace) is (first == second)
    assert (first.decision == second.decision) is (first == second)
