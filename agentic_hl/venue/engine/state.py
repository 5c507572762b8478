"""Everything the engine knows at a moment: markets with their books, accounts with their orders, the venue's own pots.

The modules beside it change this state; only `Engine` is for others.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

import msgspec

from agentic_hl.venue.engine.book import BookSide
from agentic_hl.venue.engine.candles import CandleStore
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.engine.tiers import TierTable
from agentic_hl.venue.entities import Account, Event, Leverage, Order, Position, PublicPrint
from agentic_hl.venue.figures import FundingRate
from agentic_hl.venue.terms import Market, Phase, Refused

__all__ = ["HOUSE", "LIQUIDATOR", "Desk", "MarketState", "Role", "State"]

HOUSE = "0x" + "1" * 40
"""Who quotes the books of the venue; it needs no margin and pays no fees."""
LIQUIDATOR = "0x" + "2" * 40
"""Who takes over what the book did not; it needs no margin."""

_ZERO = Decimal(0)
_RECENT_PRINTS = 500
_FUNDING_HOURS = 24 * 400
_FIRST_OID = 40_000_000_000
_TID_BITS = 50
_TID_STEP = 0x9E3779B97F4A7C15 | 1  # odd, so that multiples modulo a power of two repeat only after all of them


class Role(StrEnum):
    """What an account is to the venue."""

    TRADER = "trader"
    HOUSE = "house"
    LIQUIDATOR = "liquidator"


class Desk(msgspec.Struct, kw_only=True):
    """An account and what it has in work."""

    account: Account
    role: Role = Role.TRADER
    orders: dict[int, Order] = msgspec.field(default_factory=dict)
    """All that are retained, by oid."""
    live: dict[int, Order] = msgspec.field(default_factory=dict)
    by_cloid: dict[str, int] = msgspec.field(default_factory=dict)
    """The newest order of each cloid."""
    ended: deque[int] = msgspec.field(default_factory=deque)
    resting: dict[int, list[Decimal]] = msgspec.field(default_factory=dict)
    """Asset to [units to buy, units to sell] of resting orders that are not reduce-only."""
    reducing: dict[int, dict[int, Order]] = msgspec.field(default_factory=dict)
    """Asset to its live reduce-only orders, except those that wait for a parent."""
    rates: tuple[Decimal, Decimal] = (_ZERO, _ZERO)
    """Taker and maker rate of `rates_day`."""
    rates_day: int = -1

    def position(self, asset: int) -> Position:
        """Find or begin the position in a market."""
        position = self.account.positions.get(asset)
        if position is None:
            position = self.account.positions[asset] = Position(asset=asset)
        return position

    def szi(self, asset: int) -> Decimal:
        """Tell the signed units held."""
        position = self.account.positions.get(asset)
        return _ZERO if position is None else position.szi


class MarketState(msgspec.Struct, kw_only=True):
    """A market and what goes on there."""

    market: Market
    tiers: TierTable
    oracle: Decimal
    mark: Decimal
    centre: Decimal
    """The mid around which the house quotes."""
    bids: BookSide
    asks: BookSide
    candles: CandleStore
    prints: deque[PublicPrint] = msgspec.field(default_factory=lambda: deque(maxlen=_RECENT_PRINTS))
    last_px: Decimal | None = None
    triggers: dict[int, Order] = msgspec.field(default_factory=dict)
    """Orders that wait for the mark."""
    holders: dict[str, Desk] = msgspec.field(default_factory=dict)
    """Who has a position, the house left out."""
    fixed_rate: Decimal | None = None
    premium_sum: Decimal = _ZERO
    premium_count: int = 0
    funding: deque[FundingRate] = msgspec.field(default_factory=lambda: deque(maxlen=_FUNDING_HOURS))
    touched: int = 0
    """Counts changes of book and oracle, so that what is derived from them can be kept."""
    premium: tuple[int, Decimal | None] = (-1, None)
    """The value of `touched` it was worked out at, and the premium."""

    def own(self, *, is_buy: bool) -> BookSide:
        """Find the side where such an order rests."""
        return self.bids if is_buy else self.asks

    def opposite(self, *, is_buy: bool) -> BookSide:
        """Find the side such an order trades with."""
        return self.asks if is_buy else self.bids


class State:
    """The whole venue at a moment."""

    def __init__(self, markets: Sequence[MarketState], options: Options, seed: int, now: int) -> None:
        """Begin with markets and without accounts."""
        self.options = options
        self.seed = seed
        self.now = now
        self.phase = Phase.TRADING
        self.markets = tuple(markets)
        self.desks: dict[str, Desk] = {}
        self.house = Desk(account=Account(address=HOUSE), role=Role.HOUSE)
        self.liquidator = Desk(account=Account(address=LIQUIDATOR), role=Role.LIQUIDATOR)
        self.fees = _ZERO
        self.deposited = _ZERO
        self.withdrawn = _ZERO
        self.events: list[Event] = []
        self.unsettled: dict[str, Desk] = {}
        """Whose margin has to be looked at again."""
        self.scheduled: dict[str, int] = {}
        """When whose orders will be cancelled."""
        self.cooling: dict[tuple[str, int], int] = {}
        """(address, asset) to when a position that was sold in part may be sold whole."""
        self._oid = _FIRST_OID
        self._tid = 0
        self._liquidation = 0
        self._block = 0
        self._hash: str | None = None

    def market(self, asset: int) -> MarketState:
        """Find a market.

        Raises:
            Refused: there is none (the text is assumed).
        """
        if 0 <= asset < len(self.markets):
            return self.markets[asset]
        raise Refused(f"Invalid asset {asset}")

    def desk(self, address: str) -> Desk:
        """Find or open an account."""
        desk = self.desks.get(address)
        if desk is None:
            desk = self.desks[address] = Desk(account=Account(address=address))
        return desk

    def everybody(self) -> list[Desk]:
        """List all accounts with the house and the liquidator."""
        return [*self.desks.values(), self.house, self.liquidator]

    def leverage(self, account: Account, market: Market) -> Leverage:
        """Tell what leverage an account has set, or has by default."""
        leverage = account.leverages.get(market.index)
        if leverage is None:
            value = min(self.options.default_leverage, market.max_leverage)
            leverage = account.leverages[market.index] = Leverage(is_cross=not market.only_isolated, value=value)
        return leverage

    def begin_block(self) -> None:
        """Begin something that has a hash of its own."""
        self._block += 1
        self._hash = None

    @property
    def hash(self) -> str:
        """The hash of what is going on; of everything in one action it is the same."""
        if self._hash is None:
            self._hash = "0x" + sha256(f"{self.seed}:{self._block}".encode()).hexdigest()
        return self._hash

    def next_oid(self) -> int:
        """Count orders."""
        self._oid += 1
        return self._oid

    def next_tid(self) -> int:
        """Give every execution a number that looks like no count and never repeats."""
        self._tid += 1
        return (self._tid * _TID_STEP + self.seed) % (1 << _TID_BITS)

    def next_liquidation(self) -> int:
        """Count liquidations."""
        self._liquidation += 1
        return self._liquidation
