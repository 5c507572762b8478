"""Instants as integers: reading, writing, days, hours and intervals."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from agentic_core.domain import (
    DAY_MS,
    Instant,
    Interval,
    day_of,
    from_datetime,
    funding_hours,
    parse_instant,
    show,
    to_datetime,
)
from agentic_core.errors import InputError

NEW_YEAR = Instant(1_640_995_200_000)
"""2022-01-01 00:00:00Z."""


@pytest.mark.parametrize(
    "text",
    [
        "1640995200",
        "1640995200000",
        "2022-01-01",
        "2022-01-01T00:00:00Z",
        "2022-01-01 00:00:00.000000",
        "2022-01-01T01:00:00+01:00",
        "  2021-12-31T19:00:00-05:00 ",
    ],
)
def test_parse_instant_reads_the_same_moment_in_every_spelling(text: str) -> None:
    """Seconds, milliseconds, ISO text in UTC and in other zones."""
    assert parse_instant(text) == NEW_YEAR


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
        ("-1", -1_000),
        ("0", 0),
        ("2022-01-01T00:00:00.123Z", NEW_YEAR + 123),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_parse_instant_at_the_edges_is_exact(text: str, instant: int) -> None:
    """Below 10^11 a number counts seconds, from there on milliseconds."""
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2022-13-01",
        "--5",
        "²",
        "1_640_995_200",
        "1640995200.5",
        "9" * 17,
        "9" * 30,
        "9" * 5_000,
        "253402300800000",
        "-99999999999999",
        "0001-01-01T00:00:00+23:59",
    ],
    ids=lambda text: text[:20],
)
def test_parse_instant_of_what_is_no_time_is_an_input_error(text: str) -> None:
    """Whatever a person typed, the answer is a sentence and never a crash; the years are 1 to 9999."""
    with pytest.raises(InputError, match="is not a time; write epoch milliseconds or ISO 8601"):
        parse_instant(text)


def test_from_datetime_without_zone_is_an_input_error() -> None:
    """A time of day without a zone could be any moment."""
    with pytest.raises(InputError, match="has no time zone"):
        from_datetime(datetime(2022, 1, 1))  # noqa: DTZ001 - the missing zone is the point


def test_datetimes_round_trip_through_instants() -> None:
    """The zone changes how a moment is spelled, not which one it is."""
    tokyo = datetime(2022, 1, 1, 9, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=9)))
    assert from_datetime(tokyo) == NEW_YEAR + 123
    assert to_datetime(Instant(NEW_YEAR + 123)) == datetime(2022, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)


def test_show_writes_utc_to_the_second() -> None:
    """People read seconds."""
    assert show(Instant(NEW_YEAR - 1)) == "2021-12-31 23:59:59Z"


@pytest.mark.parametrize(
    ("instant", "day"), [(NEW_YEAR - 1, 18_992), (NEW_YEAR, 18_993), (NEW_YEAR + DAY_MS - 1, 18_993), (-1, -1), (0, 0)]
)
def test_day_of_turns_at_midnight_utc(instant: int, day: int) -> None:
    """A mark at exactly 00:00 belongs to the day that begins."""
    assert day_of(Instant(instant)) == day


@pytest.mark.parametrize(
    ("after", "until", "hours"),
    [
        (0, 3_600_000, [3_600_000]),
        (0, 3_599_999, []),
        (3_599_999, 3_600_000, [3_600_000]),
        (3_600_000, 3_600_000, []),
        (3_600_000, 10_800_000, [7_200_000, 10_800_000]),
        (-1, 0, [0]),
    ],
)
def test_funding_hours_are_whole_hours_after_one_mark_up_to_the_next(after: int, until: int, hours: list[int]) -> None:
    """The interval is open on the left and closed on the right, so no hour settles twice."""
    assert list(funding_hours(Instant(after), Instant(until))) == hours


@pytest.mark.parametrize(
    ("interval", "minutes"),
    [
        ("1m", 1),
        ("3m", 3),
        ("5m", 5),
        ("15m", 15),
        ("30m", 30),
        ("1h", 60),
        ("2h", 120),
        ("4h", 240),
        ("8h", 480),
        ("12h", 720),
        ("1d", 1440),
    ],
)
def test_interval_has_the_length_its_name_says(interval: str, minutes: int) -> None:
    """The venue's spellings are lengths of time."""
    assert Interval(interval).ms == minutes * 60_000
