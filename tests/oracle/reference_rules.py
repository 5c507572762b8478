"""Judge a proposed action by `docs/reference/simulation-rules.md` in plain integers; nothing of the library is used.

Prices count 10^-6 dollars, sizes 10^-8 units, dollars 10^-24, so that price times size times rate stays whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeAlias

DOLLAR = 10**24
MICRO = 10**18
"""10^-6 dollars."""
BPS = 10_000


class Contract(NamedTuple):
    """What the venue says about a symbol."""

    size_decimals: int
    tiers: tuple[tuple[int, int], ...]
    """Lowest notional and highest leverage of each."""

    @property
    def step(self) -> int:
        """The smallest size."""
        return int(10 ** (8 - self.size_decimals))

    def leverage(self, notional: Fraction | int) -> int:
        """Return the venue's highest leverage for a notional."""
        return next(leverage for bound, leverage in reversed(self.tiers) if notional >= bound)

    def maintenance(self, notional: Fraction | int) -> Fraction:
        """Return the margin below which a position is liquidated: tier by tier, each with its own half."""
        ends = [bound for bound, _ in self.tiers[1:]] + [max(notional, self.tiers[-1][0])]
        parts = zip(self.tiers, ends, strict=True)
        return sum(
            (Fraction(max(0, min(notional, end) - bound)) / (2 * leverage) for (bound, leverage), end in parts),
            Fraction(0),
        )


class Action(NamedTuple):
    """What is proposed; a side is 1 to buy, -1 to sell."""

    kind: str
    symbol: str
    side: int | None = None
    size: int | None = None
    usd: int | None = None
    """In 10^-6 dollars."""
    limit: int | None = None


class Resting(NamedTuple):
    """What an order may still do, as the rules see it."""

    symbol: str
    side: int
    size: int
    limit: int
    reduces: bool


class Mark(NamedTuple):
    """A price with its time and whether the venue said it."""

    price: int
    time: int
    venue: bool = True


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a skill may do."""

    symbols: frozenset[str]
    position: int
    exposure: int
    leverage: int
    day_orders: int
    minute_orders: int
    order_usd: int
    """In 10^-6 dollars."""
    daily_loss: int
    drawdown: int | None = None
    stop: int | None = None
    reserve: int = 50
    collar: int = 100
    mark_age: int = 30_000
    account_age: int = 60_000
    venue_marks: bool = False


@dataclass(kw_only=True)
class Scene:
    """An account and a market at one instant."""

    now: int
    account_time: int
    state: str
    equity: int
    baseline: int
    peak: int
    day_orders: int
    minute_orders: int
    unresolved: int
    held: Mapping[str, int]
    resting: Sequence[Resting]
    marks: Mapping[str, Mark]
    contracts: Mapping[str, Contract]
    numbers: dict[str, int] = field(default_factory=dict)
    """What the rules came to for the open that was judged last."""


Verdict: TypeAlias = tuple[str, object, tuple[str, ...], str | None]
"""`noop` or `denied` with the reason, or `approved` with its legs; what was adjusted; which rule withheld the open.

