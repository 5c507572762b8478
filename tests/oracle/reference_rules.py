"""Judge a proposed action by `docs/reference/simulation-rules.md` in plain integers; nothing of the library is used.

Prices count 10^-6 dollars, sizes 10^-8 units, amounts 10^-24 dollars, so that price times size times rate is whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeAlias

DOLLAR, MICRO, BPS = 10**24, 10**18, 10_000
Leg: TypeAlias = tuple[str, int, int, bool, int | None]
"""Symbol, side, size, whether it reduces, limit named."""
Verdict: TypeAlias = tuple[str, str, tuple[Leg, ...], tuple[str, ...]]
"""`noop`, `denied` or `approved`; the rule that denied or withheld the open; what is sent; what was adjusted."""


class Contract(NamedTuple):
    """What the venue says of a symbol; a tier is a notional with the highest leverage from there on."""

    size_decimals: int
    tiers: tuple[tuple[int, int], ...]

    def leverage(self, notional: int) -> int:
        """Return the venue's highest leverage for a notional."""
        return next(leverage for bound, leverage in reversed(self.tiers) if notional >= bound)

    def maintenance(self, notional: int | Fraction) -> Fraction:
        """Return the margin below which a position is liquidated: of each tier half of what its leverage asks."""
        parts = zip(self.tiers, [*(bound for bound, _ in self.tiers[1:]), notional], strict=True)
        asked = (Fraction(max(0, min(notional, end) - bound)) / (2 * leverage) for (bound, leverage), end in parts)
        return sum(asked, Fraction(0))


class Action(NamedTuple):
    """What is proposed: a side is 1 to buy and -1 to sell, `usd` counts 10^-6 dollars."""

    kind: str
    symbol: str
    side: int | None = None
    size: int | None = None
    usd: int | None = None
    limit: int | None = None


@dataclass
class Order:
    """What may still execute: at once (`ioc`), for as long as it rests (`gtc`), or only by resting (`alo`)."""

    name: int
    symbol: str
    side: int
    size: int
    limit: int
    reduces: bool = False
    how: str = "ioc"
    trigger: int | None = None
    profit: bool = False
    sized: bool = False
    decision: int = 0
    waits: bool = False


class Caps(NamedTuple):
    """What a skill may do: shares in basis points, `order_usd` in 10^-6 dollars, ages in milliseconds."""

    symbols: frozenset[str]
    position: int
    exposure: int
    leverage: int
    day_orders: int
    minute_orders: int
    order_usd: int
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
    """An account and a market at one instant; a mark is a price, its time, and whether the venue said it."""

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
    orders: Sequence[Order]
    marks: Mapping[str, tuple[int, int, bool]]
    contracts: Mapping[str, Contract]
    numbers: dict[str, int | Fraction] = field(default_factory=dict)


def worth(size: int, price: int) -> int:
    """Return size times price."""
    return size * price * 10**10


def legal(price: int, decimals: int, *, up: bool) -> int:
    """Round a price, given in 10^-10 dollars, to one the venue takes for so many size decimals."""
    step = int(10 ** (10 - max(0, min(15 - len(str(price)), 6 - decimals))))
    return (price + (step - 1) * up) // step * step // 10**4


def verdict(action: Action, scene: Scene, caps: Caps) -> Verdict:
    """Return what is to become of an action; the numbers it came to stay in the scene."""
    symbol, side, opens, sizes = action.symbol, action.side, action.kind == "open", {action.size, action.usd} - {None}
    held = scene.held.get(symbol, 0)
    shape = {
        "R1_SIDE_MISSING": opens and side is None,
        "R1_CLOSE_HAS_SIDE": not opens and side is not None,
        "R1_SIZE_AMBIGUOUS": None not in action[3:5] or (opens and not sizes),
        "R1_SIZE_NOT_POSITIVE": any((size or 0) <= 0 for size in sizes),
        "R1_LIMIT_PRICE_NOT_POSITIVE": action.limit is not None and action.limit <= 0,
        "R2_SYMBOL_NOT_ALLOWED": opens and symbol not in caps.symbols,
        "R2_UNKNOWN_INSTRUMENT": opens and symbol not in scene.contracts,
    }
    if rule := _first(shape):
        return "denied", rule, (), ()
    out = (symbol, -1 if held > 0 else 1)
    if not opens:
        units, adjusted = _part(action, scene, abs(held))
        return ("approved", "", ((*out, units, True, action.limit),), adjusted) if held else ("noop", "", (), ())
    rule, first = refusal_of(action, scene, caps), ((*out, abs(held), True, None),) if held * (side or 0) < 0 else ()
    if rule:
        return "approved" if first else "denied", rule, first, ()
    return "approved", "", (*first, (symbol, side or 0, int(scene.numbers["size"]), False, action.limit)), ()


def _first(rules: Mapping[str, bool]) -> str:
    return next((rule for rule, refuses in rules.items() if refuses), "")


