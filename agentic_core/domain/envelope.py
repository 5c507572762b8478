"""What may be done right now: the set of actions that the risk engine would approve at one snapshot."""

from decimal import Decimal

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import TradingState

__all__ = ["Closable", "Closed", "Envelope", "Room"]


class Room(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The sizes at which one symbol may be opened on one side: every multiple of the step between the two ends."""

    symbol: Symbol
    side: Side
    size_min: Size
    size_max: Size
    size_step: Decimal
    mark: Price
    """US dollars per unit, to turn a size into dollars."""
    limit_price_worst: Price
    """The worst limit price an action may name: the highest of a buy, the lowest of a sell."""
    limit_needed: bool = False
    """Whether an action has to name a limit price; otherwise the collar stands for one that is missing."""


class Closable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position that may be closed, whole or in part."""

    symbol: Symbol
    size: Size
    """Signed units held."""


class Closed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A side of a symbol that cannot be opened now."""

    symbol: Symbol
    side: Side
    rule: str
    """The rule that refuses the smallest legal order."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything that may be proposed at one snapshot."""

    as_of: Instant
    state: TradingState
    opens: tuple[Room, ...]
    closes: tuple[Closable, ...]
    shut: tuple[Closed, ...]
    orders_left: int
    """Orders that may still be sent in this UTC day and minute, whichever is less."""

    @property
    def reduce_only(self) -> bool:
        """Whether nothing at all may be opened."""
        return not self.opens
