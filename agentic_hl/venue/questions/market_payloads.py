"""Markets as the venue shows them: the universe, contexts, books, candles, funding."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from agentic_hl.venue.engine.markets import MARGIN_TABLES, max_market_order_notional
from agentic_hl.venue.figures import AssetContext, Candle, FundingRate, Level
from agentic_hl.venue.protocol.texts import shown, shown_or_none
from agentic_hl.venue.terms import Market, Tier

__all__ = [
    "bbo",
    "book",
    "candle_payload",
    "context_payload",
    "funding_rate",
    "margin_table",
    "margin_tables",
    "max_order_notionals",
    "meta",
    "mids",
    "perp_dexs",
    "spot_meta",
]

_LEVELS = 20
_LEVELS_FAST = 5
_TABLES_FROM = 50
"""Numbers below are tables of one tier, whose leverage is the number."""


def meta(markets: Sequence[Market]) -> dict[str, object]:
    """Show the universe; its order is that of the asset ids."""
    return {
        "universe": [_listed(market) for market in markets],
        "marginTables": [[number, table] for number, table in margin_tables(markets).items()],
        "collateralToken": 0,
    }


def margin_tables(markets: Iterable[Market]) -> dict[int, dict[str, object]]:
    """Show the margin tables of several tiers, by number."""
    found = {market.margin_table_id: market.tiers for market in markets if market.margin_table_id >= _TABLES_FROM}
    return {number: _table(number, found[number]) for number in sorted(found)}


def margin_table(markets: Iterable[Market], number: int) -> dict[str, object] | None:
    """Show one margin table; None where there is none."""
    if 0 < number < _TABLES_FROM:
        return _table(number, (Tier(lower_bound=Decimal(0), max_leverage=number),))
    return margin_tables(markets).get(number)


def context_payload(context: AssetContext) -> dict[str, object]:
    """Show the state of a market."""
    impact = context.impact_pxs
    return {
        "funding": shown(context.funding),
        "openInterest": shown(context.open_interest),
        "prevDayPx": shown(context.prev_day_px),
        "dayNtlVlm": shown(context.day_ntl_vlm),
        "premium": shown_or_none(context.premium),
        "oraclePx": shown(context.oracle_px),
        "markPx": shown(context.mark_px),
        "midPx": shown_or_none(context.mid_px),
        "impactPxs": None if impact is None else [shown(impact[0]), shown(impact[1])],
        "dayBaseVlm": shown(context.day_base_vlm),
    }


def mids(contexts: Iterable[AssetContext], names: Mapping[int, str]) -> dict[str, str]:
    """Show the mids; where a side of the book is empty, the mark.

    Assumed: the venue shows the last price there, which the mark is near to.
    """
    return {names[one.asset]: shown(one.mark_px if one.mid_px is None else one.mid_px) for one in contexts}


def book(coin: str, sides: tuple[Sequence[Level], Sequence[Level]], echo: Mapping[str, object], now: int) -> object:
    """Show a book: 20 levels a side, 5 of the fast one; `nSigFigs` and `mantissa` put levels together."""
    fast = echo.get("fast") is True
    most = _LEVELS_FAST if fast else _LEVELS
    bids, asks = (
        [_level(level) for level in _grouped(side, echo, up=up)[:most]]
        for side, up in zip(sides, (False, True), strict=True)
    )
    return {"coin": coin, "time": now, "levels": [bids, asks], **({"fast": True} if fast else {})}


def bbo(coin: str, sides: tuple[Sequence[Level], Sequence[Level]], now: int) -> object:
    """Show the best level of each side."""
    return {"coin": coin, "time": now, "bbo": [_level(side[0]) if side else None for side in sides]}


def candle_payload(candle: Candle, coin: str, interval: str) -> dict[str, object]:
    """Show a candle."""
    return {
        "t": candle.start,
        "T": candle.end,
        "s": coin,
        "i": interval,
        "o": shown(candle.open),
        "c": shown(candle.close),
        "h": shown(candle.high),
        "l": shown(candle.low),
        "v": shown(candle.volume),
        "n": candle.n,
    }


def funding_rate(hour: FundingRate, coin: str) -> dict[str, object]:
    """Show what one hour cost."""
    return {"coin": coin, "fundingRate": shown(hour.rate), "premium": shown(hour.premium), "time": hour.time}


def spot_meta() -> dict[str, object]:
    """Show the spot universe: USDC and no pair."""
    usdc = {
        "name": "USDC",
        "szDecimals": 8,
        "weiDecimals": 8,
        "index": 0,
        "tokenId": "0x6d1e7cde53ba9467b783cb7c530ce054",
        "isCanonical": True,
        "evmContract": None,
        "fullName": None,
        "deployerTradingFeeShare": "0.0",
    }
    return {"tokens": [usdc], "universe": []}


def perp_dexs() -> list[object]:
    """Show the dexes: null, which is the main one."""
    return [None]


def max_order_notionals(markets: Iterable[Market]) -> list[list[object]]:
    """Show how large a market order may be, by the market's leverage."""
    largest = {market.max_leverage: max_market_order_notional(market) for market in markets}
    return [[leverage, shown(largest[leverage])] for leverage in sorted(largest)]


def _listed(market: Market) -> dict[str, object]:
    return {
        "szDecimals": market.sz_decimals,
        "name": market.name,
        "maxLeverage": market.max_leverage,
        "marginTableId": market.margin_table_id,
        **({"onlyIsolated": True} if market.only_isolated else {}),
        **({"isDelisted": True} if market.delisted else {}),
        **({} if market.margin_mode is None else {"marginMode": market.margin_mode}),
    }


def _table(number: int, tiers: Sequence[Tier]) -> dict[str, object]:
    listed = [{"lowerBound": shown(tier.lower_bound), "maxLeverage": tier.max_leverage} for tier in tiers]
    description, _ = MARGIN_TABLES.get(number, ("", ()))
    return {"description": description, "marginTiers": listed}


def _level(level: Level) -> dict[str, object]:
    return {"px": shown(level.px), "sz": shown(level.sz), "n": level.n}


def _grouped(levels: Sequence[Level], echo: Mapping[str, object], *, up: bool) -> list[Level]:
    figures, mantissa = echo.get("nSigFigs"), echo.get("mantissa")
    if not isinstance(figures, int):
        return list(levels)
    grouped: dict[Decimal, Level] = {}
    for level in levels:
        px = _rounded(level.px, figures, mantissa if isinstance(mantissa, int) else 1, up=up)
        known = grouped.get(px)
        grouped[px] = Level(
            px=px,
            sz=level.sz + (known.sz if known is not None else 0),
            n=level.n + (known.n if known is not None else 0),
        )
    return list(grouped.values())


def _rounded(px: Decimal, figures: int, mantissa: int, *, up: bool) -> Decimal:
    # A bid is rounded down and an ask up, so that a level never looks better than it is.
    step = Decimal(mantissa).scaleb(px.adjusted() - figures + 1)
    return (px / step).to_integral_value(rounding=ROUND_CEILING if up else ROUND_FLOOR) * step
