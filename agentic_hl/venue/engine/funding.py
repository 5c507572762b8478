"""Every hour on the hour, one side pays the other `szi · oracle · rate`.

The premium is sampled between; `F = average + clamp(0.0001 − average, ±0.0005)` is for eight hours, an eighth of it is
the hourly rate, at most 4 % either way. A sample and the average are rounded to 10 decimals, half to even; rate and
payment follow from the average without rounding.
"""

from decimal import Decimal

from agentic_hl.venue.engine.house import impact_prices
from agentic_hl.venue.engine.state import Desk, MarketState, Role, State
from agentic_hl.venue.entities import FundingPaid
from agentic_hl.venue.exact import divided, exactly
from agentic_hl.venue.figures import FundingRate

__all__ = ["hourly_rate", "pay_funding", "premium_now", "rate_estimate", "sample_premiums"]

_ZERO = Decimal(0)
_STEP = Decimal("1E-10")
_INTEREST = Decimal("0.0001")
_CLAMP = Decimal("0.0005")
_EIGHT = Decimal(8)
_CAP = Decimal("0.04")


@exactly
def hourly_rate(premium: Decimal) -> Decimal:
    """Turn an average premium into the rate of an hour.

    >>> hourly_rate(Decimal(0)), hourly_rate(Decimal("0.0015"))
    (Decimal('0.0000125'), Decimal('0.000125'))
    """
    correction = max(-_CLAMP, min(_CLAMP, _INTEREST - premium))
    return max(-_CAP, min(_CAP, (premium + correction) / _EIGHT))


def premium_now(ms: MarketState) -> Decimal | None:
    """Work out the premium of this moment; None where the book cannot bear the impact notional."""
    touched, premium = ms.premium
    if touched == ms.touched:
        return premium
    impact = impact_prices(ms)
    premium = None
    if impact is not None:
        bid, ask = impact
        premium = divided(max(bid - ms.oracle, _ZERO) - max(ms.oracle - ask, _ZERO), ms.oracle, _STEP)
    ms.premium = (ms.touched, premium)
    return premium


def sample_premiums(state: State) -> None:
    """Take a sample of every market."""
    for ms in state.markets:
        premium = premium_now(ms)
        if premium is not None:
            ms.premium_sum += premium
            ms.premium_count += 1


def rate_estimate(ms: MarketState) -> Decimal:
    """Tell the hourly rate as it would be if the hour ended now."""
    return ms.fixed_rate if ms.fixed_rate is not None else hourly_rate(_average(ms))


def pay_funding(state: State) -> None:
    """Settle the hour that ends now in every market."""
    for ms in state.markets:
        if ms.market.delisted:
            continue
        state.begin_block()
        rate = rate_estimate(ms)
        premium = _average(ms)
        ms.funding.append(FundingRate(asset=ms.market.index, time=state.now, rate=rate, premium=premium))
        ms.premium_sum, ms.premium_count = _ZERO, 0
        for desk in (*ms.holders.values(), state.house):
            _pay(state, ms, desk, rate)


def _average(ms: MarketState) -> Decimal:
    if ms.premium_count:
        return divided(ms.premium_sum, Decimal(ms.premium_count), _STEP)
    premium = premium_now(ms)
    return _ZERO if premium is None else premium


def _pay(state: State, ms: MarketState, desk: Desk, rate: Decimal) -> None:
    position = desk.position(ms.market.index)
    if not position.szi:
        return
    owed = position.szi * ms.oracle * rate
    if position.isolated_usd is None:
        desk.account.cash -= owed
    else:
        position.isolated_usd -= owed
    position.funding_all_time += owed
    position.funding_since_open += owed
    position.funding_since_change += owed
    if desk.role is not Role.TRADER:
        return
    state.unsettled[desk.account.address] = desk
    paid = FundingPaid(
        user=desk.account.address,
        asset=ms.market.index,
        time=state.now,
        usdc=-owed,
        szi=position.szi,
        rate=rate,
    )
    desk.account.fundings.append(paid)
    state.events.append(paid)
