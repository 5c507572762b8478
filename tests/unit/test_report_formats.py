"""How figures and foreign texts are written."""

from decimal import Decimal

import pytest

from agentic_core.backtest.report.axes import Scale, time_ticks, value_ticks
from agentic_core.backtest.report.formats import (
    clean,
    decider,
    duration,
    factor,
    number,
    percent,
    share,
    signed_percent,
    signed_usd,
    usd,
)
from agentic_core.backtest.report.markup import Markup, join, tag
from agentic_core.domain.times import DAY_MS, HOUR_MS, Instant

MIDNIGHT = 1_704_067_200_000


def test_unknown_figures_are_a_dash() -> None:
    """Never a zero."""
    shown = {
        usd(None),
        signed_usd(None),
        number(None),
        percent(None),
        signed_percent(None),
        factor(None),
        duration(None),
    }
    assert shown == {"–"}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1234567.891", "1,234,567.89"), ("0", "0.00"), ("-0.00", "0.00"), ("-0.25", "-0.25"), ("0.00123", "0.00123")],
)
def test_dollars_have_cents_or_what_is_left_below_a_dollar(amount: str, expected: str) -> None:
    """Small amounts of funding do not vanish."""
    assert usd(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [("3.5", "+3.50"), ("-3.5", "-3.50"), ("0", "0.00"), ("0.0000001", "0"), ("0.5", "+0.5")]
)
def test_signed_dollars_carry_their_sign(amount: str, expected: str) -> None:
    """Nothing is neither gained nor lost."""
    assert signed_usd(Decimal(amount)) == expected


def test_ratios_are_written_as_per_cent() -> None:
    """A fraction of 1 is 100 %."""
    assert percent(0.12345) == "12.35 %"
    assert percent(0.5, 0) == "50 %"
    assert signed_percent(0.5) == "+50.00 %"
    assert signed_percent(-12.5) == "-1,250.00 %"
    assert share(Decimal("0.00045")) == "0.045 %"
    assert factor(1234.5678) == "1,234.57"
    assert number(Decimal("46377.50")) == "46,377.5"


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (0, "0 min"),
        (12_000, "12 s"),
        (59 * 60_000, "59 min"),
        (HOUR_MS, "1 h"),
        (90 * 60_000, "1 h 30 min"),
        (DAY_MS, "1 d"),
        (DAY_MS + HOUR_MS * 2.4, "1 d 2 h"),
        (400 * DAY_MS, "400 d"),
    ],
)
def test_durations_show_their_two_largest_units(ms: float, expected: str) -> None:
    """Seconds only where there is no minute."""
    assert duration(ms) == expected


@pytest.mark.parametrize(
    ("decided_by", "expected"),
    [
        ("rules:sma-cross", "rule policy sma-cross (no language model)"),
        ("chat:vendor/name", "chat model vendor/name"),
        ("someone", "someone"),
    ],
)
def test_decider_is_named_for_what_it_is(decided_by: str, expected: str) -> None:
    """A rule policy is never shown as a language model."""
    assert decider(decided_by) == expected


def test_characters_that_steer_are_replaced() -> None:
    """Escape codes, line breaks and reversed writing lose their power; letters of any script stay."""
    assert clean("a\x1b[31mb\nc\u202ed\x00") == "a\ufffd[31mb\ufffdc\ufffdd\ufffd"
    assert clean("Ausbruch für 以太 · −5 %") == "Ausbruch für 以太 · −5 %"


def test_markup_escapes_texts_and_attributes_but_not_itself() -> None:
    """Only what this module made is taken as markup."""
    inner = tag("b", "<i>&\"'")
    assert inner == "<b>&lt;i&gt;&amp;&quot;&#x27;</b>"
    assert tag("p", inner, title='" onload="x', class_="a") == f'<p title="&quot; onload=&quot;x" class="a">{inner}</p>'
    assert join("<", Markup("<br>"), ">") == "&lt;<br>&gt;"
    assert tag("line", x1=1.5, stroke_width=2) == '<line x1="1.5" stroke-width="2"/>'


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (9_994.0, 10_004.0, [9_994, 9_996, 9_998, 10_000, 10_002, 10_004]),
        (0.0, 100.0, [0, 20, 40, 60, 80, 100]),
        (-0.23, 0.0, [-0.25, -0.2, -0.15, -0.1, -0.05, 0.0]),
        (100.0, 100.0, [99.0, 99.5, 100.0, 100.5, 101.0]),
    ],
)
def test_value_ticks_are_round_and_enclose_the_range(low: float, high: float, expected: list[float]) -> None:
    """Steps are 1, 2 or 5 times a power of ten."""
    assert value_ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("span_ms", "labels"),
    [
        (3 * HOUR_MS, ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00"]),
        (DAY_MS, ["01-01 00:00", "01-01 06:00", "01-01 12:00", "01-01 18:00", "01-02 00:00"]),
        (
            3 * DAY_MS,
            ["01-01 00:00", "01-01 12:00", "01-02 00:00", "01-02 12:00", "01-03 00:00", "01-03 12:00", "01-04 00:00"],
        ),
        (
            6 * DAY_MS,
            ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07"],
        ),
    ],
)
def test_time_ticks_are_round_and_labelled_as_finely_as_needed(span_ms: int, labels: list[str]) -> None:
    """Few enough to be read side by side."""
    ticks = time_ticks(Instant(MIDNIGHT), Instant(MIDNIGHT + span_ms), 8)
    assert [label for _, label in ticks] == labels


@pytest.mark.parametrize("days", [0, 45, 365, 3_650, 100_000])
def test_time_ticks_never_crowd(days: int) -> None:
    """However long the run, at most nine labels stand side by side."""
    assert len(time_ticks(Instant(MIDNIGHT), Instant(MIDNIGHT + days * DAY_MS), 8)) <= 9


def test_scale_maps_ends_to_ends_and_nothing_to_the_middle() -> None:
    """A range without extent has one place."""
    scale = Scale(10, 20, 100, 0)
    assert (scale(10), scale(15), scale(20)) == (100, 50, 0)
    assert Scale(5, 5, 0, 100)(5) == 50
