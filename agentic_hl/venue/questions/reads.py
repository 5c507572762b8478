"""What the surface reads of accounts: the engine itself, or the engine as it was a while ago."""

from bisect import bisect_right
from collections.abc import Iterable
from copy import copy
from typing import Protocol

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account, Order
from agentic_hl.venue.figures import MarginSummary

__all__ = ["AccountReads", "LaggingReads"]


class AccountReads(Protocol):
    """What the surface reads of accounts; addresses are lower-case."""

    def account(self, address: str) -> Account | None:
        """Find an account."""
        ...

    def accounts(self) -> Iterable[Account]:
        """List all accounts."""
        ...

    def order(self, address: str, ref: int | str) -> Order | None:
        """Find an order by oid or cloid."""
        ...

    def orders_of(self, address: str, *, live_only: bool = True) -> list[Order]:
        """List orders, oldest first."""
        ...

    def margin(self, address: str) -> MarginSummary:
        """Work out every figure of an account."""
        ...


class _View(msgspec.Struct, frozen=True, kw_only=True):
    # One account as it was from a moment on.
    account: Account | None
    orders: tuple[Order, ...]
    margin: MarginSummary


class LaggingReads:
    """Shows accounts as they were some time ago; whoever owns the time has to note what changes.

    What was so before the lag began is not known: until then, the first that was noted is shown.
    """

    def __init__(self, engine: Engine, now: int) -> None:
        """Begin to note the engine's accounts."""
        self.lag_ms = 0
        self._engine = engine
        self._now = now
        self._times: dict[str, list[int]] = {}
        self._views: dict[str, list[_View]] = {}
        for account in engine.accounts():
            self._times[account.address] = [0]
            self._views[account.address] = [self._view(account.address)]

    def note(self, users: Iterable[str], now: int) -> None:
        """Note what some accounts are like now, and let time pass."""
        self._now = now
        for user in users:
            times, views = self._times.setdefault(user, []), self._views.setdefault(user, [])
            if not views:
                times.append(0)
                views.append(_View(account=None, orders=(), margin=self._engine.margin("")))
            times.append(now)
            views.append(self._view(user))
            outdated = bisect_right(times, now - self.lag_ms) - 1
            del times[: max(0, outdated)], views[: max(0, outdated)]

    def account(self, address: str) -> Account | None:
        """Find an account."""
        return self._at(address).account

    def accounts(self) -> Iterable[Account]:
        """List all accounts."""
        return [account for user in self._times if (account := self.account(user)) is not None]

    def order(self, address: str, ref: int | str) -> Order | None:
        """Find an order by oid or cloid."""
        found = [order for order in self._at(address).orders if ref in {order.oid, order.cloid}]
        return found[-1] if found else None

    def orders_of(self, address: str, *, live_only: bool = True) -> list[Order]:
        """List orders, oldest first."""
        return [order for order in self._at(address).orders if order.live or not live_only]

    def margin(self, address: str) -> MarginSummary:
        """Return the figures as they were."""
        return self._at(address).margin

    def _at(self, address: str) -> _View:
        times = self._times.get(address)
        if times is None:
            return self._view(address)
        return self._views[address][max(0, bisect_right(times, self._now - self.lag_ms) - 1)]

    def _view(self, address: str) -> _View:
        account = self._engine.account(address)
        kept = None
        if account is not None:
            kept = copy(account)
            kept.fills = copy(account.fills)
            kept.fundings = list(account.fundings)
            kept.ledger = list(account.ledger)
        orders = tuple(copy(order) for order in self._engine.orders_of(address, live_only=False))
        return _View(account=kept, orders=orders, margin=self._engine.margin(address))
