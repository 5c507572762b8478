"""Answers about accounts. The address has to be a master's or a sub-account's; of an agent's key all is empty."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account, FundingPaid, LedgerMoved, Order
from agentic_hl.venue.exchange.signers import AgentWalletBook
from agentic_hl.venue.questions import payloads as show
from agentic_hl.venue.questions.order_payloads import aggregated, fill_payload, frontend_order, open_order, order_status
from agentic_hl.venue.questions.query import Query
from agentic_hl.venue.questions.reads import AccountReads
from agentic_hl.venue.terms import Mode

__all__ = ["AccountQueries"]

_FILLS = 2_000
_PAGE = 500
_Timed = TypeVar("_Timed", FundingPaid, LedgerMoved)


class AccountQueries:
    """What one may ask about an address, as it is now or as it was a while ago."""

    def __init__(self, engine: Engine, wallets: AgentWalletBook, names: Mapping[int, str]) -> None:
        """Take whom to ask; what lags replaces `reads`, and says by how much."""
        self.reads: AccountReads = engine
        self.lag_ms = 0
        self._engine = engine
        self._wallets = wallets
        self._names = names
        self.answers: Mapping[str, Callable[[Query], object]] = {
            "clearinghouseState": self.clearinghouse_state,
            "extraAgents": self._named_wallets,
            "frontendOpenOrders": self.frontend_orders,
            "historicalOrders": self.historical_orders,
            "openOrders": self._open_orders,
            "orderStatus": self._order_status,
            "spotClearinghouseState": self.spot_state,
            "subAccounts": self._sub_accounts,
            "userAbstraction": lambda query: str(self.mode(query.user())),
            "userFills": self.fills,
            "userFillsByTime": self._fills_by_time,
            "userFunding": self._fundings,
            "userNonFundingLedgerUpdates": self._ledger,
            "userRole": self._role,
        }

    def mode(self, user: str) -> Mode:
        """Return how an account holds its collateral."""
        account = self.reads.account(user)
        return Mode.DEFAULT if account is None else account.mode

    def clearinghouse_state(self, query: Query) -> dict[str, object]:
        """Show the perp side."""
        query.main_dex_only()
        user = query.user()
        margin = self.reads.margin(user)
        return show.clearinghouse_state(margin, self._names, mode=self.mode(user), now=query.now - self.lag_ms)

    def spot_state(self, query: Query) -> dict[str, object]:
        """Show the spot side; an unknown account has no balance."""
        user = query.user()
        if self.reads.account(user) is None:
            return {"balances": []}
        return show.spot_state(self.reads.margin(user))

    def frontend_orders(self, query: Query) -> list[dict[str, object]]:
        """Show live orders with everything there is to them, newest first."""
        query.main_dex_only()
        user = query.user()
        live = [order for order in self.reads.orders_of(user) if not order.waiting_for_parent]
        return [frontend_order(order, self._names, self._children(user, order)) for order in reversed(live)]

    def historical_orders(self, query: Query) -> list[dict[str, object]]:
        """Show what became of orders, newest first."""
        user = query.user()
        orders = self.reads.orders_of(user, live_only=False)
        return [order_status(order, self._names, self._children(user, order)) for order in orders[: -_FILLS - 1 : -1]]

    def fills(self, query: Query) -> list[dict[str, object]]:
        """Show the latest fills, newest first."""
        account = self.reads.account(query.user())
        kept = [] if account is None else list(account.fills)
        merged = aggregated(kept) if query.flag("aggregateByTime") else kept
        return [fill_payload(fill, self._names) for fill in merged[: -_FILLS - 1 : -1]]

    def fundings(self, user: str) -> list[FundingPaid]:
        """Return every payment, oldest first."""
        account = self.reads.account(user)
        return [] if account is None else account.fundings

    def ledger(self, user: str) -> list[LedgerMoved]:
        """Return all money that came or went otherwise, oldest first."""
        account = self.reads.account(user)
        return [] if account is None else account.ledger

    def _open_orders(self, query: Query) -> object:
        query.main_dex_only()
        live = [order for order in self.reads.orders_of(query.user()) if not order.waiting_for_parent]
        return [open_order(order, self._names) for order in reversed(live)]

    def _order_status(self, query: Query) -> object:
        user = query.user()
        order = self.reads.order(user, query.order())
        if order is None:
            return {"status": "unknownOid"}
        return {"status": "order", "order": order_status(order, self._names, self._children(user, order))}

    def _children(self, user: str, order: Order) -> Sequence[Order]:
        found = (self.reads.order(user, oid) for oid in order.children)
        return [child for child in found if child is not None and child.live]

    def _fills_by_time(self, query: Query) -> object:
        user, (start, end) = query.user(), query.span()
        account = self.reads.account(user)
        kept = [] if account is None else [fill for fill in account.fills if start <= fill.time <= end]
        merged = aggregated(kept) if query.flag("aggregateByTime") else kept
        if query.flag("reversed"):
            merged.reverse()
        return [fill_payload(fill, self._names) for fill in merged[:_FILLS]]

    def _fundings(self, query: Query) -> object:
        paid = _page(self.fundings(query.user()), query)
        return [show.user_funding(one, self._names) for one in paid]

    def _ledger(self, query: Query) -> object:
        return [show.ledger_payload(one) for one in _page(self.ledger(query.user()), query)]

    def _named_wallets(self, query: Query) -> object:
        wallets = self._wallets.named(query.user(), query.now)
        return [{"name": one.name, "address": one.address, "validUntil": one.valid_until} for one in wallets]

    def _role(self, query: Query) -> object:
        user = query.user()
        wallet = self._wallets.find(user, query.now)
        if wallet is not None:
            return {"role": "agent", "data": {"user": wallet.master}}
        account = self.reads.account(user)
        if account is None:
            return {"role": "missing"}
        return (
            {"role": "user"} if account.master is None else {"role": "subAccount", "data": {"master": account.master}}
        )

    def _sub_accounts(self, query: Query) -> object:
        user = query.user()
        subs = [account for account in self.reads.accounts() if account.master == user]
        return [self._sub_account(account, query.now) for account in subs] or None

    def _sub_account(self, account: Account, now: int) -> dict[str, object]:
        margin = self.reads.margin(account.address)
        return {
            "subAccountUser": account.address,
            "name": account.name,
            "master": account.master,
            "clearinghouseState": show.clearinghouse_state(margin, self._names, mode=account.mode, now=now),
            "spotState": show.spot_state(margin),
        }


def _page(entries: Iterable[_Timed], query: Query) -> list[_Timed]:
    start, end = query.span()
    return [entry for entry in entries if start <= entry.time <= end][:_PAGE]
