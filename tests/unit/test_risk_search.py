"""The search for the last number at which something holds, and how few questions it asks."""

import pytest

from agentic_core.risk.search import last_where


class Below:
    """Holds up to a number, and counts how often it is asked."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.asked: list[int] = []

    def __call__(self, number: int) -> bool:
        """Tell whether the number is not beyond the last."""
        self.asked.append(number)
        return number <= self.last


@pytest.mark.parametrize("last", [-1, 0, 1, 2, 6, 7, 8, 63, 98, 99])
@pytest.mark.parametrize("guess", [-5, 0, 1, 7, 50, 98, 99, 100, 1_000])
def test_search_from_any_guess_finds_the_same_last_number(last: int, guess: int) -> None:
    """The guess is about speed alone; nothing outside 0 to the most is asked about, and nothing twice."""
    below = Below(last)
    assert last_where(below, guess, 99) == last
    assert all(0 <= number <= 99 for number in below.asked)
    assert len(set(below.asked)) == len(below.asked)


@pytest.mark.parametrize(
    ("last", "guess", "asked"),
    [
        (40, 40, [40, 41]),
        (99, 99, [99]),
        (99, 500, [99]),
        (-1, 0, [0]),
        (-1, -9, [0]),
        (39, 40, [40, 39]),
        (0, 0, [0, 1]),
    ],
)
def test_search_with_a_right_guess_asks_on_both_sides_of_it_only(last: int, guess: int, asked: list[int]) -> None:
    """Two questions settle it; at an end of the numbers one does."""
    below = Below(last)
    assert last_where(below, guess, 99) == last
    assert below.asked == asked


def test_search_upwards_goes_in_growing_strides_then_by_halves() -> None:
    """A guess far too low costs twice the logarithm of its distance."""
    below = Below(1_000)
    assert last_where(below, 0, 10**9) == 1_000
    assert below.asked[:11] == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert len(below.asked) == 21


def test_search_downwards_goes_in_growing_strides_then_by_halves() -> None:
    """A guess far too high costs the same."""
    below = Below(0)
    assert last_where(below, 1_000, 10**9) == 0
    assert below.asked[:6] == [1_000, 999, 998, 996, 992, 984]
    assert len(below.asked) == 20
