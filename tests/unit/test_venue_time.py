"""What time does to the simulated venue: the dead-man switch, candles, seeded prices, and order of work."""

from decimal import Decimal

import pytest

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Generated, Options, Recorded
from agentic_hl.venue.entities import PublicPrint
from agentic_hl.venue.figures import Candle
from agentic_hl.venue.terms import Refused
from tests.support.venue_by_hand import ANNA, BERT, BTC, OPENED, SOL, VenueByHand, ask_for, plain, units

MINUTE = 60_000
DAY = 86_400_000
RICH = {ANNA: "100000000", BERT: "100000000"}


def _entitled() -> VenueByHand:
    venue = VenueByHand(RICH)
    venue.hold(ANNA, "20", "50000")  # a million of volume
    return venue


def test_scheduled_cancel_needs_a_million_of_volume() -> None:
    """The text names what was traded, to the cent."""
    venue = VenueByHand(RICH)
    venue.hold(ANNA, "0.10005", "50001")
    text = "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $5002.6."
    with pytest.raises(Refused) as refused:
        venue.engine.schedule_cancel(ANNA, venue.now + 10_000)
    assert str(refused.value) == text


def test_scheduled_cancel_ends_all_orders_once_and_leaves_positions() -> None:
    """Five seconds ahead at least; at its time every order ends `scheduledCancel`, and it is over."""
    venue = _entitled()
    with pytest.raises(Refused):
        venue.engine.schedule_cancel(ANNA, venue.now + 4_999)
    venue.engine.schedule_cancel(ANNA, venue.now + 5_000)
    venue.place(ANNA, ask_for("buy", "1", "49000"), ask_for("buy", "1", "90", asset=SOL))
    venue.wait(4_999)
    assert len(venue.engine.orders_of(ANNA)) == 2
    venue.wait(1)
    assert venue.statuses(ANNA)[-2:] == ["scheduledCancel", "scheduledCancel"]
    assert plain(venue.position(ANNA).szi) == "20"
    venue.one(ANNA, ask_for("buy", "1", "49000"))
    venue.wait(60_000)
    assert len(venue.engine.orders_of(ANNA)) == 1


def test_scheduled_cancel_can_be_unset() -> None:
    """Without a time nothing fires."""
    venue = _entitled()
    venue.one(ANNA, ask_for("buy", "1", "49000"))
    venue.engine.schedule_cancel(ANNA, venue.now + 5_000)
    venue.engine.schedule_cancel(ANNA, None)
    venue.wait(60_000)
    assert len(venue.engine.orders_of(ANNA)) == 1


def test_scheduled_cancel_fires_ten_times_a_day() -> None:
    """The eleventh is refused until 00:00 UTC."""
    venue = _entitled()
    for _ in range(10):
        venue.engine.schedule_cancel(ANNA, venue.now + 5_000)
        venue.wait(5_000)
    with pytest.raises(Refused, match=r"^Too many scheduled cancels triggered for the day\.$"):
        venue.engine.schedule_cancel(ANNA, venue.now + 5_000)
    venue.wait(DAY - venue.now % DAY)
    venue.engine.schedule_cancel(ANNA, venue.now + 5_000)


def test_candle_is_made_of_the_prints_of_its_minute() -> None:
    """Open, high, low, close, volume and count; the next minute begins another."""
    venue = VenueByHand(RICH)
    start = OPENED - OPENED % MINUTE
    for price, size in (("100", "1"), ("103", "2"), ("99", "1"), ("101", "0.5")):
        venue.hold(ANNA, size, price, asset=SOL)
    venue.wait(MINUTE)
    venue.hold(ANNA, "1", "102", asset=SOL)
    first, second = venue.engine.candles(SOL, "1m", start, venue.now)
    assert (first.start, first.end, first.n) == (start, start + MINUTE - 1, 4)
    assert plain(first.open, first.high, first.low, first.close, first.volume) == "100 103 99 101 4.5"
    assert plain(second.open, second.close, second.volume) == "102 102 1"
    (hour,) = venue.engine.candles(SOL, "1h", 0, venue.now)
    assert plain(hour.open, hour.high, hour.low, hour.close, hour.volume) == "100 103 99 102 5.5"


def test_same_seed_makes_the_same_market_and_another_one_another() -> None:
    """Everything that is told is the same to the last digit."""

    def told(seed: int) -> list[object]:
        engine = Engine(MARKETS, options=Options(prices=Generated()), seed=seed, now=OPENED)
        engine.deposit(ANNA, Decimal(10_000))
        engine.place(ANNA, [ask_for("buy", "0.1", "95500")], time=OPENED)
        engine.advance(OPENED + 10 * MINUTE)
        return list(engine.drain())

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_result_does_not_depend_on_how_time_is_cut() -> None:
    """One step of an hour, or sixty of a minute: the same books."""

    def margin_after(steps: int) -> object:
        engine = Engine(MARKETS, options=Options(prices=Generated(step_ms=10_000)), seed=4, now=OPENED)
        engine.deposit(ANNA, Decimal(10_000))
        engine.place(ANNA, [ask_for("buy", "0.5", "95500")], time=OPENED)
        for step in range(1, steps + 1):
            engine.advance(OPENED + 60 * MINUTE * step // steps)
        return engine.margin(ANNA), engine.context(BTC), engine.books()

    assert margin_after(1) == margin_after(60)


def test_recorded_candles_are_played_and_come_out_again() -> None:
    """Open, high, low and close of each are traded, with its volume."""
    start = OPENED - OPENED % MINUTE + MINUTE
    candle = Candle(
        start=start,
        end=start + MINUTE - 1,
        open=units("100"),
        high=units("105"),
        low=units("98"),
        close=units("101"),
        volume=units("40"),
        n=9,
    )
    engine = Engine(MARKETS, options=Options(prices=Recorded(candles={SOL: [candle]})), seed=1, now=OPENED)
    engine.advance(start + MINUTE)
    (played,) = engine.candles(SOL, "1m", start, start)
    assert plain(played.open, played.high, played.low, played.close, played.volume) == "100 105 98 101 40"
    prints = [event.px for event in engine.drain() if isinstance(event, PublicPrint) and event.asset == SOL]
    assert plain(*prints) == "100 98 105 101"
    assert plain(engine.mark(SOL)) == "101"
