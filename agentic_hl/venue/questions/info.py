"""Everything that can be asked over `/info`."""

from collections.abc import Callable, Mapping

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.fees import FeeSchedule
from agentic_hl.venue.exchange import Exchange
from agentic_hl.venue.limits import AddressBudget
from agentic_hl.venue.protocol.catalogue import NOT_DESERIALIZED
from agentic_hl.venue.protocol.replies import Reply, json_reply, text_reply
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.questions.account_queries import AccountQueries
from agentic_hl.venue.questions.market_queries import MarketQueries
from agentic_hl.venue.questions.query import Malformed, Query, UnknownCoin
from agentic_hl.venue.questions.standing_queries import StandingQueries

__all__ = ["Answered", "Info"]

_UNREADABLE = 422
_UNKNOWN_COIN = 500
"""Assumed: whoever asks about a coin that is not there gets `null` with this status."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and what it weighs by."""

    kind: str
    items: int
    reply: Reply


class Info:
    """Answers questions; every one of fact sheet 5 that has an answer here, the others are refused in words."""

    def __init__(self, engine: Engine, exchange: Exchange, budget: AddressBudget, fees: FeeSchedule) -> None:
        """Take whom to ask."""
        self.markets = MarketQueries(engine)
        self.accounts = AccountQueries(engine, exchange.agents, self.markets.names)
        self.standing = StandingQueries(engine, exchange, self.markets, budget=budget, fees=fees)
        self._wallets = exchange.agents
        self._answers: Mapping[str, Callable[[Query], object]] = {
            **self.markets.answers,
            **self.accounts.answers,
            **self.standing.answers,
            "webData2": self.web_state,
        }

    def handle(self, body: bytes, now: int) -> Reply:
        """Answer the body of a request."""
        return self.ask(body, now).reply

    def ask(self, body: bytes, now: int) -> Answered:
        """Answer the body of a request, and say what kind it was and how many things the answer lists."""
        kind = ""
        try:
            query = _read(body, now)
            kind = query.kind
            payload = self._answers.get(kind, _unanswered)(query)
        except Malformed as exc:
            return Answered(kind=kind, items=0, reply=text_reply(f"{NOT_DESERIALIZED}: {exc}", status=_UNREADABLE))
        except UnknownCoin:
            return Answered(kind=kind, items=0, reply=json_reply(None, status=_UNKNOWN_COIN))
        return Answered(kind=kind, items=len(payload) if isinstance(payload, list) else 1, reply=json_reply(payload))

    def web_state(self, query: Query) -> dict[str, object]:
        """Show what the venue's own pages used to follow, all in one."""
        user = query.user()
        wallet = self._wallets.unnamed(user, query.now)
        return {
            "clearinghouseState": self.accounts.clearinghouse_state(query),
            "leadingVaults": [],
            "totalVaultEquity": "0.0",
            "openOrders": self.accounts.frontend_orders(query),
            "agentAddress": None if wallet is None else wallet.address,
            "agentValidUntil": None if wallet is None else wallet.valid_until,
            "cumLedger": shown(self.standing.paid_in(user)),
            "meta": self.markets.meta(query),
            "assetCtxs": self.markets.contexts(),
            "serverTime": query.now,
            "isVault": False,
            "user": user,
            "twapStates": [],
            "spotState": self.accounts.spot_state(query),
            "spotAssetCtxs": [],
            "perpsAtOpenInterestCap": self.markets.at_cap(),
        }

    def web_state3(self, query: Query) -> dict[str, object]:
        """Show whose key trades for a user and how the account is held; neither positions nor orders."""
        user = query.user()
        wallet = self._wallets.unnamed(user, query.now)
        state = {
            "agentAddress": None if wallet is None else wallet.address,
            "agentValidUntil": None if wallet is None else wallet.valid_until,
            "cumLedger": shown(self.standing.paid_in(user)),
            "serverTime": query.now,
            "isVault": False,
            "user": user,
            "abstraction": str(self.accounts.mode(user)),
        }
        vaults = {"totalVaultEquity": "0.0", "perpsAtOpenInterestCap": self.markets.at_cap(), "leadingVaults": []}
        return {"userState": state, "perpDexStates": [vaults]}


def _read(body: bytes, now: int) -> Query:
    try:
        keys = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError, UnicodeError) as exc:
        raise Malformed(str(exc)) from exc
    return Query(keys, now)


def _unanswered(query: Query) -> object:
    raise Malformed(f"this simulated venue does not answer {query.kind}")
