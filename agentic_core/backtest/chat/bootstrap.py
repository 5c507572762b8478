"""Whether one run did better than another by more than chance, from their returns mark by mark.

Circular block bootstrap (Politis and Romano, 1992): returns in a row are drawn together, so what hangs together stays
together. Floats, because nothing here ever becomes an order; the draws are SHAKE-256, the same on every machine.
"""

from collections.abc import Mapping, Sequence
from hashlib import shake_256
from itertools import accumulate, pairwise
from math import fsum, log
from struct import iter_unpack

import msgspec

from agentic_core.domain.run import EquityPoint
from agentic_core.domain.times import Instant

__all__ = ["DRAWS", "Excess", "excess", "paired_differences"]

DRAWS = 1_999
"""Draws of a test: fine enough for a hundredth, and quick."""

_PAIRS_MIN = 2


class Excess(msgspec.Struct, frozen=True, kw_only=True):
    """How a mean difference compares with those that chance makes."""

    returns: int
    block: int
    draws: int
    at_least: int


def paired_differences(first: Sequence[EquityPoint], second: Sequence[EquityPoint], *, shift_ms: int) -> list[float]:
    """Return the first run's log returns minus the second's, between the marks that both have.

    The list ends where either equity is no longer positive.

    Args:
        first: an equity curve.
        second: another one, of the same marks, `shift_ms` later.
        shift_ms: how much later.
    """
    later: Mapping[Instant, EquityPoint] = {Instant(point.time - shift_ms): point for point in second}
    pairs = [(point.equity, later[point.time].equity) for point in first if point.time in later]
    differences: list[float] = []
    for (before, before_other), (after, after_other) in pairwise(pairs):
        if min(before, before_other, after, after_other) <= 0:
            break
        differences.append(log(after / before) - log(after_other / before_other))
    return differences


def excess(differences: Sequence[float], *, seed: int, draws: int = DRAWS) -> Excess:
    """Test whether differences are above zero on average; blocks are as long as the cube root of their number."""
    count = len(differences)
    block = max(1, round(count ** (1 / 3)))
    if count < _PAIRS_MIN:
        return Excess(returns=count, block=block, draws=draws, at_least=draws)
    mean = fsum(differences) / count
    centred = [difference - mean for difference in differences]
    sums = [0.0, *accumulate(centred + centred[:block])]
    whole, rest = divmod(count, block)
    lengths = [block] * whole + ([rest] if rest else [])
    numbers = iter_unpack("<I", shake_256(f"bootstrap {seed} {count}".encode()).digest(4 * draws * len(lengths)))
    at_least = 0
    for _ in range(draws):
        total = 0.0
        for length in lengths:
            start = next(numbers)[0] % count
            total += sums[start + length] - sums[start]
        at_least += total / count >= mean
    return Excess(returns=count, block=block, draws=draws, at_least=at_least)
