"""Recompute a simulated run from `docs/reference/simulation-rules.md` alone.

The judge of the backtest: one symbol, exact fractions, no speed, and not one import of what it judges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from tests.oracle.reference_candles import Row
from tests.oracle.reference_policies import proposal

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, kw_only=True)
class Terms:
    """All that a run depends on beside its candles; rates and percentages are written as a skill writes them."""

    policy: str
    lengths: tuple[int, int]
    """Fast and slow, or entry and exit."""
    direction: str = "long"
    size: tuple[str, Fraction]
    """`sizePct`, `sizeUsd` or `size`, and how much."""
    position_pct: Fraction = Fraction(100)
    exposure_pct: Fraction = Fraction(100)
    leverage: int = 1
    orders_per_day: int = 10
    order_usd_min: Fraction = Fraction(10)
    daily_loss_pct: Fraction = Fraction(100)
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
    fills: list[tuple[int, str, Fraction, Fraction, Fraction]] = field(default_factory=list)
    """Time, side, size, price, fee."""
    rejections: list[tuple[int, str]] = field(default_factory=list)
    halts: list[tuple[int, str]] = field(default_factory=list)
    funding: list[tuple[int, Fraction]] = field(default_factory=list)
    equity: dict[int, Fraction] = field(default_factory=dict)
    """The account at every mark; the last one is the final equity."""
    orders: int = 0
    day: int = -1
    baseline: Fraction = Fraction(0)
    orders_today: int = 0

    def book(self, fill: tuple[int, str, Fraction, Fraction, Fraction]) -> None:
        """Let an execution change the account."""
        _, side, size, price, fee = fill
        signed = size if side == "buy" else -size
        self.fills.append(fill)
        self.cash -= signed * price + fee
        self.size += signed


def run(rows: Sequence[Row], terms: Terms) -> Outcome:
    """Take every mark in turn; the last one only values the account."""
    account = Outcome(cash=terms.cash)
    proposals = proposal(terms.policy, rows, terms.lengths, terms.direction)
    for index, row in enumerate(rows):
        now, mark = row.time + terms.interval_ms, row.close
        _settle(account, terms, now, mark)
        equity = _value(account, terms, now, mark)
        if index + 1 < len(rows) and (wish := proposals(index, account.size)):
            rule = _denial(account, terms, wish, mark) or _execute(
                account, terms, wish, (now, mark, rows[index + 1].open)
            )
            account.rejections += [(now, rule)] if rule else []
        account.equity[now] = equity
    return account


def _settle(account: Outcome, terms: Terms, now: int, mark: Fraction) -> None:
    hours = range(((now - terms.interval_ms) // HOUR_MS + 1) * HOUR_MS, now + 1, HOUR_MS)
    for hour in hours if account.size else ():
        rate = terms.funding[hour] if isinstance(terms.funding, Mapping) else terms.funding
        account.funding.append((hour, -account.size * mark * rate))
        account.cash += account.funding[-1][1]


def _value(account: Outcome, terms: Terms, now: int, mark: Fraction) -> Fraction:
    equity = account.cash + account.size * mark
    if account.size and equity < abs(account.size) * mark / (2 * terms.venue_leverage):
        side = "sell" if account.size > 0 else "buy"
        account.book((now, side, abs(account.size), mark, _fee(terms, abs(account.size) * mark)))
        _halt(account, now, "liquidation")
        equity = account.cash
    if now // DAY_MS != account.day:
        account.day, account.baseline, account.orders_today = now // DAY_MS, equity, 0
    if account.baseline - equity >= terms.daily_loss_pct / 100 * account.baseline:
        _halt(account, now, "daily_loss")
    return equity


def _halt(account: Outcome, now: int, reason: str) -> None:
    if not account.halts:
        account.halts.append((now, reason))


def _wanted(account: Outcome, terms: Terms, mark: Fraction) -> Fraction:
    kind, amount = terms.size
    dollars = amount / 100 * (account.cash + account.size * mark) if kind == "sizePct" else amount
    units = amount if kind == "size" else dollars / mark
    return Fraction(floor(units * 10**terms.size_decimals), 10**terms.size_decimals)


def _denial(account: Outcome, terms: Terms, wish: str, mark: Fraction) -> str | None:
    if wish == "close":
        return None
    equity, order = account.cash + account.size * mark, _wanted(account, terms, mark)
    flips = account.size * (1 if wish == "buy" else -1) < 0
    total = ((0 if flips else abs(account.size)) + order) * mark
    rules = {
        "R1_SIZE_NOT_POSITIVE": terms.size[0] == "sizePct" and equity <= 0,
        "R3_HALTED": bool(account.halts),
        "R5_NO_EQUITY": equity <= 0,
        "R5_POSITION_CAP": total > terms.position_pct / 100 * equity,
        "R5_EXPOSURE_CAP": total > terms.exposure_pct / 100 * equity,
        "R5_BELOW_ORDER_MINIMUM": order * mark < terms.order_usd_min,
        "R6_LEVERAGE_CAP": total > terms.leverage * equity,
        "R7_ORDERS_PER_DAY": account.orders_today + 1 + flips > terms.orders_per_day,
        "R8_DAILY_LOSS": account.baseline - equity >= terms.daily_loss_pct / 100 * account.baseline,
        "R9_SIZE_ROUNDS_TO_ZERO": order == 0,
        "R9_BELOW_VENUE_MINIMUM": order * mark < 10,
    }
    return next((rule for rule, refuses in rules.items() if refuses), None)


def _execute(account: Outcome, terms: Terms, wish: str, market: tuple[int, Fraction, Fraction]) -> str | None:
    now, mark, touch = market
    side = wish if wish != "close" else "sell" if account.size > 0 else "buy"
    sign = 1 if side == "buy" else -1
    legs = [] if wish == "close" else [_wanted(account, terms, mark)]
    legs = [abs(account.size), *legs] if account.size * sign < 0 else legs
    price = legal_price(touch * (1 + sign * terms.slippage_bps / 10_000), terms.size_decimals, up=sign > 0)
    limit = legal_price(mark * (1 + sign * Fraction(1, 100)), terms.size_decimals, up=sign < 0)
    for size in legs:
        account.orders += 1
        account.orders_today += 1
        fee, after = _fee(terms, size * price), account.size + sign * size
        margin = abs(after) * mark / min(terms.leverage, terms.venue_leverage)
        broke = margin > account.cash + account.size * mark - fee
        if (price - limit) * sign > 0 or (after and (size * price < 10 or broke)):
            return "VENUE"
        account.book((now, side, size, price, fee))
    return None


def _fee(terms: Terms, notional: Fraction) -> Fraction:
    return Fraction(ceil(notional * terms.fee_rate * 10**6), 10**6)


def legal_price(price: Fraction, size_decimals: int, *, up: bool) -> Fraction:
    """Round to what Hyperliquid takes: five figures and 6 - size_decimals decimals at most, whole dollars always."""
    decimals = next((n for n in range(7) if price * 10**n >= 10**4), 7)
    scale = 10 ** max(0, min(decimals, 6 - size_decimals))
    return Fraction(ceil(price * scale) if up else floor(price * scale), scale)
