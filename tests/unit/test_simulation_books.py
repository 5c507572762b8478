"""The books of the minimal venue: nonces, expiry, fills, resting orders, and what is shown of them when."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ClientOrderId, Instant, Price, Side, Size, Symbol
from agentic_core.errors import UsageError
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.simulation.minimal_venue import (
    AskFills,
    AskOrder,
    AskPositions,
    Burn,
    Cancel,
    Done,
    Executed,
    FillsFound,
    NonceBook,
    OrderError,
    OrderFound,
    OrderStanding,
    OrderUnknown,
    Place,
    PositionsFound,
    RequestError,
    Rests,
)
from agentic_core.simulation.minimal_venue.books import MinimalBooks

BTC = Symbol("BTC")
NOW = Instant(1_767_225_600_000)
DAY_MS = 86_400_000
CLOID = ClientOrderId("0x01")
BUY = Place(
    signer="key",
    nonce=NOW,
    cloid=CLOID,
    symbol=BTC,
    side=Side.BUY,
    size=Size(Decimal(2)),
    limit_price=Price(Decimal(101)),
)
DUPLICATE = f"Invalid nonce: duplicate nonce {NOW}"


def later(milliseconds: int) -> Instant:
    """Return an instant after the beginning."""
    return Instant(NOW + milliseconds)


def order(
    number: int,
    *,
    side: Side = Side.BUY,
    size: str = "2",
    limit: str = "101",
    rests: bool = False,
    reduce_only: bool = False,
) -> Place:
    """Return an order with a nonce and a client order id of its own."""
    return Place(
        signer="key",
        nonce=NOW + number,
        cloid=ClientOrderId(f"0x{number:02}"),
        symbol=BTC,
        side=side,
        size=Size(Decimal(size)),
        limit_price=Price(Decimal(limit)),
        rests=rests,
        reduce_only=reduce_only,
    )


def mark(price: str, depth: str | None = None) -> MoveMark:
    """Return a mark, with how much of an order executes at it."""
    return MoveMark(symbol=BTC, price=Price(Decimal(price)), depth=None if depth is None else Size(Decimal(depth)))


def books(price: str = "100", depth: str | None = None) -> MinimalBooks:
    """Return books with a mark."""
    made = MinimalBooks()
    made.move_mark(mark(price, depth), NOW)
    return made


def position(made: MinimalBooks, at: Instant) -> Size | None:
    """Return the position that is shown."""
    answer = made.handle(AskPositions(), at)
    assert isinstance(answer, PositionsFound)
    return answer.positions.get(BTC)


def test_same_request_is_carried_out_once() -> None:
    """The copy is refused by its nonce; so is a noop, and so is an order after a noop."""
    made = books()
    assert made.handle(BUY, NOW) == Executed(at=NOW, filled=Size(Decimal(2)), price=Price(Decimal(100)))
    assert made.handle(BUY, NOW) == RequestError(at=NOW, reason=DUPLICATE)
    assert made.handle(Burn(signer="key", nonce=NOW), NOW) == RequestError(at=NOW, reason=DUPLICATE)
    burned = books()
    assert burned.handle(Burn(signer="key", nonce=NOW), NOW) == Done(at=NOW)
    assert burned.handle(BUY, NOW) == RequestError(at=NOW, reason=DUPLICATE)
    assert burned.truth(NOW).fills == ()


def test_refused_order_has_used_its_nonce() -> None:
    """An error for the order is an answer of the one copy that was carried out."""
    made = books("102")
    refused = made.handle(BUY, NOW)
    assert isinstance(refused, OrderError)
    made.move_mark(mark("100"), NOW)
    assert made.handle(BUY, NOW) == RequestError(at=NOW, reason=DUPLICATE)
    assert made.truth(NOW).orders == ()


def test_nonces_belong_to_their_signer() -> None:
    """Another key may use the same number."""
    made = books()
    made.handle(BUY, NOW)
    assert isinstance(made.handle(msgspec.structs.replace(BUY, signer="other"), NOW), Executed)


@pytest.mark.parametrize(
    ("nonce", "refused"),
    [
        (NOW - 2 * DAY_MS, True),
        (NOW - 2 * DAY_MS + 1, False),
        (NOW + DAY_MS - 1, False),
        (NOW + DAY_MS, True),
        (1, True),
    ],
)
def test_nonce_has_to_be_near_venue_time(nonce: int, refused: bool) -> None:
    """Within two days before and one day after, both ends excluded."""
    assert (NonceBook().use("key", nonce, NOW) is not None) is refused


def test_nonce_has_to_be_above_the_lowest_that_is_kept() -> None:
    """Twenty are kept; with all of them there, an unused one below the lowest is refused, one in between is not."""
    book = NonceBook()
    for number in range(20):
        assert book.use("key", NOW + 10 * number, NOW) is None
    assert book.use("key", NOW - 1, NOW) == f"Invalid nonce: {NOW - 1} is too low, the lowest kept is {NOW}"
    assert book.use("key", NOW + 5, NOW) is None  # now the lowest kept is NOW + 5, and NOW is forgotten
    assert book.use("key", NOW, NOW) == f"Invalid nonce: {NOW} is too low, the lowest kept is {NOW + 5}"
    assert book.use("key", NOW + 5, NOW) == f"Invalid nonce: duplicate nonce {NOW + 5}"


@pytest.mark.parametrize(("age_ms", "executed"), [(9_999, True), (10_000, True), (10_001, False)])
def test_expiry_is_judged_by_venue_time(age_ms: int, executed: bool) -> None:
    """Up to its last millisecond an action is carried out; afterwards it is refused and its nonce stays unused."""
    made = books()
    dated = msgspec.structs.replace(BUY, expires_at=later(10_000))
    answer = made.handle(dated, later(age_ms))
    assert isinstance(answer, Executed) is executed
    if not executed:
        assert answer == RequestError(at=later(age_ms), reason="Action already expired")
        assert made.handle(Burn(signer="key", nonce=NOW), later(age_ms)) == Done(at=later(age_ms))


def test_order_executes_as_far_as_there_is_depth() -> None:
    """What does not execute at once is gone, and shows as canceled."""
    made = books(depth="0.5")
    assert made.handle(BUY, NOW) == Executed(at=NOW, filled=Size(Decimal("0.5")), price=Price(Decimal(100)))
    found = made.handle(AskOrder(cloid=CLOID), NOW)
    assert found == OrderFound(at=NOW, standing=OrderStanding.CANCELED, filled=Size(Decimal("0.5")))


@pytest.mark.parametrize(("price", "depth"), [("101.5", None), ("100", "0")])
def test_order_that_cannot_execute_at_once_is_refused(price: str, depth: str | None) -> None:
    """Because of its limit, or because nobody is there."""
    made = books(price, depth)
    answer = made.handle(BUY, NOW)
    assert isinstance(answer, OrderError)
    assert "could not immediately match" in answer.reason
    shown = made.handle(AskOrder(cloid=CLOID), NOW)
    assert shown == OrderFound(at=NOW, standing=OrderStanding.REJECTED, filled=Size(Decimal(0)))


def test_unknown_symbol_has_no_mark_to_execute_at() -> None:
    """It is refused like any order that nobody takes."""
    assert isinstance(MinimalBooks().handle(BUY, NOW), OrderError)


def test_resting_order_executes_when_the_mark_reaches_its_limit() -> None:
    """It waits at its limit, executes there, and is filled."""
    made = books("100")
    assert made.handle(order(1, limit="95", rests=True), NOW) == Rests(at=NOW, filled=Size(Decimal(0)))
    made.move_mark(mark("96"), later(1))
    assert position(made, later(1)) is None
    made.move_mark(mark("94"), later(2))
    assert position(made, later(2)) == 2
    (fill,) = made.truth(later(2)).fills
    assert (fill.price, fill.at) == (Decimal(95), later(2))
    assert not made.truth(later(2)).orders[0].live


def test_resting_order_executes_in_part_and_rests_with_the_other() -> None:
    """Depth limits what executes at once."""
    made = books("100", "0.5")
    assert made.handle(order(1, rests=True), NOW) == Rests(at=NOW, filled=Size(Decimal("0.5")))
    made.move_mark(mark("99"), later(1))
    assert position(made, later(1)) == 2


def test_cancel_takes_a_resting_order_back_once() -> None:
    """Afterwards the mark passes it by, and a second cancel finds nothing."""
    made = books("100")
    made.handle(order(1, limit="95", rests=True), NOW)
    assert made.handle(Cancel(signer="key", nonce=NOW + 50, cloid=CLOID), NOW) == Done(at=NOW)
    again = made.handle(Cancel(signer="key", nonce=NOW + 51, cloid=CLOID), NOW)
    assert isinstance(again, OrderError)
    made.move_mark(mark("90"), later(1))
    assert position(made, later(1)) is None


def test_reduce_only_closes_what_is_held_and_no_more() -> None:
    """It is clipped to the position, and refused without one."""
    made = books()
    sell = order(2, side=Side.SELL, size="5", limit="90", reduce_only=True)
    flat = made.handle(sell, NOW)
    assert flat == OrderError(at=NOW, reason="Reduce only order would increase position.")
    made.handle(order(3), NOW)
    assert position(made, NOW) == 2
    closed = made.handle(msgspec.structs.replace(sell, nonce=NOW + 4), NOW)
    assert closed == Executed(at=NOW, filled=Size(Decimal(2)), price=Price(Decimal(100)))
    assert position(made, NOW) == 0


def test_resting_reduce_only_order_ends_when_nothing_is_left_to_reduce() -> None:
    """It executes what is held then, and the rest of it is canceled."""
    made = books()
    made.handle(order(1), NOW)
    made.handle(order(2, side=Side.SELL, size="2", limit="110", rests=True, reduce_only=True), NOW)
    made.handle(order(3, side=Side.SELL, size="1.5", limit="90"), NOW)
    made.move_mark(mark("120"), later(1))
    assert position(made, later(1)) == 0
    found = made.handle(AskOrder(cloid=ClientOrderId("0x02")), later(1))
    assert found == OrderFound(at=later(1), standing=OrderStanding.CANCELED, filled=Size(Decimal("0.5")))


def test_reads_show_the_past_and_the_truth_does_not() -> None:
    """Order, fills and position appear together, one lag after they happened."""
    made = books()
    made.lag_ms = 5_000
    made.handle(BUY, NOW)
    assert made.handle(AskOrder(cloid=CLOID), later(4_999)) == OrderUnknown(at=later(4_999))
    assert made.handle(AskFills(since=NOW), later(4_999)) == FillsFound(at=later(4_999), fills=())
    assert position(made, later(4_999)) is None
    assert made.truth(later(4_999)).filled(CLOID) == 2
    assert isinstance(made.handle(AskOrder(cloid=CLOID), later(5_000)), OrderFound)
    shown = made.handle(AskFills(since=NOW), later(5_000))
    assert shown == FillsFound(at=later(5_000), fills=made.truth(later(5_000)).fills)
    assert made.handle(AskFills(since=later(1)), later(5_000)) == FillsFound(at=later(5_000), fills=())


def test_time_that_goes_back_is_a_mistake_of_the_caller() -> None:
    """Requests are handed in in order."""
    made = books()
    made.handle(AskPositions(), later(5))
    with pytest.raises(UsageError, match="venue time went back"):
        made.handle(AskPositions(), later(4))