def _part(action: Action, scene: Scene, held: int) -> tuple[int, tuple[str, ...]]:
    mark, least = scene.marks.get(action.symbol, (0,))[0], 10 * DOLLAR
    if action.size is None and (action.usd is None or not mark):
        return held, () if action.usd is None else ("R4_NO_MARK",)
    step, asked = 10 ** (8 - scene.contracts[action.symbol].size_decimals), action.size
    units, adjusted = min((action.usd or 0) * 10**8 // mark if asked is None else asked, held) // step * step, []
    if mark and units < held:
        if worth(units, mark) < least:
            units, adjusted = -(-least // worth(step, mark)) * step, ["R9_PARTIAL_BELOW_MINIMUM"]
        if worth(held - units, mark) < least:
            units, adjusted = held, [*adjusted, "R9_LEAVES_DUST"]
    return units, tuple(adjusted)


def refusal_of(action: Action, scene: Scene, caps: Caps) -> str:
    """Return the first rule from R3 on that refuses an open, or nothing."""
    mark, time, venue = scene.marks.get(action.symbol, (0, scene.now, True))
    rules = {
        "R3_HALTED": scene.state == "halted",
        "R3_REDUCING": scene.state == "reducing",
        "R3_UNRESOLVED_ORDER": scene.unresolved > 0,
        "R4_NO_MARK": not mark,
        "R4_MARK_AHEAD": time > scene.now,
        "R4_STALE_MARK": scene.now - time > caps.mark_age,
        "R4_MARK_SOURCE": caps.venue_marks and not venue,
        "R4_STALE_ACCOUNT": not 0 <= scene.now - scene.account_time <= caps.account_age,
    }
    return _first(rules) or _first(_sums(action, scene, caps, mark))


def _sums(action: Action, scene: Scene, caps: Caps, mark: int) -> dict[str, bool]:
    contract, side, equity = scene.contracts[action.symbol], action.side or 0, scene.equity
    step, held = 10 ** (8 - contract.size_decimals), scene.held.get(action.symbol, 0) * side
    size = (action.size if action.size is not None else (action.usd or 0) * 10**8 // mark) // step * step
    same, against = (_open_units(scene, action.symbol, way) for way in (side, -side))
    position = worth(max(max(held, 0) + size + same, max(-held, 0) + against), mark)
    others = {*scene.held, *(order.symbol for order in scene.orders)} - {action.symbol}
    exposure, order = position + sum(_worst(scene, name) for name in others), worth(size, mark)
    reserve, legs, stop = exposure * caps.reserve // BPS, 1 + (held < 0), caps.stop or 0
    limit = action.limit or legal(mark * (BPS + side * caps.collar), contract.size_decimals, up=side < 0)
    least, left = mark if action.limit is None else limit, equity - reserve
    kept = [(name, worth(abs(units), scene.marks[name][0])) for name, units in scene.held.items() if name in others]
    moved = contract.maintenance(Fraction(position * (BPS - side * stop), BPS))
    maintenance = sum((scene.contracts[name].maintenance(notional) for name, notional in kept), moved)
    scene.numbers = {"mark": mark, "equity": equity, "size": size, "order_usd": order, "position_usd": position}
    scene.numbers |= {"exposure_usd": exposure, "reserve_usd": reserve, "baseline": scene.baseline, "peak": scene.peak}
    scene.numbers |= {"orders_after": scene.day_orders + legs, "minute_orders_after": scene.minute_orders + legs}
    scene.numbers |= {"maintenance_usd": maintenance}
    return {
        "R5_NO_EQUITY": equity <= 0,
        "R5_POSITION_CAP": position * BPS > caps.position * equity,
        "R5_EXPOSURE_CAP": exposure * BPS > caps.exposure * equity,
        "R5_BELOW_ORDER_MINIMUM": order < caps.order_usd * MICRO,
        "R6_LEVERAGE_CAP": exposure > caps.leverage * equity,
        "R6_VENUE_LEVERAGE": position > contract.leverage(position) * equity,
        "R7_ORDERS_PER_DAY": scene.day_orders + legs > caps.day_orders,
        "R7_ORDERS_PER_MINUTE": scene.minute_orders + legs > caps.minute_orders,
        "R8_DAILY_LOSS": scene.baseline <= 0 or (scene.baseline - left) * BPS >= caps.daily_loss * scene.baseline,
        "R8_DRAWDOWN": caps.drawdown is not None and (scene.peak - left) * BPS >= caps.drawdown * scene.peak,
        "R9_SIZE_ROUNDS_TO_ZERO": not size,
        "R9_BELOW_VENUE_MINIMUM": order < 10 * DOLLAR,
        "R9_PRICE_STEP": legal(limit * 10**4, contract.size_decimals, up=False) != limit or (limit - least) * side < 0,
        "R9_COLLAR": (limit * BPS - mark * (BPS + side * caps.collar)) * side > 0,
        "R9_LIQUIDATION_BEFORE_STOP": caps.stop is not None and equity - Fraction(position * stop, BPS) < maintenance,
    }


def _open_units(scene: Scene, symbol: str, side: int) -> int:
    return sum(one.size for one in scene.orders if (one.symbol, one.side, one.reduces) == (symbol, side, False))


def _worst(scene: Scene, symbol: str) -> int:
    held, buys, sells = scene.held.get(symbol, 0), *(_open_units(scene, symbol, side) for side in (1, -1))
    if symbol in scene.marks:
        return worth(max(abs(held + buys), abs(held - sells)), scene.marks[symbol][0])
    opens = [one for one in scene.orders if one.symbol == symbol and not one.reduces]
    return max(sum(worth(one.size, one.limit) for one in opens if one.side == side) for side in (1, -1))
