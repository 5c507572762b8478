"""Recompute a simulated run from `docs/reference/simulation-rules.md` alone.

The judge of the backtest: one symbol, exact fractions, no speed, and not one import of what it judges.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from tests.oracle.reference_candles import Row
from tests.oracle.reference_policies import proposal
from tests.oracle.reference_terms import Leg, Moment, Outcome, Terms, Wish

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
VENUE_MINIMUM = 10
COLLAR = Fraction(1, 100)


def run(rows: Sequence[Row], terms: Terms) -> Outcome:
    """Take every mark in turn; the last one only values the account."""
    account = Outcome(cash=terms.cash, peak=terms.cash)
    proposals = proposal(terms.policy, rows, terms.lengths, terms.direction)
    for index, row in enumerate(rows):
        now, mark = row.time + terms.interval_ms, row.close
        _settle(account, terms, now, mark)
        account.equity[now] = _value(account, terms, now, mark)
        if index + 1 < len(rows):
            moment = Moment(now, mark, rows[index + 1].open)
            halting = _close_after_halt(account, terms, moment)
            word = proposals(index, account.size)
            wish = _worded(account, terms, word, mark) if word else terms.script.get(index)
            if wish and not halting:
                _turn(account, terms, wish, moment)
    return account


def _settle(account: Outcome, terms: Terms, now: int, mark: Fraction) -> None:
    hours = range(((now - terms.interval_ms) // HOUR_MS + 1) * HOUR_MS, now + 1, HOUR_MS)
    for hour in hours if account.size else ():
        rate = terms.funding if isinstance(terms.funding, Fraction) else terms.funding[hour]
        account.funding.append((hour, -account.size * mark * rate))
        account.cash += account.funding[-1][1]


def _value(account: Outcome, terms: Terms, now: int, mark: Fraction) -> Fraction:
    equity = account.worth(mark)
    if account.size and equity < abs(account.size) * mark / (2 * terms.venue_leverage):
        side = "sell" if account.size > 0 else "buy"
        account.book((now, side, abs(account.size), mark, _fee(terms, abs(account.size) * mark)))
        _halt(account, now, "liquidation")
        equity = account.cash
    if now // DAY_MS != account.day:
        account.day, account.baseline, account.orders_today = now // DAY_MS, equity, 0
    account.peak = max(account.peak, equity)
    if account.baseline - equity >= terms.daily_loss_pct / 100 * account.baseline:
        _halt(account, now, "daily_loss")
    if terms.drawdown_pct is not None and account.peak - equity >= terms.drawdown_pct / 100 * account.peak:
        _halt(account, now, "drawdown")
    return equity


def _halt(account: Outcome, now: int, reason: str) -> None:
    if not account.halts:
        account.halts.append((now, reason))


def _close_after_halt(account: Outcome, terms: Terms, moment: Moment) -> bool:
    # A liquidation leaves nothing to close, and nothing is opened after it.
    if not account.halts or not account.size:
        return False
    account.closings.append((moment.now, account.halts[0][1]))
    _send(account, terms, _way_out(account), moment)
    return True


def _worded(account: Outcome, terms: Terms, word: str, mark: Fraction) -> Wish:
    kind, amount = terms.size
    if word == "close":
        return Wish("close")
    if kind == "size":
        return Wish("open", word, size=amount)
    return Wish("open", word, size_usd=amount if kind == "sizeUsd" else amount / 100 * account.worth(mark))


def _turn(account: Outcome, terms: Terms, wish: Wish, moment: Moment) -> None:
    refusal = _misshapen(wish)
    if refusal:
        account.rejections.append((moment.now, refusal))
    elif wish.kind == "close":
        if account.size:
            takes = wish.limit is not None and legal_price(wish.limit, terms.size_decimals, up=True) == wish.limit
            leg = _part(account, terms, wish, moment)
            _send(account, terms, leg._replace(limit=wish.limit) if takes else leg, moment)
    else:
        _open(account, terms, wish, moment)


def _misshapen(wish: Wish) -> str | None:
    sizes = [size for size in (wish.size, wish.size_usd) if size is not None]
    opens = wish.kind == "open"
    rules = {
        "R1_SIDE_MISSING": opens and wish.side is None,
        "R1_CLOSE_HAS_SIDE": not opens and wish.side is not None,
        "R1_SIZE_AMBIGUOUS": len(sizes) > 1 or (opens and not sizes),
        "R1_SIZE_NOT_POSITIVE": any(size <= 0 for size in sizes),
        "R1_LIMIT_PRICE_NOT_POSITIVE": wish.limit is not None and wish.limit <= 0,
    }
    return next((rule for rule, refuses in rules.items() if refuses), None)


def _open(account: Outcome, terms: Terms, wish: Wish, moment: Moment) -> None:
    now, mark, _ = moment
    asked = wish.size if wish.size is not None else (wish.size_usd or 0) / mark
    leg = Leg(wish.side or "", _steps(terms, asked, up=False), reduces=False, limit=wish.limit)
    refusal = _refusal(account, terms, leg, moment)
    if account.size * _sign(leg.side) < 0:
        if refusal:
            account.withheld.append((now, refusal))
        if not _send(account, terms, _way_out(account), moment) or refusal:
            return
    elif refusal:
        account.rejections.append((now, refusal))
        return
    stopped = _refusal(account, terms, leg, moment)
    if stopped:
        account.stopped.append((now, stopped))
    else:
        _send(account, terms, leg, moment)


def _refusal(account: Outcome, terms: Terms, leg: Leg, moment: Moment) -> str | None:
    now, mark, _ = moment
    sign, equity = _sign(leg.side), account.worth(mark)
    held, opposed = max(Fraction(0), account.size * sign), max(Fraction(0), -account.size * sign)
    position, legs = max(held + leg.size, opposed) * mark, 1 + (opposed > 0)
    reserve, drawdown = position * terms.reserve_bps / 10_000, terms.drawdown_pct
    limit = leg.limit or legal_price(mark * (1 + sign * COLLAR), terms.size_decimals, up=sign < 0)
    stop = Fraction(terms.stop_bps or 0, 10_000)
    rules = {
        "R3_HALTED": bool(account.halts),
        "R5_NO_EQUITY": equity <= 0,
        "R5_POSITION_CAP": position > terms.position_pct / 100 * equity,
        "R5_EXPOSURE_CAP": position > terms.exposure_pct / 100 * equity,
        "R5_BELOW_ORDER_MINIMUM": leg.size * mark < terms.order_usd_min,
        "R6_LEVERAGE_CAP": position > terms.leverage * equity,
        "R6_VENUE_LEVERAGE": position > terms.venue_leverage * equity,
        "R7_ORDERS_PER_DAY": account.orders_today + legs > terms.orders_per_day,
        "R7_ORDERS_PER_MINUTE": account.sent_in_minute(now) + legs > terms.orders_per_minute,
        "R8_DAILY_LOSS": account.baseline <= 0
        or account.baseline - equity + reserve >= terms.daily_loss_pct / 100 * account.baseline,
        "R8_DRAWDOWN": drawdown is not None and account.peak - equity + reserve >= drawdown / 100 * account.peak,
        "R9_SIZE_ROUNDS_TO_ZERO": leg.size == 0,
        "R9_BELOW_VENUE_MINIMUM": leg.size * mark < VENUE_MINIMUM,
        "R9_PRICE_STEP": (limit - mark) * sign < 0
        if leg.limit is None
        else legal_price(limit, terms.size_decimals, up=True) != limit,
        "R9_COLLAR": (limit - mark) * sign > mark * COLLAR,
        "R9_LIQUIDATION_BEFORE_STOP": terms.stop_bps is not None
        and equity - position * stop < position * (1 - sign * stop) / (2 * terms.venue_leverage),
    }
    return next((rule for rule, refuses in rules.items() if refuses), None)


def _way_out(account: Outcome) -> Leg:
    return Leg("sell" if account.size > 0 else "buy", abs(account.size), reduces=True)


def _part(account: Outcome, terms: Terms, wish: Wish, moment: Moment) -> Leg:
    whole, mark = _way_out(account), moment.mark
    if wish.size is None and wish.size_usd is None:
        return whole
    asked = wish.size if wish.size is not None else (wish.size_usd or 0) / mark
    units, changes = min(_steps(terms, asked, up=False), whole.size), []
    if units == whole.size:
        return whole
    if units * mark < VENUE_MINIMUM:
        changes, units = ["R9_PARTIAL_BELOW_MINIMUM"], _steps(terms, VENUE_MINIMUM / mark, up=True)
    if (whole.size - units) * mark < VENUE_MINIMUM:
        changes, units = [*changes, "R9_LEAVES_DUST"], whole.size
    account.adjusted += [(moment.now, tuple(changes))] if changes else []
    return whole._replace(size=units)


def _send(account: Outcome, terms: Terms, leg: Leg, moment: Moment) -> bool:
    now, mark, touch = moment
    sign, decimals = _sign(leg.side), terms.size_decimals
    price = legal_price(touch * (1 + sign * terms.slippage_bps / 10_000), decimals, up=sign > 0)
    limit = leg.limit or legal_price(mark * (1 + sign * COLLAR), decimals, up=sign < 0)
    fee, after = _fee(terms, leg.size * price), account.size + sign * leg.size
    margin = abs(after) * mark / min(terms.leverage, terms.venue_leverage)
    account.count(now)
    refused = (
        (price - limit) * sign > 0
        or (leg.size * price < VENUE_MINIMUM and not (leg.reduces and after == 0))
        or (not leg.reduces and margin > account.worth(mark) - fee)
    )
    if refused:
        account.rejections.append((now, "VENUE"))
    else:
        account.book((now, leg.side, leg.size, price, fee))
    return not refused


def _sign(side: str) -> int:
    return 1 if side == "buy" else -1


def _steps(terms: Terms, units: Fraction, *, up: bool) -> Fraction:
    scale = 10**terms.size_decimals
    return Fraction(ceil(units * scale) if up else floor(units * scale), scale)


def _fee(terms: Terms, notional: Fraction) -> Fraction:
    return Fraction(ceil(notional * terms.fee_rate * 10**6), 10**6)


def legal_price(price: Fraction, size_decimals: int, *, up: bool) -> Fraction:
    """Round to what Hyperliquid takes: five figures and 6 - size_decimals decimals at most, whole dollars always."""
    decimals = next((n for n in range(7) if price * 10**n >= 10**4), 7)
    scale = 10 ** max(0, min(decimals, 6 - size_decimals))
    return Fraction(ceil(price * scale) if up else floor(price * scale), scale)
