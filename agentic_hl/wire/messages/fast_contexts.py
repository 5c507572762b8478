"""The compressed feed of marks and mids: a string that holds base64 of raw DEFLATE of JSON."""

import binascii
import zlib
from decimal import Decimal

import msgspec

from agentic_hl.wire.messages.reading import Reader, Unreadable, unreadable
from agentic_hl.wire.units import decimal_of

__all__ = ["FastContext", "read_fast_contexts"]

_BYTES_MAX = 4_000_000
"""Forty times today's universe; more is a bomb."""

_RAW_DEFLATE = -zlib.MAX_WBITS
_WHAT = "fastAssetCtxs"


class FastContext(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What changed of one coin; the first frame holds every coin, later ones only what changed."""

    mark_px: str | None = None
    mid_px: str | None = None

    @property
    def mark_price(self) -> Decimal | None:
        """The price positions are valued at; None where it did not change."""
        return None if self.mark_px is None else decimal_of(self.mark_px)

    @property
    def mid_price(self) -> Decimal | None:
        """Halfway between best bid and ask; None where it did not change or there is none."""
        return None if self.mid_px is None else decimal_of(self.mid_px)


_CONTEXTS: Reader[dict[str, FastContext]] = Reader(dict[str, FastContext], _WHAT)


def read_fast_contexts(payload: str) -> dict[str, FastContext] | Unreadable:
    """Return what changed, by coin, from the text of a frame."""
    raw = payload.encode("utf-8", "replace")
    padded = raw + b"=" * (-len(raw) % 4)
    inflater = zlib.decompressobj(_RAW_DEFLATE)
    try:
        text = inflater.decompress(binascii.a2b_base64(padded, strict_mode=True), _BYTES_MAX)
    except (binascii.Error, zlib.error) as exc:
        return unreadable(exc, _WHAT, raw)
    if inflater.unconsumed_tail:
        return unreadable(f"it inflates to more than {_BYTES_MAX} bytes", _WHAT, raw)
    return _CONTEXTS.read(text)
