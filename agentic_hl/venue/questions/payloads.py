"""Accounts as the venue shows them: margin, positions, balances, payments."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from agentic_hl.venue.entities import Account, FundingPaid, LedgerMoved, Leverage, Liquidated, PublicPrint
from agentic_hl.venue.figures import MarginSummary, PositionFigures, Tradable
from agentic_hl.venue.protocol.texts import shown, shown_or_none
from agentic_hl.venue.questions.order_payloads import Names
from agentic_hl.venue.terms import Mode

__all__ = [
    "clearinghouse_state",
    "funding_payload",
    "ledger_payload",
    "leverage_payload",
    "liquidation_payload",
    "print_payload",
    "rate_limit",
    "spot_state",
    "tradable_payload",
    "user_funding",
]

_NO_HASH = "0x" + "0" * 64
_ZERO = Decimal(0)
_NOTHING = "0.0"
_RATIO = Decimal("1E-10")


def clearinghouse_state(margin: MarginSummary, names: Names, *, mode: Mode, now: int) -> dict[str, object]:
    """Show the perp side of an account; of a unified account the sums are zero, its money stands on the spot side."""
    hidden = mode is Mode.UNIFIED
    cross = _summary(
        (margin.cross_account_value, margin.cross_ntl_pos, margin.cross_raw_usd, margin.cross_margin_used),
        hidden=hidden,
    )
    whole = _summary(
        (margin.account_value, margin.total_ntl_pos, margin.total_raw_usd, margin.total_margin_used), hidden=hidden
    )
    return {
        "marginSummary": whole,
        "crossMarginSummary": cross,
        "crossMaintenanceMarginUsed": _NOTHING if hidden else shown(margin.cross_maintenance_margin_used),
        "withdrawable": _NOTHING if hidden else shown(margin.withdrawable),
        "assetPositions": [{"type": "oneWay", "position": _position(held, names)} for held in margin.positions],
        "time": now,
    }


def spot_state(margin: MarginSummary) -> dict[str, object]:
    """Show the spot side of an account: USDC is all there is."""
    usdc = {
        "coin": "USDC",
        "token": 0,
        "total": shown(margin.usdc_total),
        "hold": shown(margin.usdc_hold),
        "entryNtl": shown(margin.usdc_entry_ntl),
    }
    return {"balances": [usdc]}


def leverage_payload(leverage: Leverage, raw_usd: Decimal | None) -> dict[str, object]:
    """Show a leverage setting; an isolated one with the cash that is set apart."""
    if leverage.is_cross:
        return {"type": "cross", "value": leverage.value}
    raw = {} if raw_usd is None else {"rawUsd": shown(raw_usd)}
    return {"type": "isolated", "value": leverage.value, **raw}


def tradable_payload(user: str, coin: str, tradable: Tradable, *, with_mark: bool) -> dict[str, object]:
    """Show what an account could still trade; the stream leaves the mark out."""
    return {
        "user": user,
        "coin": coin,
        "leverage": leverage_payload(tradable.leverage, tradable.raw_usd),
        "maxTradeSzs": [shown(size) for size in tradable.max_szs],
        "availableToTrade": [shown(usd) for usd in tradable.available_usd],
        **({"markPx": shown(tradable.mark_px)} if with_mark else {}),
    }


def funding_payload(paid: FundingPaid, names: Names) -> dict[str, object]:
    """Show a payment as the streams do."""
    return {
        "time": paid.time,
        "coin": names[paid.asset],
        "usdc": shown(paid.usdc),
        "szi": shown(paid.szi),
        "fundingRate": shown(paid.rate),
        "nSamples": None,
    }


def user_funding(paid: FundingPaid, names: Names) -> dict[str, object]:
    """Show a payment as `userFunding` does."""
    told = {key: value for key, value in funding_payload(paid, names).items() if key != "time"}
    return {"time": paid.time, "hash": _NO_HASH, "delta": {"type": "funding", **told}}


def ledger_payload(moved: LedgerMoved) -> dict[str, object]:
    """Show money that came or went otherwise."""
    return {"time": moved.time, "hash": _NO_HASH, "delta": _texts(moved.delta)}


def liquidation_payload(event: Liquidated) -> dict[str, object]:
    """Show a liquidation as `userEvents` does.

    Assumed: the liquidator is named by the zero address where positions were sold to the book.
    """
    return {
        "lid": event.lid,
        "liquidator": "0x" + "0" * 40,
        "liquidated_user": event.user,
        "liquidated_ntl_pos": shown(event.ntl_pos),
        "liquidated_account_value": shown(event.account_value),
    }


def print_payload(printed: PublicPrint, names: Names) -> dict[str, object]:
    """Show an execution as everybody sees it."""
    return {
        "coin": names[printed.asset],
        "side": "B" if printed.is_buy else "A",
        "px": shown(printed.px),
        "sz": shown(printed.sz),
        "hash": printed.hash or _NO_HASH,
        "time": printed.time,
        "tid": printed.tid,
        "users": [printed.buyer, printed.seller],
    }


def rate_limit(account: Account | None, cap: int) -> dict[str, object]:
    """Show the address budget; `cap` is what the volume allows."""
    used = 0 if account is None else account.requests_used
    volume = _ZERO if account is None else account.volume
    return {"cumVlm": shown(volume), "nRequestsUsed": used, "nRequestsCap": cap, "nRequestsSurplus": 0}


def _summary(figures: tuple[Decimal, Decimal, Decimal, Decimal], *, hidden: bool) -> dict[str, object]:
    value, notional, raw_usd, used = (_NOTHING if hidden else shown(figure) for figure in figures)
    return {"accountValue": value, "totalNtlPos": notional, "totalRawUsd": raw_usd, "totalMarginUsed": used}


def _position(held: PositionFigures, names: Names) -> dict[str, object]:
    return {
        "coin": names[held.asset],
        "szi": shown(held.szi),
        "leverage": leverage_payload(held.leverage, held.raw_usd),
        "entryPx": shown_or_none(_ratio(held.entry_px)),
        "positionValue": shown(held.position_value),
        "unrealizedPnl": shown(held.unrealized_pnl),
        "returnOnEquity": shown(_ratio(held.return_on_equity) or _ZERO),
        "liquidationPx": shown_or_none(_ratio(held.liquidation_px)),
        "marginUsed": shown(held.margin_used),
        "maxLeverage": held.max_leverage,
        "cumFunding": {
            "allTime": shown(held.funding_all_time),
            "sinceOpen": shown(held.funding_since_open),
            "sinceChange": shown(held.funding_since_change),
        },
    }


def _ratio(value: Decimal | None) -> Decimal | None:
    # What a division gave is shown to ten decimals; the books keep it whole.
    return None if value is None else value.quantize(_RATIO, rounding=ROUND_HALF_EVEN)


def _texts(delta: Mapping[str, object]) -> dict[str, object]:
    return {key: shown(value) if isinstance(value, Decimal) else value for key, value in delta.items()}
