"""`agentic hl record` against a venue on a real socket: what it writes is what the venue had."""

from dataclasses import replace
from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.candle_folder import CandleFolder
from agentic_core.cli.lazy import CommandLine
from agentic_core.cli.services import Services
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import MINUTE_MS, Instant, Interval, to_datetime
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.figures import Candle
from agentic_hl.venue.venue import Venue, VenueOptions
from hosts.cli import DOORS
from tests.support.clocks import VirtualClock
from tests.support.command_room import services_with
from tests.support.venue_room import COINS, open_room

HISTORY = 120
OPTIONS = VenueOptions(engine=Options(prices=Generated(history_minutes=HISTORY)))


def run(*arguments: object, now: int | None = None) -> int:
    """Type a command, at a time that is given or in the present."""

    def services() -> Services:
        real = services_with({})
        return real if now is None else replace(real, clock=VirtualClock(Instant(now)))

    return CommandLine(DOORS, services, version="0").run(["hl", "record", *map(str, arguments)])


def test_recorded_files_hold_the_venues_candles_to_the_last_digit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Of each symbol named, and a second visit adds nothing."""
    with open_room(OPTIONS) as room:
        first = room.now - HISTORY * MINUTE_MS
        since = to_datetime(Instant(first)).isoformat()
        for _ in range(2):
            # The room stands at ten past ten, which the machine's own clock may not have reached yet today.
            options = ("--url", room.url, "--folder", tmp_path, "--since", since, "--once")
            assert run("BTC", "ETH", *options, now=room.now + MINUTE_MS) == 0

        def candles_of(venue: Venue) -> dict[str, list[Candle]]:
            return {name: list(venue.engine.candles(COINS[name], "1m", first, room.now)) for name in ("BTC", "ETH")}

        kept = room.ask(candles_of)
    for name, candles in kept.items():
        (file,) = CandleFolder(tmp_path).files(Symbol(name), Interval.M1)
        columns = read_candles(file, symbol=Symbol(name), interval=Interval.M1)
        recorded = [columns.candle(index) for index in range(len(columns))]
        closed = [one for one in candles if one.end < room.now]
        assert [(one.open_time, one.open, one.high, one.low, one.close, one.volume) for one in recorded] == [
            (one.start, one.open, one.high, one.low, one.close, one.volume) for one in closed
        ]
        assert len(recorded) == HISTORY
    assert f"BTC 1m: {HISTORY} new" in capsys.readouterr().out


@pytest.mark.parametrize(("symbols", "told"), [(("NOBODYS",), "NOBODYS"), (("MATIC",), "MATIC"), (("btc",), "btc")])
def test_symbol_that_cannot_be_recorded_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, symbols: tuple[str, ...], told: str
) -> None:
    """One nobody lists, one that was delisted, one in the wrong case."""
    with open_room() as room:
        assert run(*symbols, "--url", room.url, "--folder", tmp_path, "--once") == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
