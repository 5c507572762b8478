"""The venue's words for what is traded and what is asked of it.

Words and codes are the venue's own (`px`, `sz`), so that a reader can hold them beside its payloads.
"""

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

__all__ = [
    "Grouping",
    "Market",
    "Mode",
    "OrderRequest",
    "Phase",
    "Pocket",
    "Refused",
    "Side",
    "Status",
    "Tier",
    "Tif",
    "Trigger",
    "Waiting",
]


class Refused(Exception):
    """A whole request is refused; the message is the venue's text."""


class Tif(StrEnum):
    """How long an order may rest."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    FRONTEND_MARKET = "FrontendMarket"


class Grouping(StrEnum):
    """How orders of one action belong together."""

    NONE = "na"
    NORMAL_TPSL = "normalTpsl"
    POSITION_TPSL = "positionTpsl"


class Mode(StrEnum):
    """How an account holds its collateral."""

    DEFAULT = "default"
    DISABLED = "disabled"
    UNIFIED = "unifiedAccount"


class Phase(StrEnum):
    """What the venue takes at present."""

    TRADING = "trading"
    POST_ONLY = "postOnly"
    """Right after a network upgrade: ALO only."""
    HALTED = "halted"
    """No order at all; cancels work."""


class Side(StrEnum):
    """The two sides of an account."""

    PERP = "perp"
    SPOT = "spot"


class Pocket(msgspec.Struct, frozen=True, kw_only=True):
    """Where USDC of an account lies; of a unified account, either side means its one balance."""

    address: str
    side: Side = Side.PERP


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """From this notional on, this much leverage at most."""

    lower_bound: Decimal
    max_leverage: int


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One perpetual."""

    index: int
    name: str
    sz_decimals: int
    max_leverage: int
    margin_table_id: int
    tiers: tuple[Tier, ...]
    """Ascending; the first starts at 0."""
    only_isolated: bool = False
    margin_mode: str | None = None
    """`strictIsolated` (margin cannot be taken out) or `noCross`; None where cross is allowed."""
    delisted: bool = False


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """When the mark reaches this price, the order becomes real."""

    is_market: bool
    px: Decimal
    tpsl: str
    """`tp` or `sl`."""


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it was asked for."""

    asset: int
    is_buy: bool
    limit_px: Decimal
    sz: Decimal
    reduce_only: bool
    tif: Tif | None
    """None for a trigger order."""
    trigger: Trigger | None = None
    cloid: str | None = None


class Waiting(StrEnum):
    """Children of a group and lone triggers are only taken note of."""

    FILL = "waitingForFill"
    TRIGGER = "waitingForTrigger"


Status: TypeAlias = dict[str, object] | str
"""What the answer says of one order, ready for JSON.

`{"resting": …}`, `{"filled": …}`, `{"error": …}`, `"waitingForFill"`, `"waitingForTrigger"` or `"success"`.
"""
