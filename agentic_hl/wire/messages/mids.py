"""Mid prices of everything: hundreds of coins a frame, of which a few are wanted.

The map of mids stays bytes until somebody names coins; then only those become text.
"""

from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from agentic_hl.wire.messages.reading import FAILURES, Buffer, Reader, Unreadable, unreadable
from agentic_hl.wire.units import WireError, decimal_of

__all__ = ["AllMids", "read_mids"]

_ALL: Reader[dict[str, str]] = Reader(dict[str, str], "allMids")
_CHOICES_KEPT = 64


class AllMids(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The mids of one dex; the main one also carries spot pairs and outcome coins."""

    mids: msgspec.Raw
    """The map from coin to price as it came."""
    dex: str = ""

    def prices(self, coins: Collection[str] | None = None) -> dict[str, Decimal] | Unreadable:
        """Return the mids of the coins named, or of all; a coin that is not there is absent."""
        return read_mids(self.mids, coins)


def read_mids(raw: Buffer, coins: Collection[str] | None = None) -> dict[str, Decimal] | Unreadable:
    """Return the mids of the coins named, or of all, from a map of coin to price; a coin not there is absent.

    A coin without a book shows the price of its last execution.

    >>> read_mids(b'{"BTC":"80868.5","ETH":"2296.45"}', ["BTC", "SOL"])
    {'BTC': Decimal('80868.5')}
    """
    try:
        found = _ALL.read(raw) if coins is None else _chosen(raw, tuple(dict.fromkeys(coins)))
        return found if isinstance(found, Unreadable) else {coin: decimal_of(text) for coin, text in found.items()}
    except (*FAILURES, WireError) as exc:
        return unreadable(exc, "allMids", raw)


def _chosen(raw: Buffer, coins: tuple[str, ...]) -> dict[str, str]:
    texts = _decoder(coins).decode(raw)
    return {coin: text for coin, text in zip(coins, msgspec.structs.astuple(texts), strict=True) if text is not None}


# A struct with one field a coin: the decoder steps over every other key without making a string of it.
@lru_cache(maxsize=_CHOICES_KEPT)
def _decoder(coins: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    names = {f"coin{place}": coin for place, coin in enumerate(coins)}
    fields = [(name, str | None, None) for name in names]
    return msgspec.json.Decoder(msgspec.defstruct("Chosen", fields, rename=names, frozen=True, gc=False))
