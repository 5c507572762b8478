"""Funding rates from files and constants."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.backtest.funding import FundingRates, constant_funding, read_funding
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.errors import CandlesInvalid, InputError
from tests.support.candles import NOON

BTC = Symbol("BTC")


def _hour(number: int) -> Instant:
    return Instant(NOON + number * HOUR_MS)


def _read(tmp_path: Path, text: str, name: str = "f.csv") -> FundingRates:
    path = tmp_path / name
    path.write_text(text)
    return read_funding(path, symbol=BTC)


def _refusal(tmp_path: Path, text: str, name: str = "f.csv") -> str:
    with pytest.raises(CandlesInvalid) as caught:
        _read(tmp_path, text, name)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def _json(*rows: tuple[int, str, str]) -> str:
    return json.dumps([{"coin": coin, "fundingRate": rate, "premium": "0.1", "time": at} for at, rate, coin in rows])


def test_history_is_read_with_times_floored_to_the_hour(tmp_path: Path) -> None:
    """The venue stamps settlements a little after the hour."""
    text = _json((NOON + 37, "0.0000125", "BTC"), (NOON + HOUR_MS + 12, "-0.0000081", "BTC"))
    rates = _read(tmp_path, text, "f.json")
    assert rates.at(_hour(0)) == Decimal("0.0000125")
    assert rates.at(_hour(1)) == Decimal("-0.0000081")
    assert rates.at(_hour(2)) is None
    assert rates.source == f"{tmp_path / 'f.json'} (2 hourly rates)"


def test_table_is_read_by_its_header(tmp_path: Path) -> None:
    """Names are those of the venue or plain ones."""
    text = "Timestamp,coin,funding_rate\n2024-01-01 12:00:00,BTC,0.0001\n2024-01-01 12:00:00,ETH,9\n"
    assert _read(tmp_path, text).at(_hour(0)) == Decimal("0.0001")


def test_rate_repeated_with_the_same_value_is_taken_once(tmp_path: Path) -> None:
    """Pages of a history overlap at their edges."""
    text = _json((NOON, "0.0001", "BTC"), (NOON + 5, "0.00010", "BTC"))
    assert _read(tmp_path, text, "f.json").source.endswith("(1 hourly rates)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "time,rate\n1704110400,0.1\n1704110401,0.2\n",
            "f.csv:3: funding rate 0.2 for 2024-01-01 12:00:00Z, which has 0.1",
        ),
        ("time,rate\n1704110400,1.25\n", "f.csv:2: funding rate '1.25' is a whole notional an hour or more"),
        ("time,rate\n\n1704110400,nan\n", "f.csv:3: funding rate 'nan' is not finite; replace it by the real one"),
        ("time,rate\nnoon,0.1\n", "f.csv:2: 'noon' is not a time; write epoch milliseconds or ISO 8601"),
        ("time,rate\n1704110400\n", "f.csv:2: 1 fields where the header has 2; complete the row"),
        ("time,premium\n1,1\n", "f.csv: no column for the funding rate, there are 'time', 'premium'"),
        (
            "coin,time,rate\nETH,1704110400,0.1\n",
            "f.csv: no funding rate for BTC, only for ['ETH']; bring the file of BTC",
        ),
        ("time,rate\n", "f.csv: no funding rate for BTC; bring the file of BTC"),
    ],
)
def test_table_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    """Place, value and cure stand in one line."""
    assert _refusal(tmp_path, text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"time": 1}]', "f.json:1: {'time': 1} is no funding rate; bring [{coin, fundingRate, premium, time}, …]"),
        ('[{"time": "x", "fundingRate": "0"}]', "f.json:1: time 'x' is not a number of milliseconds"),
        (_json((NOON, "0", "BTC"), (NOON, "many", "BTC")), "f.json:2: funding rate 'many' is not a number"),
    ],
)
def test_history_that_cannot_be_used_is_refused_with_its_row(tmp_path: Path, text: str, expected: str) -> None:
    """Rows count from 1."""
    assert _refusal(tmp_path, text, "f.json").startswith(expected)


def test_constant_holds_at_every_hour() -> None:
    """One rate is stated once and known always."""
    rates = constant_funding(Decimal("0.0000125"))
    assert rates.at(_hour(5)) == rates.last(Instant(0)) == Decimal("0.0000125")
    assert rates.source == "0.0000125 of notional an hour, one constant"
    assert rates.first_missing(_hour(0), _hour(9)) is None


def test_constant_of_a_whole_notional_is_refused() -> None:
    """A rate is a fraction; 1 would be everything, every hour."""
    with pytest.raises(InputError, match=r"funding rate 1 is a whole notional an hour or more; write a fraction"):
        constant_funding(Decimal(1))


def test_last_rate_is_the_newest_not_after_the_instant() -> None:
    """Before the first hour nothing is known."""
    rates = FundingRates({_hour(0): Decimal(1), _hour(2): Decimal(3)}, source="two")
    assert rates.last(Instant(NOON - 1)) is None
    assert rates.last(_hour(0)) == Decimal(1)
    assert rates.last(Instant(_hour(2) - 1)) == Decimal(1)
    assert rates.last(_hour(7)) == Decimal(3)


def test_first_missing_hour_is_found_in_the_half_open_range() -> None:
    """The hour at the start of the range is not part of it, the one at its end is."""
    rates = FundingRates({_hour(1): Decimal(1), _hour(3): Decimal(3)}, source="two")
    assert rates.first_missing(_hour(0), _hour(1)) is None
    assert rates.first_missing(_hour(0), _hour(3)) == _hour(2)