A leg is a symbol, side, size, whether it reduces, and the limit named.
"""


def worth(size: int, price: int) -> int:
    """Return size times price in dollars."""
    return size * price * 10**10


def legal(price: int, decimals: int, *, up: bool) -> int:
    """Round a price, given in 10^-10 dollars, to one the venue takes for so many size decimals."""
    places = max(0, min(4 - (len(str(price)) - 11), 6 - decimals))
    step = 10 ** (10 - places)
    return int((price + (step - 1) * up) // step * step // 10**4)


def collared(mark: int, side: int, collar: int, decimals: int) -> int:
    """Return the worst legal price within the collar."""
    return legal(mark * (BPS + side * collar), decimals, up=side < 0)


def verdict(action: Action, scene: Scene, caps: Caps) -> Verdict:
    """Return what is to become of an action."""
    held, sizes = scene.held.get(action.symbol, 0), [size for size in (action.size, action.usd) if size is not None]
    opens = action.kind == "open"
    refusals = {
        "R1_SIDE_MISSING": opens and action.side is None,
        "R1_CLOSE_HAS_SIDE": not opens and action.side is not None,
        "R1_SIZE_AMBIGUOUS": len(sizes) == 2 or (opens and not sizes),
        "R1_SIZE_NOT_POSITIVE": any(size <= 0 for size in sizes),
        "R1_LIMIT_PRICE_NOT_POSITIVE": action.limit is not None and action.limit <= 0,
        "R2_SYMBOL_NOT_ALLOWED": opens and action.symbol not in caps.symbols,
        "R2_UNKNOWN_INSTRUMENT": opens and action.symbol not in scene.contracts,
    }
    if refusal := next((rule for rule, refuses in refusals.items() if refuses), None):
        return "denied", refusal, (), None
    out = (action.symbol, -1 if held > 0 else 1)
    if not opens:
        units, adjusted = _part(action, scene, abs(held))
        return (
            ("approved", [(*out, units, True, action.limit)], adjusted, None) if held else ("noop", "nothing", (), None)
        )
    rule = refusal_of(action, scene, caps)
    first = [(*out, abs(held), True, None)] if held * (action.side or 0) < 0 else []
    if rule:
        return ("approved", first, (), rule) if first else ("denied", rule, (), None)
    return "approved", [*first, (*action[1:3], scene.numbers["size"], False, action.limit)], (), None


def _part(action: Action, scene: Scene, held: int) -> tuple[int, tuple[str, ...]]:
    mark = scene.marks.get(action.symbol)
    if action.size is None and action.usd is None:
        return held, ()
    if mark is None and action.size is None:
        return held, ("R4_NO_MARK",)
    step, price = scene.contracts[action.symbol].step, mark.price if mark else 0
    asked = action.size if action.size is not None else (action.usd or 0) * 10**8 // price
    units, changes, least = min(asked // step * step, held), [], 10 * DOLLAR
    if mark and units < held:
        if worth(units, price) < least:
            units, changes = -(-least // worth(step, price)) * step, ["R9_PARTIAL_BELOW_MINIMUM"]
        if worth(held - units, price) < least:
            units, changes = held, [*changes, "R9_LEAVES_DUST"]
    return units, tuple(changes)


def refusal_of(action: Action, scene: Scene, caps: Caps) -> str | None:
    """Return the first rule from R3 on that refuses an open; the numbers it came to are left in the scene."""
    mark, scene.numbers = scene.marks.get(action.symbol), {}
    age = scene.now - mark.time if mark else 0
    rules = {
        "R3_HALTED": scene.state == "halted",
        "R3_REDUCING": scene.state == "reducing",
        "R3_UNRESOLVED_ORDER": scene.unresolved > 0,
        "R4_NO_MARK": mark is None,
        "R4_MARK_AHEAD": age < 0,
        "R4_STALE_MARK": age > caps.mark_age,
        "R4_MARK_SOURCE": caps.venue_marks and mark is not None and not mark.venue,
        "R4_STALE_ACCOUNT": not 0 <= scene.now - scene.account_time <= caps.account_age,
    }
    if mark is not None:
        rules |= _sums(action, scene, caps, mark.price)
    return next((rule for rule, refuses in rules.items() if refuses), None)


def _sums(action: Action, scene: Scene, caps: Caps, mark: int) -> dict[str, bool]:
    contract, side, equity = scene.contracts[action.symbol], action.side or 0, scene.equity
    asked = action.size if action.size is not None else (action.usd or 0) * 10**8 // mark
    size, held = asked // contract.step * contract.step, scene.held.get(action.symbol, 0) * side
    same, against = (_open_units(scene, action.symbol, way) for way in (side, -side))
    position = worth(max(max(held, 0) + size + same, max(-held, 0) + against), mark)
    exposure = position + sum(_worst(scene, name) for name in _others(scene, action.symbol))
    reserve, legs, order = exposure * caps.reserve // BPS, 1 + (held < 0), worth(size, mark)
    loss, fall, drop = scene.baseline - equity, scene.peak - equity, caps.drawdown
    limit = action.limit or collared(mark, side, caps.collar, contract.size_decimals)
    numbers = {"mark": mark, "equity": equity, "size": size, "order_usd": order, "position_usd": position}
    sums = {"exposure_usd": exposure, "reserve_usd": reserve, "baseline": scene.baseline, "peak": scene.peak}
    counts = {"orders_after": scene.day_orders + legs, "minute_orders_after": scene.minute_orders + legs}
    scene.numbers = numbers | sums | counts
    return {
        "R5_NO_EQUITY": equity <= 0,
        "R5_POSITION_CAP": position * BPS > caps.position * equity,
        "R5_EXPOSURE_CAP": exposure * BPS > caps.exposure * equity,
        "R5_BELOW_ORDER_MINIMUM": order < caps.order_usd * MICRO,
        "R6_LEVERAGE_CAP": exposure > caps.leverage * equity,
        "R6_VENUE_LEVERAGE": position > contract.leverage(position) * equity,
        "R7_ORDERS_PER_DAY": counts["orders_after"] > caps.day_orders,
        "R7_ORDERS_PER_MINUTE": counts["minute_orders_after"] > caps.minute_orders,
        "R8_DAILY_LOSS": scene.baseline <= 0 or (loss + reserve) * BPS >= caps.daily_loss * scene.baseline,
        "R8_DRAWDOWN": drop is not None and (fall + reserve) * BPS >= drop * scene.peak,
        "R9_SIZE_ROUNDS_TO_ZERO": size == 0,
        "R9_BELOW_VENUE_MINIMUM": order < 10 * DOLLAR,
        "R9_PRICE_STEP": (limit - mark) * side < 0
        if action.limit is None
        else legal(limit * 10**4, contract.size_decimals, up=False) != limit,
        "R9_COLLAR": (limit * BPS - mark * (BPS + side * caps.collar)) * side > 0,
        "R9_LIQUIDATION_BEFORE_STOP": caps.stop is not None
        and equity - Fraction(position * caps.stop, BPS)
        < contract.maintenance(Fraction(position * (BPS - side * caps.stop), BPS)) + _kept(scene, action.symbol),
    }


def _others(scene: Scene, symbol: str) -> set[str]:
    return {*scene.held, *(order.symbol for order in scene.resting)} - {symbol}


def _open_units(scene: Scene, symbol: str, side: int) -> int:
    return sum(order.size for order in scene.resting if order[:2] == (symbol, side) and not order.reduces)


def _worst(scene: Scene, symbol: str) -> int:
    if mark := scene.marks.get(symbol):
        held, buys, sells = scene.held.get(symbol, 0), *(_open_units(scene, symbol, side) for side in (1, -1))
        return worth(max(abs(held + buys), abs(held - sells)), mark.price)
    opens = [order for order in scene.resting if order.symbol == symbol and not order.reduces]
    return max(sum(worth(order.size, order.limit) for order in opens if order.side == side) for side in (1, -1))


def _kept(scene: Scene, symbol: str) -> Fraction:
    others = [(name, scene.marks[name].price) for name, size in scene.held.items() if size and name != symbol]
    return sum(
        (scene.contracts[name].maintenance(worth(abs(scene.held[name]), price)) for name, price in others), Fraction(0)
    )
