"""What can be read of the engine; nothing here changes it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from agentic_hl.venue.engine.checks import open_interest
from agentic_hl.venue.engine.matching import rates_today
from agentic_hl.venue.engine.placing import find
from agentic_hl.venue.engine.pockets import available, books
from agentic_hl.venue.engine.state import Desk, State
from agentic_hl.venue.engine.summaries import context_of, margin_of, tradable_by
from agentic_hl.venue.entities import Account, Order, PublicPrint
from agentic_hl.venue.exact import exactly
from agentic_hl.venue.figures import AssetContext, Candle, FundingRate, Level, MarginSummary, Tradable
from agentic_hl.venue.terms import Market, Phase, Pocket

__all__ = ["EngineReads"]


class EngineReads:
    """The reading half of `Engine`."""

    def __init__(self, state: State) -> None:
        """Read this state."""
        self._state = state

    @property
    def now(self) -> int:
        """The venue's time: the latest it was told."""
        return self._state.now

    @property
    def markets(self) -> tuple[Market, ...]:
        """By index."""
        return tuple(ms.market for ms in self._state.markets)

    @property
    def phase(self) -> Phase:
        """What it takes at present."""
        return self._state.phase

    def account(self, address: str) -> Account | None:
        """Find an account; only `discount`, `maker_share` and `requests_used` may be changed in it from outside."""
        desk = self._state.desks.get(address)
        return None if desk is None else desk.account

    def accounts(self) -> Iterable[Account]:
        """List all accounts, neither the house nor the liquidator among them."""
        return [desk.account for desk in self._state.desks.values()]

    @exactly
    def available(self, pocket: Pocket) -> Decimal:
        """Tell how much may leave a pocket: spot USDC, or what is withdrawable."""
        return available(self._state, pocket)

    @exactly
    def books(self) -> Mapping[str, Decimal]:
        """Every pot of money; their sum is 0 at any time, to the last digit.

        `cash`, `isolated`, `spot` of all accounts, `fees`, `liquidator`, `house`, `withdrawn`, and `deposited`, which
        counts negative.
        """
        return books(self._state)

    def order(self, address: str, ref: int | str) -> Order | None:
        """Find an order of an account by oid or cloid (the newest of that cloid), as long as it is retained."""
        desk = self._state.desks.get(address)
        return None if desk is None else find(desk, ref)

    def orders_of(self, address: str, *, live_only: bool = True) -> list[Order]:
        """List the orders of an account, oldest first."""
        desk = self._state.desks.get(address)
        if desk is None:
            return []
        return sorted((desk.live if live_only else desk.orders).values(), key=_oid)

    @exactly
    def book(self, asset: int) -> tuple[list[Level], list[Level]]:
        """Show bids and asks, best first, with what the house quotes."""
        ms = self._state.market(asset)
        return list(ms.bids.levels()), list(ms.asks.levels())

    @exactly
    def context(self, asset: int) -> AssetContext:
        """Show the state of a market."""
        return context_of(self._state, self._state.market(asset))

    def mark(self, asset: int) -> Decimal:
        """Tell the mark price."""
        return self._state.market(asset).mark

    def recent_prints(self, asset: int) -> list[PublicPrint]:
        """List the last public trades, newest first."""
        return list(reversed(self._state.market(asset).prints))

    @exactly
    def candles(self, asset: int, interval: str, start: int, end: int) -> list[Candle]:
        """List candles that begin in [start, end], oldest first, the unclosed one included; at most the last 5000."""
        return self._state.market(asset).candles.read(interval, start, end)

    def funding_history(self, asset: int, start: int, end: int) -> list[FundingRate]:
        """List the hours paid in [start, end], oldest first."""
        return [hour for hour in self._state.market(asset).funding if start <= hour.time <= end]

    @exactly
    def margin(self, address: str) -> MarginSummary:
        """Work out every figure of an account; of an unknown one, zeros."""
        desk = self._state.desks.get(address)
        return margin_of(self._state, Desk(account=Account(address=address)) if desk is None else desk)

    @exactly
    def tradable(self, address: str, asset: int) -> Tradable:
        """Work out what an account could still trade in a market."""
        desk = self._state.desks.get(address)
        desk = Desk(account=Account(address=address)) if desk is None else desk
        return tradable_by(self._state, desk, self._state.market(asset))

    @exactly
    def fee_rates(self, address: str) -> tuple[Decimal, Decimal]:
        """Tell the taker and the maker rate of an account today."""
        desk = self._state.desks.get(address)
        return rates_today(self._state, Desk(account=Account(address=address)) if desk is None else desk)

    @exactly
    def at_open_interest_cap(self) -> list[int]:
        """List the assets whose open interest may not grow."""
        state = self._state
        caps = sorted(state.options.oi_caps.items())
        return [a for a, cap in caps if open_interest(state, state.market(a)) * state.market(a).mark >= cap]


def _oid(order: Order) -> int:
    return order.oid
