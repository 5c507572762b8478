"""What the minimal venue keeps whatever is asked of it, in whatever order and however often."""

from collections import Counter
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import ClientOrderId, Instant, Price, Side, Size, Symbol
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.simulation.minimal_venue import (
    AskPositions,
    Burn,
    Done,
    Executed,
    NonceBook,
    OrderError,
    Place,
    PositionsFound,
    RequestError,
    Rests,
)
from agentic_core.simulation.minimal_venue.books import MinimalBooks

BTC = Symbol("BTC")
NOW = Instant(1_767_225_600_000)
CARRIED_OUT = (Executed, Rests, Done, OrderError)

steps = st.tuples(
    st.integers(0, 2_000),  # how much time passes before
    st.integers(0, 30),  # which nonce
    st.sampled_from(["ioc", "gtc", "close", "noop"]),
    st.integers(97, 103),  # at which mark
    st.integers(-3_000, 3_000),  # when it expires, seen from its nonce
)


def request_of(kind: str, number: int, expires: int) -> Place | Burn:
    """Return what is asked: the same number always names the same nonce and order."""
    expires_at = Instant(NOW + 1_000 * number + expires)
    if kind == "noop":
        return Burn(signer="key", nonce=NOW + number, expires_at=expires_at)
    return Place(
        signer="key",
        nonce=NOW + number,
        expires_at=expires_at,
        cloid=ClientOrderId(f"0x{number}"),
        symbol=BTC,
        side=Side.SELL if kind == "close" else Side.BUY,
        size=Size(Decimal(1)),
        limit_price=Price(Decimal(1 if kind == "close" else 100)),
        rests=kind == "gtc",
        reduce_only=kind == "close",
    )


@given(st.lists(steps, max_size=60))
def test_nonce_is_carried_out_at_most_once(script: list[tuple[int, int, str, int, int]]) -> None:
    """Whatever copies, noops and orders share a number: one of them at most is carried out, and never after expiry."""
    books, at, done = MinimalBooks(), int(NOW), Counter[int]()
    for passes, number, kind, price, expires in script:
        at += passes
        books.move_mark(MoveMark(symbol=BTC, price=Price(Decimal(price))), Instant(at))
        request = request_of(kind, number, expires)
        answer = books.handle(request, Instant(at))
        if isinstance(answer, CARRIED_OUT):
            done[number] += 1
            assert request.expires_at is not None
            assert at <= request.expires_at
        else:
            assert isinstance(answer, RequestError)
    assert all(count == 1 for count in done.values())
    truth = books.truth(Instant(at))
    assert all(truth.filled(ClientOrderId(f"0x{number}")) <= (1 if number in done else 0) for number in range(31))
    assert all(fill.size > 0 for fill in truth.fills)


@given(st.lists(steps, max_size=60))
def test_books_add_up(script: list[tuple[int, int, str, int, int]]) -> None:
    """The position is what the fills sum to, never below zero where only closes sell, and orders hold their fills."""
    books, at = MinimalBooks(), int(NOW)
    for passes, number, kind, price, _ in script:
        at += passes
        books.move_mark(MoveMark(symbol=BTC, price=Price(Decimal(price))), Instant(at))
        books.handle(request_of(kind, number, 10**6), Instant(at))
        truth = books.truth(Instant(at))
        signed = [fill.size if fill.side is Side.BUY else -fill.size for fill in truth.fills]
        assert truth.positions.get(BTC, Size(Decimal(0))) == sum(signed, Decimal(0)) >= 0
        for order in truth.orders:
            assert order.filled == truth.filled(order.cloid) <= order.size
            assert not (order.live and order.filled == order.size)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=80), st.integers(1, 20))
def test_nonce_book_agrees_with_a_set_of_all_that_was_used(script: list[tuple[int, bool]], kept: int) -> None:
    """A nonce is taken exactly if it is unused and not below the lowest of the highest ones kept."""
    book, used = NonceBook(kept), dict[bool, set[int]]({True: set(), False: set()})
    for number, first in script:
        mine = used[first]
        lowest = min(sorted(mine)[-kept:], default=-1) if len(mine) >= kept else -1
        taken = book.use("a" if first else "b", NOW + number, NOW) is None
        assert taken == (number not in mine and number > lowest)
        if taken:
            mine.add(number)


@given(st.integers(0, 10_000), st.integers(0, 20_000))
def test_read_shows_exactly_what_happened_a_lag_before(lag_ms: int, waited_ms: int) -> None:
    """Not earlier, not later."""
    books = MinimalBooks()
    books.lag_ms = lag_ms
    books.move_mark(MoveMark(symbol=BTC, price=Price(Decimal(100))), NOW)
    order = msgspec.structs.replace(request_of("ioc", 0, 0), expires_at=None)
    books.handle(order, NOW)
    at = Instant(NOW + waited_ms)
    assert books.truth(at).positions == {BTC: Decimal(1)}
    shown = books.handle(AskPositions(), at)
    assert isinstance(shown, PositionsFound)
    assert shown.positions == ({BTC: Decimal(1)} if waited_ms >= lag_ms else {})
