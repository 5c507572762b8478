"""Round trips folded from fills and funding, against figures computed by hand."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from agentic_core.backtest.round_trips import RoundTrip, fold_trips
from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import plain
from agentic_core.domain.position import Direction
from tests.support.runs import after, fill, paid


def _only(fills: Sequence[Fill]) -> RoundTrip:
    (trip,), held = fold_trips(fills, [])
    assert held == []
    return trip


def _plain(*amounts: Decimal) -> str:
    return " ".join(map(plain, amounts))


def test_long_trip_earns_what_the_price_rises() -> None:
    """Two units from 100 to 130 earn 60, less 3 of fees."""
    trip = _only([fill(1, "buy", "2", "100", fee="1"), fill(5, "sell", "2", "130", fee="2")])
    assert trip.direction is Direction.LONG
    assert (trip.opened, trip.closed, trip.holding_ms) == (after(1), after(5), 240_000)
    assert _plain(trip.size, trip.entry_price, trip.exit_price) == "2 100 130"
    assert _plain(trip.gross, trip.fees, trip.net) == "60 3 57"


def test_short_trip_earns_what_the_price_falls() -> None:
    """Two units from 130 to 100 earn 60."""
    trip = _only([fill(1, "sell", "2", "130"), fill(5, "buy", "2", "100")])
    assert trip.direction is Direction.SHORT
    assert _plain(trip.gross) == "60"


def test_trip_with_several_entries_and_exits_averages_both() -> None:
    """1 at 100 and 3 at 120 out at 110 and 130: 460 paid, 2 x 110 + 2 x 130 = 480 received."""
    trip = _only(
        [
            fill(1, "buy", "1", "100"),
            fill(2, "buy", "3", "120"),
            fill(3, "sell", "2", "110"),
            fill(4, "sell", "2", "130"),
        ]
    )
    assert _plain(trip.size, trip.entry_price, trip.exit_price, trip.gross) == "4 115 120 20"


def test_fill_that_turns_the_position_around_ends_one_trip_and_begins_the_next() -> None:
    """A sale of 3 closes 1 and opens 2 short; its fee of 3 is shared one to two."""
    (first, second), held = fold_trips(
        [fill(1, "buy", "1", "100", fee="0.5"), fill(2, "sell", "3", "110", fee="3"), fill(3, "buy", "2", "90")], []
    )
    assert held == []
    assert _plain(first.gross, first.fees, second.gross, second.fees) == "10 1.5 40 2"
    assert (first.closed, second.opened) == (after(2), after(2))
    assert (first.direction, second.direction) == (Direction.LONG, Direction.SHORT)


def test_position_still_held_stays_open_at_its_average_entry() -> None:
    """Of 4 units at 115 on average one was sold, so 3 are left at 345."""
    trips, (held,) = fold_trips(
        [fill(1, "buy", "1", "100"), fill(2, "buy", "3", "120"), fill(3, "sell", "1", "150", fee="2")], []
    )
    assert trips == []
    assert held.opened == after(1)
    assert _plain(held.size, held.entry_cost, held.fees) == "3 345 2"


def test_open_short_has_a_negative_size() -> None:
    """The sign tells the direction."""
    _, (held,) = fold_trips([fill(1, "sell", "2", "100")], [])
    assert _plain(held.size, held.entry_cost) == "-2 200"


def test_funding_belongs_to_what_was_held_before_the_fills_of_its_instant() -> None:
    """A payment at the instant of opening is not the new trip's; one at the instant of closing is."""
    fills = [fill(60, "buy", "1", "100"), fill(180, "sell", "1", "100"), fill(180, "buy", "1", "100")]
    funding = [paid(60, "-9"), paid(120, "-1"), paid(180, "-2"), paid(240, "4")]
    (trip,), (held,) = fold_trips(fills, funding)
    assert _plain(trip.funding, trip.net, held.funding) == "-3 -3 4"


def test_symbols_are_folded_apart() -> None:
    """Trips are listed in order of closing."""
    ether = [
        msgspec.structs.replace(one, symbol=Symbol("ETH"))
        for one in (fill(1, "sell", "5", "10"), fill(9, "buy", "5", "8"))
    ]
    (first, second), held = fold_trips([ether[0], fill(2, "buy", "1", "100"), fill(3, "sell", "1", "90"), ether[1]], [])
    assert held == []
    assert [first.symbol, second.symbol] == ["BTC", "ETH"]
    assert _plain(first.gross, second.gross) == "-10 10"


def test_liquidated_trip_says_so() -> None:
    """The last fill's kind is kept."""
    closing = msgspec.structs.replace(fill(5, "sell", "1", "50"), kind=FillKind.LIQUIDATION, cloid=None)
    assert _only([fill(1, "buy", "1", "100"), closing]).closed_by is FillKind.LIQUIDATION


@pytest.mark.parametrize("funding", [[], [paid(60, "-1")]])
def test_nothing_executed_makes_no_trip(funding: list[FundingPayment]) -> None:
    """Funding without a position belongs to no trip."""
    assert fold_trips([], funding) == ([], [])
