"""Orders to sign: each different, the same for everybody."""

from typing import NamedTuple

__all__ = ["ASSET", "SECRET", "SampleOrder", "sample_order"]

ASSET = 0
SECRET = "0x" + "07" * 32
"""Made up."""

_FIRST_NONCE = 1_785_000_000_000
_PRICES = 10_000


class SampleOrder(NamedTuple):
    """A limit order with an id of ours, as numbers that anybody writes the same way."""

    price: str
    size: str
    cloid: str
    nonce: int


def sample_order(number: int) -> SampleOrder:
    """Return one of them."""
    price, size = 60_000 + number % _PRICES, f"0.{number % 900 + 100}1"
    return SampleOrder(str(price), size, f"0x{number:032x}", _FIRST_NONCE + number)
