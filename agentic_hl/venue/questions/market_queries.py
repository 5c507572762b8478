"""Answers about markets."""

from collections.abc import Callable, Mapping

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.questions import market_payloads as show
from agentic_hl.venue.questions.payloads import print_payload
from agentic_hl.venue.questions.query import Malformed, Query, UnknownCoin
from agentic_hl.venue.times import HOUR_MS, INTERVALS_MS

__all__ = ["MarketQueries"]

_PAGE = 500
_CANDLES = 5_000
_FIGURES = (None, 2, 3, 4, 5)
_MANTISSAS = (None, 2, 5)


class MarketQueries:
    """What everybody may ask."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine to ask."""
        self._engine = engine
        self.names: Mapping[int, str] = {market.index: market.name for market in engine.markets}
        self._assets = {name: asset for asset, name in self.names.items()}
        self.answers: Mapping[str, Callable[[Query], object]] = {
            "allMids": self.all_mids,
            "allPerpMetas": lambda _: [show.meta(self._engine.markets)],
            "candleSnapshot": self._candles,
            "exchangeStatus": lambda query: {"time": query.now, "specialStatuses": None},
            "fundingHistory": self._funding_history,
            "l2Book": self._book,
            "liquidatable": lambda _: [],
            "marginTable": self._margin_table,
            "maxMarketOrderNtls": lambda _: show.max_order_notionals(self._engine.markets),
            "meta": self.meta,
            "metaAndAssetCtxs": lambda query: [self.meta(query), self.contexts()],
            "outcomeMeta": lambda _: {"outcomes": [], "questions": []},
            "perpDexs": lambda _: show.perp_dexs(),
            "perpsAtOpenInterestCap": lambda _: self.at_cap(),
            "predictedFundings": self._predicted,
            "recentTrades": self._prints,
            "spotMeta": lambda _: show.spot_meta(),
            "spotMetaAndAssetCtxs": lambda _: [show.spot_meta(), []],
        }

    def asset(self, coin: str) -> int:
        """Return the asset id of a coin.

        Raises:
            UnknownCoin: there is none.
        """
        asset = self._assets.get(coin)
        if asset is None:
            raise UnknownCoin(coin)
        return asset

    def meta(self, query: Query) -> object:
        """Show the universe."""
        query.main_dex_only()
        return show.meta(self._engine.markets)

    def contexts(self) -> list[dict[str, object]]:
        """Show every market's context, aligned to the universe."""
        return [show.context_payload(self._engine.context(asset)) for asset in self.names]

    def all_mids(self, query: Query) -> dict[str, str]:
        """Show every mid; delisted markets have none."""
        query.main_dex_only()
        listed = [market.index for market in self._engine.markets if not market.delisted]
        return show.mids([self._engine.context(asset) for asset in listed], self.names)

    def at_cap(self) -> list[str]:
        """Show the coins whose open interest may not grow."""
        return [self.names[asset] for asset in self._engine.at_open_interest_cap()]

    def prints(self, coin: str) -> list[dict[str, object]]:
        """Show the last executions of a coin, newest first."""
        return [print_payload(one, self.names) for one in self._engine.recent_prints(self.asset(coin))]

    def _prints(self, query: Query) -> object:
        return self.prints(query.text("coin"))

    def _book(self, query: Query) -> object:
        coin = query.text("coin")
        figures, mantissa = query.number("nSigFigs"), query.number("mantissa")
        if figures not in _FIGURES or mantissa not in _MANTISSAS or (mantissa is not None and figures != _FIGURES[-1]):
            raise Malformed("nSigFigs: expected 2 to 5; mantissa 2 or 5 goes with 5")
        echo = {"nSigFigs": figures, "mantissa": mantissa}
        return show.book(coin, self._engine.book(self.asset(coin)), echo, query.now)

    def _candles(self, query: Query) -> object:
        wanted = query.inner("req")
        coin, interval = wanted.text("coin"), wanted.text("interval")
        if interval not in INTERVALS_MS:
            raise Malformed(f"interval: {interval} is none")
        start, end = wanted.span()
        found = self._engine.candles(self.asset(coin), interval, start, min(end, query.now))
        return [show.candle_payload(candle, coin, interval) for candle in found[-_CANDLES:]]

    def _funding_history(self, query: Query) -> object:
        coin = query.text("coin")
        hours = self._engine.funding_history(self.asset(coin), *query.span())
        return [show.funding_rate(hour, coin) for hour in hours[:_PAGE]]

    def _margin_table(self, query: Query) -> object:
        number = query.number("id")
        table = None if number is None else show.margin_table(self._engine.markets, number)
        if table is None:
            raise Malformed(f"id: there is no margin table {number}")
        return table

    def _predicted(self, query: Query) -> object:
        following = (query.now // HOUR_MS + 1) * HOUR_MS
        return [[name, [["HlPerp", self._rate(asset, following)]]] for asset, name in self.names.items()]

    def _rate(self, asset: int, following: int) -> dict[str, object]:
        rate = shown(self._engine.context(asset).funding)
        return {"fundingRate": rate, "nextFundingTime": following, "fundingIntervalHours": 1}
