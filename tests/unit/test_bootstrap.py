"""The test of paired returns finds what is there, and finds nothing as often as it says."""

from decimal import Decimal
from hashlib import sha256

import pytest

from agentic_core.backtest.chat.bootstrap import excess, paired_differences
from agentic_core.domain import Usd
from agentic_core.domain.run import EquityPoint
from agentic_core.domain.times import Instant


def curve(*equities: int, start: int = 0) -> list[EquityPoint]:
    """Return an equity curve, a point a second."""
    return [
        EquityPoint(time=Instant(start + place * 1_000), equity=Usd(Decimal(equity)), exposure=Usd(Decimal(0)))
        for place, equity in enumerate(equities)
    ]


def noise(seed: int, count: int = 200) -> list[float]:
    """Return numbers around zero whose scale changes in stretches, as that of returns does."""
    draws = b"".join(sha256(f"{seed} {place}".encode()).digest() for place in range(-(-count // 32)))
    return [(draw - 127.5) * (3 if place // 25 % 2 else 1) for place, draw in enumerate(draws[:count])]


def test_paired_differences_are_log_returns_of_one_minus_the_other() -> None:
    """Only marks that both have are paired, shifted onto each other."""
    first, second = curve(100, 200, 200), curve(100, 100, 200, start=50)
    assert paired_differences(first, second, shift_ms=50) == [0.6931471805599453, -0.6931471805599453]
    assert paired_differences(first, second, shift_ms=0) == []


def test_paired_differences_end_where_nothing_is_left() -> None:
    """A return on nothing is none."""
    assert paired_differences(curve(100, 100, 0, 5), curve(100, 100, 100, 100), shift_ms=0) == [0.0]


def test_excess_of_a_clear_lead_is_never_reached_by_chance() -> None:
    """Noise with a mean of its own standard deviation."""
    found = excess([value + 100 for value in noise(1)], seed=0)
    assert (found.returns, found.block, found.at_least) == (200, 6, 0)


def test_excess_of_equal_runs_is_always_reached() -> None:
    """No difference at all is no lead."""
    found = excess([0.0] * 50, seed=0)
    assert found.at_least == found.draws


@pytest.mark.parametrize("count", [0, 1])
def test_excess_of_next_to_nothing_is_always_reached(count: int) -> None:
    """One return says nothing."""
    found = excess([1.0] * count, seed=0)
    assert found.at_least == found.draws


def test_excess_draws_the_same_for_the_same_seed() -> None:
    """A report has the same bytes whenever it is made."""
    assert excess(noise(2), seed=5) == excess(noise(2), seed=5)


def test_excess_finds_a_lead_in_noise_about_as_often_as_it_says() -> None:
    """At five in a hundred, of three hundred series without a lead it may find one in 15, give or take."""
    found = [excess(noise(seed), seed=seed, draws=199) for seed in range(300)]
    alarms = sum((one.at_least + 1) / (one.draws + 1) <= 0.05 for one in found)
    assert 5 <= alarms <= 30
