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
from tests.support.examples import thorough

words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
orders = st.tuples(words, words, st.integers(0, 2**53), words, st.integers(0, 9), st.integers(0, 9))
Order = tuple[str, str, int, str, int, int]


def cloid(order: Order) -> ClientOrderId:
    """Return the name of an order."""
    account, deployment, mark, cause, leg, attempt = order
    turn = TickId(deployment=DeploymentId(deployment), mark=Instant(mark), cause=cause)
    return client_order_id(AccountKey(account), turn.digest(), leg=leg, attempt=attempt)


@thorough
@given(orders)
def test_client_order_id_of_the_same_order_is_the_same(order: Order) -> None:
    """It is a function of its parts and of nothing else."""
    assert cloid(order) == cloid((*order,))


@thorough
@given(orders, st.integers(0, 5), orders)
def test_client_order_id_differs_when_one_part_differs(order: Order, place: int, other: Order) -> None:
    """Account, deployment, mark, cause, leg and attempt each make another order."""
    changed = (*order[:place], other[place], *order[place + 1 :])
    assert (cloid(order) == cloid(changed)) is (order == changed)  # type: ignore[arg-type]  # slices lose their lengths


@thorough
@given(orders, orders)
def test_client_order_ids_of_different_orders_differ(order: Order, other: Order) -> None:
    """No two orders share a name, however their parts are cut."""
    assert (cloid(order) == cloid(other)) is (order == other)


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=4))
def test_derived_uuids_of_different_parts_differ(parts: list[str], others: list[str]) -> None:
    """Where one part ends and the next begins makes a difference."""
    assert (derived_uuid(*parts) == derived_uuid(*others)) is (parts == others)


@given(orders, orders)
def test_turns_share_trace_and_decision_only_with_themselves(order: Order, other: Order) -> None:
    """What joins log lines and rows never joins two turns."""
    first, second = (
        TickId(deployment=DeploymentId(deployment), mark=Instant(mark), cause=cause)
        for _, deployment, mark, cause, _, _ in (order, other)
    )
    assert (first.trace == second.trace) is (first == second)
    assert (first.decision == second.decision) is (first == second)
