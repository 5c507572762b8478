"""What a run of the oracle is told and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeAlias

FillRow: TypeAlias = tuple[int, str, Fraction, Fraction, Fraction]
"""Time, side, size, price, fee."""


class Wish(NamedTuple):
    """A proposed action, in the words of the skill file."""

    kind: str
    """`open` or `close`."""
    side: str | None = None
    size: Fraction | None = None
    size_usd: Fraction | None = None
    limit: Fraction | None = None


class Leg(NamedTuple):
    """An order about to be sent."""

    side: str
    size: Fraction
    reduces: bool
    limit: Fraction | None = None


class Moment(NamedTuple):
    """A mark at which an order may be sent, and the open at which it executes."""

    now: int
    mark: Fraction
    touch: Fraction


@dataclass(frozen=True, kw_only=True)
class Terms:
    """All that a run depends on beside its candles; rates and percentages are written as a skill writes them."""

    policy: str
    """A built-in policy, or `script`."""
    lengths: tuple[int, int] = (1, 2)
    """Fast and slow, or entry and exit."""
    direction: str = "long"
    size: tuple[str, Fraction] = ("size", Fraction(1))
    """`sizePct`, `sizeUsd` or `size`, and how much."""
    script: Mapping[int, Wish] = field(default_factory=dict)
    """What `script` proposes, by the index of the candle that has just closed."""
    position_pct: Fraction = Fraction(100)
    exposure_pct: Fraction = Fraction(100)
    leverage: int = 1
    orders_per_day: int = 10
    orders_per_minute: int = 10
    order_usd_min: Fraction = Fraction(10)
    daily_loss_pct: Fraction = Fraction(100)
    drawdown_pct: Fraction | None = None
    reserve_bps: int = 50
    stop_bps: int | None = None
    interval_ms: int = 60_000
    size_decimals: int = 5
    venue_leverage: int = 40
    fee_rate: Fraction = Fraction("0.00045")
    slippage_bps: Fraction = Fraction(0)
    funding: Fraction | Mapping[int, Fraction] = Fraction(0)
    """One hourly rate, or one for each settled hour."""
    cash: Fraction = Fraction(10_000)


@dataclass
class Outcome:
    """What a run came to; also its account while it runs."""

    cash: Fraction
    size: Fraction = Fraction(0)
    fills: list[FillRow] = field(default_factory=list)
    rejections: list[tuple[int, str]] = field(default_factory=list)
    """Actions refused whole by a rule, and orders refused by the venue."""
    withheld: list[tuple[int, str]] = field(default_factory=list)
    """Opposite opens of which a rule let only the closing leg pass."""
    stopped: list[tuple[int, str]] = field(default_factory=list)
    """Opening legs that passed the decision and were refused just before they were sent."""
    adjusted: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    halts: list[tuple[int, str]] = field(default_factory=list)
    closings: list[tuple[int, str]] = field(default_factory=list)
    """Orders of a halt, with its reason."""
    funding: list[tuple[int, Fraction]] = field(default_factory=list)
    equity: dict[int, Fraction] = field(default_factory=dict)
    """The account at every mark; the last one is the final equity."""
    orders: int = 0
    day: int = -1
    baseline: Fraction = Fraction(0)
    orders_today: int = 0
    peak: Fraction = Fraction(0)
    minute: int = -1
    orders_this_minute: int = 0

    def book(self, fill: FillRow) -> None:
        """Let an execution change the account."""
        _, side, size, price, fee = fill
        signed = size if side == "buy" else -size
        self.fills.append(fill)
        self.cash -= signed * price + fee
        self.size += signed

    def count(self, now: int) -> None:
        """Let an order that is sent use up its place in the day and the minute."""
        self.orders += 1
        self.orders_today += 1
        self.orders_this_minute = self.sent_in_minute(now) + 1
        self.minute = now // 60_000

    def sent_in_minute(self, now: int) -> int:
        """Return how many orders were sent in the UTC minute of a time."""
        return self.orders_this_minute if now // 60_000 == self.minute else 0

    def worth(self, mark: Fraction) -> Fraction:
        """Return the equity at a mark."""
        return self.cash + self.size * mark
