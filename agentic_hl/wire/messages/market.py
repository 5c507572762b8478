"""What the market does: contexts with marks and funding, books, candles, prints, and mids.

A field in the venue's spelling (`px`, `mark_px`) is the text as it came; a property in ours (`price`, `mark_price`)
reads it as a Decimal and raises `WireError` where it is no plain decimal.
"""

from decimal import Decimal

import msgspec

from agentic_hl.wire.messages.listings import Meta, SpotMeta
from agentic_hl.wire.messages.reading import Millis
from agentic_hl.wire.units import decimal_of

__all__ = [
    "AssetContext",
    "AssetContextMark",
    "BestQuote",
    "ExchangeStatus",
    "FundingRate",
    "MarketPrint",
    "MetaAndContexts",
    "PredictedFunding",
    "SpotContext",
    "SpotMetaAndContexts",
    "WireBook",
    "WireCandle",
    "WireLevel",
]


class AssetContextMark(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What of a perpetual's context is needed to value a position: read where contexts come by the hundred."""

    mark_px: str
    funding: str

    @property
    def mark_price(self) -> Decimal:
        """The price positions are valued at."""
        return decimal_of(self.mark_px)

    @property
    def funding_rate(self) -> Decimal:
        """The current estimate of the hourly rate; positive means that longs pay."""
        return decimal_of(self.funding)


class AssetContext(AssetContextMark, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A perpetual's context."""

    oracle_px: str
    open_interest: str = "0"
    prev_day_px: str = "0"
    day_ntl_vlm: str = "0"
    premium: str | None = None
    """None, like the next two, when the book is empty."""
    mid_px: str | None = None
    impact_pxs: tuple[str, str] | None = None

    @property
    def oracle_price(self) -> Decimal:
        """The index price, which funding is paid on."""
        return decimal_of(self.oracle_px)

    @property
    def mid_price(self) -> Decimal | None:
        """Halfway between best bid and ask."""
        return None if self.mid_px is None else decimal_of(self.mid_px)

    @property
    def open_interest_size(self) -> Decimal:
        """Units open on either side."""
        return decimal_of(self.open_interest)

    @property
    def day_notional(self) -> Decimal:
        """US dollars that changed hands in the last day."""
        return decimal_of(self.day_ntl_vlm)


class SpotContext(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A spot pair's context."""

    mark_px: str
    coin: str = ""
    """Absent in `activeSpotAssetCtx`, which names it beside the context."""
    mid_px: str | None = None
    prev_day_px: str = "0"
    day_ntl_vlm: str = "0"
    circulating_supply: str = "0"


class MetaAndContexts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The perpetuals of a dex and their contexts, aligned by index."""

    meta: Meta
    contexts: tuple[AssetContext, ...]


class SpotMetaAndContexts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The spot pairs and their contexts."""

    meta: SpotMeta
    contexts: tuple[SpotContext, ...]


class WireLevel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One price of a book."""

    px: str
    sz: str
    n: int | None = None
    """Orders resting there; absent in some recordings."""

    @property
    def price(self) -> Decimal:
        """US dollars a unit."""
        return decimal_of(self.px)

    @property
    def size(self) -> Decimal:
        """Units at this price."""
        return decimal_of(self.sz)


class WireBook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole book: bids and asks, best first, never a difference to an earlier one."""

    coin: str
    levels: tuple[tuple[WireLevel, ...], tuple[WireLevel, ...]]
    time: Millis

    @property
    def bids(self) -> tuple[WireLevel, ...]:
        """What can be sold into."""
        return self.levels[0]

    @property
    def asks(self) -> tuple[WireLevel, ...]:
        """What can be bought."""
        return self.levels[1]


class BestQuote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The best bid and the best ask; None where a side is empty."""

    coin: str
    time: Millis
    bbo: tuple[WireLevel | None, WireLevel | None]

    @property
    def bid(self) -> WireLevel | None:
        """The highest bid."""
        return self.bbo[0]

    @property
    def ask(self) -> WireLevel | None:
        """The lowest ask."""
        return self.bbo[1]


class WireCandle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One interval, closed or still open: it closes at `close_time`."""

    open_time: Millis = msgspec.field(name="t")
    close_time: Millis = msgspec.field(name="T")
    """The last millisecond of the interval (assumed: W-7)."""
    coin: str = msgspec.field(name="s")
    interval: str = msgspec.field(name="i")
    o: str
    h: str
    l: str  # noqa: E741 - the venue's key
    c: str
    v: str
    n: int = 0

    @property
    def open(self) -> Decimal:
        """First price."""
        return decimal_of(self.o)

    @property
    def high(self) -> Decimal:
        """Highest price."""
        return decimal_of(self.h)

    @property
    def low(self) -> Decimal:
        """Lowest price."""
        return decimal_of(self.l)

    @property
    def close(self) -> Decimal:
        """Last price."""
        return decimal_of(self.c)

    @property
    def volume(self) -> Decimal:
        """Units that changed hands."""
        return decimal_of(self.v)


class MarketPrint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One execution between any two accounts."""

    coin: str
    side: str
    """Of the aggressor: `B` or `A`."""
    px: str
    sz: str
    time: Millis
    tid: int
    """Both sides share it."""

    @property
    def price(self) -> Decimal:
        """US dollars a unit."""
        return decimal_of(self.px)

    @property
    def size(self) -> Decimal:
        """Units."""
        return decimal_of(self.sz)


class FundingRate(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The rate that was settled at one hour."""

    coin: str
    funding_rate: str
    time: Millis
    premium: str | None = None
    """Absent in some recordings."""

    @property
    def rate(self) -> Decimal:
        """Of one hour; positive means that longs paid."""
        return decimal_of(self.funding_rate)


class PredictedFunding(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a venue is expected to settle next."""

    funding_rate: str
    next_funding_time: Millis
    funding_interval_hours: int | None = None

    @property
    def rate(self) -> Decimal:
        """Of the interval."""
        return decimal_of(self.funding_rate)


class ExchangeStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The venue's clock, and what is out of the ordinary."""

    time: Millis
    special_statuses: msgspec.Raw = msgspec.Raw(b"null")
    """As it came: its shape when not null is nowhere described."""
