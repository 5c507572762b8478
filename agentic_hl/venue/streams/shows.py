"""What each channel shows: its present state, and the history that comes first."""

import base64
import zlib
from collections.abc import Callable, Mapping

import msgspec

from agentic_hl.venue.channels import Subscription
from agentic_hl.venue.engine import Engine
from agentic_hl.venue.questions import market_payloads as show
from agentic_hl.venue.questions.info import Info
from agentic_hl.venue.questions.payloads import funding_payload, ledger_payload
from agentic_hl.venue.questions.query import Query
from agentic_hl.venue.times import INTERVALS_MS

__all__ = ["Shows"]

_FILLS = 2_000
_PAGE = 500


class Shows:
    """The states and snapshots of all channels, made from the same answers as `/info`."""

    def __init__(self, engine: Engine, queries: Info) -> None:
        """Take whom to ask."""
        self._engine = engine
        self._queries = queries
        self.coins = frozenset(queries.markets.names.values())
        self._states: Mapping[str, Callable[[Query], object]] = {
            "allMids": lambda query: {"mids": queries.markets.all_mids(query)},
            "l2Book": self._book,
            "bbo": self._bbo,
            "candle": self._candle,
            "activeAssetCtx": self._context,
            "assetCtxs": lambda _: {"dex": "", "ctxs": queries.markets.contexts()},
            "allDexsAssetCtxs": lambda _: {"ctxs": [["", queries.markets.contexts()]]},
            "spotAssetCtxs": lambda _: [],
            "fastAssetCtxs": self._fast_contexts,
            "activeAssetData": self._tradable,
            "clearinghouseState": self._clearinghouse,
            "openOrders": self._orders,
            "spotState": lambda query: {"user": query.user(), "spotState": queries.accounts.spot_state(query)},
            "twapStates": lambda query: {"dex": "", "user": query.user(), "states": []},
            "allDexsClearinghouseState": self._all_clearinghouses,
            "webData3": queries.web_state3,
            "webData2": queries.web_state,
        }
        self._histories: Mapping[str, Callable[[Query], object]] = {
            "trades": lambda query: queries.markets.prints(query.text("coin")) or None,
            "userFills": lambda query: _history(query, "fills", queries.accounts.fills(query)[:_FILLS]),
            "userFundings": self._fundings,
            "userNonFundingLedgerUpdates": self._ledger,
            "userTwapHistory": lambda query: _history(query, "history", []),
            "userTwapSliceFills": lambda query: _history(query, "twapSliceFills", []),
            "userHistoricalOrders": lambda query: _history(
                query, "orderHistory", queries.accounts.historical_orders(query)
            ),
        }

    def state(self, subscription: Subscription, now: int) -> object | None:
        """Return what a channel shows now, or None where there is nothing to show."""
        made = self._states.get(subscription.channel.kind)
        return None if made is None else made(Query(dict(subscription.echo), now))

    def snapshot(self, subscription: Subscription, now: int) -> object | None:
        """Return the history that comes first, or None where there is none."""
        made = self._histories.get(subscription.channel.kind)
        return None if made is None else made(Query(dict(subscription.echo), now))

    def _book(self, query: Query) -> object:
        coin = query.text("coin")
        echo = {"nSigFigs": query.number("nSigFigs"), "mantissa": query.number("mantissa"), "fast": query.flag("fast")}
        return show.book(coin, self._engine.book(self._queries.markets.asset(coin)), echo, query.now)

    def _bbo(self, query: Query) -> object:
        coin = query.text("coin")
        return show.bbo(coin, self._engine.book(self._queries.markets.asset(coin)), query.now)

    def _candle(self, query: Query) -> object:
        coin, interval = query.text("coin"), query.text("interval")
        since = query.now - INTERVALS_MS[interval]
        found = self._engine.candles(self._queries.markets.asset(coin), interval, max(0, since), query.now)
        return show.candle_payload(found[-1], coin, interval) if found else None

    def _context(self, query: Query) -> object:
        coin = query.text("coin")
        context = self._engine.context(self._queries.markets.asset(coin))
        return {"coin": coin, "ctx": show.context_payload(context)}

    def _fast_contexts(self, query: Query) -> object:
        # Every one is full: the venue sends differences after the first, which a reader has to merge anyway.
        kept = {
            name: {key: value for key in ("markPx", "midPx") if (value := context[key]) is not None}
            for name, context in zip(
                self._queries.markets.names.values(), self._queries.markets.contexts(), strict=True
            )
        }
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return base64.b64encode(packer.compress(msgspec.json.encode(kept)) + packer.flush()).decode()

    def _tradable(self, query: Query) -> object:
        return self._queries.standing.tradable(query.user(), query.text("coin"), with_mark=False)

    def _clearinghouse(self, query: Query) -> object:
        state = self._queries.accounts.clearinghouse_state(query)
        return {"dex": "", "user": query.user(), "clearinghouseState": state}

    def _all_clearinghouses(self, query: Query) -> object:
        return {
            "user": query.user(),
            "clearinghouseStates": [["", self._queries.accounts.clearinghouse_state(query)]],
        }

    def _orders(self, query: Query) -> object:
        return {"dex": "", "user": query.user(), "orders": self._queries.accounts.frontend_orders(query)}

    def _fundings(self, query: Query) -> object:
        paid = self._queries.accounts.fundings(query.user())[-_PAGE:]
        return _history(query, "fundings", [funding_payload(one, self._queries.markets.names) for one in paid])

    def _ledger(self, query: Query) -> object:
        moved = self._queries.accounts.ledger(query.user())[-_PAGE:]
        return _history(query, "nonFundingLedgerUpdates", [ledger_payload(one) for one in moved])


def _history(query: Query, key: str, entries: list[dict[str, object]]) -> dict[str, object]:
    return {"user": query.user(), key: entries, "isSnapshot": True}
