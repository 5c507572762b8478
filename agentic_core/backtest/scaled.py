"""Decimal texts as integers of one common scale, fast and exact."""

from collections.abc import Iterable, Sequence
from math import gcd
from typing import NamedTuple

__all__ = ["DIGITS_MAX", "Scaled", "join", "scale"]

DIGITS_MAX = 28
"""What the decimal context of the library holds; a longer number would be rounded somewhere."""

_PLAIN = b"0123456789.\n"
_HOLLOW = ("", ".")


class Scaled(NamedTuple):
    """Numbers as exact counts of 10^-decimals."""

    decimals: int
    units: list[int]


def scale(texts: Sequence[str]) -> Scaled | None:
    """Read non-negative numbers that are written plainly, such as 46377.50; None when any is not.

    Signs, exponents, spaces, separators and empty texts are not plain: whoever asked looks at each text then.
    Prices repeat a lot, so each distinct text is read once.
    """
    distinct = set(texts)
    if "\n".join(distinct).encode("ascii", "replace").translate(None, _PLAIN) or not distinct.isdisjoint(_HOLLOW):
        return None
    parts = [(text, *text.partition(".")) for text in distinct]
    decimals = max([len(part[3]) for part in parts], default=0)
    try:
        units = {text: int(whole + fraction.ljust(decimals, "0")) for text, whole, _, fraction in parts}
    except ValueError:
        return None
    return Scaled(decimals, list(map(units.__getitem__, texts)))


def join(chunks: Iterable[Scaled]) -> Scaled:
    """Bring chunks to one scale and drop the decimals that nobody uses."""
    chunks = list(chunks)
    decimals = max((chunk.decimals for chunk in chunks), default=0)
    units: list[int] = []
    for chunk in chunks:
        factor = 10 ** (decimals - chunk.decimals)
        units.extend(chunk.units if factor == 1 else [unit * factor for unit in chunk.units])
    unused, common = 0, gcd(*units)
    while common and unused < decimals and common % 10 == 0:
        common, unused = common // 10, unused + 1
    if unused:
        divisor = 10**unused
        units = [unit // divisor for unit in units]
    return Scaled(decimals - unused if common else 0, units)
