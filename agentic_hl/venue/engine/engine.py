"""The matching engine: markets, accounts, orders, and what time does to them.

Pure and deterministic: the same calls in the same order give the same books. Time and seed come from outside.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_hl.venue.engine.adjustments import adjust_isolated_margin, set_leverage, set_scheduled_cancel
from agentic_hl.venue.engine.book import Quote
from agentic_hl.venue.engine.engine_reads import EngineReads
from agentic_hl.venue.engine.house import quote_around
from agentic_hl.venue.engine.liquidation import settle
from agentic_hl.venue.engine.moves import Move, move_market, requote
from agentic_hl.venue.engine.opening import open_state
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.engine.orders import forget
from agentic_hl.venue.engine.placing import cancel_order, place_orders, replace_order
from agentic_hl.venue.engine.pockets import move_money
from agentic_hl.venue.engine.prices import source_of
from agentic_hl.venue.engine.state import Desk, State
from agentic_hl.venue.engine.timeline import Timeline
from agentic_hl.venue.entities import Account, Event, Leverage
from agentic_hl.venue.exact import exactly
from agentic_hl.venue.protocol import catalogue
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.terms import Grouping, Market, Mode, OrderRequest, Phase, Pocket, Refused, Status

__all__ = ["Engine"]


class Engine(EngineReads):
    """The venue's books. Addresses are lower-case; amounts are exact; whole-request refusals raise `Refused`."""

    @exactly
    def __init__(self, markets: Sequence[Market], *, options: Options, seed: int, now: int) -> None:
        """Open the venue at `now` (ms)."""
        super().__init__(open_state(markets, options, seed, now))
        self._timeline = Timeline(self._state, source_of(self._state))
        for ms in self._state.markets:
            quote_around(self._state, ms, ms.oracle, options.spread, 0 if ms.market.delisted else options.levels)
        self._state.events.clear()

    # ── time and prices ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def next_due(self) -> int:
        """When `advance` has something to do at the earliest."""
        return self._timeline.next_due

    def set_phase(self, phase: Phase) -> None:
        """Halt trading, take post-only orders alone, or open again."""
        self._state.phase = phase

    @exactly
    def advance(self, now: int) -> None:
        """Do what is due until `now`: prices, triggers, liquidations, premium samples, funding, scheduled cancels."""
        self._timeline.advance(now)

    @exactly
    def set_price(
        self,
        asset: int,
        *,
        oracle: Decimal,
        mark: Decimal | None = None,
        mid: Decimal | None = None,
        spread: Decimal | None = None,
        levels: int | None = None,
    ) -> None:
        """Move a market: the house quotes anew around the mid, crossed orders fill, triggers and liquidations follow.

        A mid that is left out is the oracle, a mark that is left out is the mid; spread and levels as in `Options`.
        """
        options = self._state.options
        mid = oracle if mid is None else mid
        move = Move(
            oracle=oracle,
            mid=mid,
            spread=options.spread if spread is None else spread,
            levels=options.levels if levels is None else levels,
        )
        move_market(self._state, self._state.market(asset), move, mid if mark is None else mark)

    @exactly
    def set_house(
        self, asset: int, bids: Sequence[tuple[Decimal, Decimal]], asks: Sequence[tuple[Decimal, Decimal]]
    ) -> None:
        """Quote exactly these (px, sz), best first, until the next price step."""
        quotes = ([Quote(px=px, sz=sz) for px, sz in bids], [Quote(px=px, sz=sz) for px, sz in asks])
        requote(self._state, self._state.market(asset), *quotes)

    def set_funding(self, asset: int, rate: Decimal | None) -> None:
        """Fix the hourly rate; None computes it from the premium again."""
        self._state.market(asset).fixed_rate = rate

    # ── accounts and money ───────────────────────────────────────────────────────────────────────────────────────────

    def open_account(self, address: str, *, master: str | None = None, name: str = "") -> Account:
        """Open an account without money; one that is there stays as it is."""
        if address in self._state.desks:
            return self._state.desks[address].account
        account = self._state.desk(address).account
        account.master, account.name = master, name
        return account

    @exactly
    def set_mode(self, address: str, mode: Mode) -> None:
        """Say how an account holds its collateral (the chain side judges transitions)."""
        desk = self._desk(address)
        desk.account.mode = mode
        self._state.unsettled[address] = desk
        settle(self._state)

    @exactly
    def deposit(self, address: str, usd: Decimal) -> Account:
        """Bring money to the perp side, opening the account if needed; the ledger says `deposit`."""
        delta = {"type": "deposit", "usdc": shown(usd)}
        move_money(self._state, None, Pocket(address=address), usd, delta=delta, fee=Decimal(0))
        return self._state.desks[address].account

    @exactly
    def move(
        self,
        source: Pocket | None,
        destination: Pocket | None,
        usd: Decimal,
        *,
        delta: Mapping[str, object],
        fee: Decimal = Decimal(0),
    ) -> None:
        """Move money between pockets; None is the world outside. The fee comes out of the source besides.

        Each account concerned gets `delta` (in the venue's shape, with its `type`) in its ledger once. A destination
        that has no account gets one.

        Raises:
            Refused: the amount is not positive, or more than is available.
        """
        self._state.begin_block()
        move_money(self._state, source, destination, usd, delta=delta, fee=fee)
        settle(self._state)

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @exactly
    def place(
        self, address: str, requests: Sequence[OrderRequest], grouping: Grouping = Grouping.NONE, *, time: int
    ) -> list[Status]:
        """Place orders; statuses align with the requests."""
        state, desk = self._begin(address, time)
        for request in requests:
            state.market(request.asset)
        statuses = place_orders(state, desk, requests, grouping)
        settle(state)
        return statuses

    @exactly
    def cancel(self, address: str, targets: Sequence[tuple[int, int]]) -> list[Status]:
        """Cancel orders by (asset, oid)."""
        state, desk = self._begin(address)
        return [cancel_order(state, desk, asset, oid) for asset, oid in targets]

    @exactly
    def cancel_by_cloid(self, address: str, targets: Sequence[tuple[int, str]]) -> list[Status]:
        """Cancel orders by (asset, cloid)."""
        state, desk = self._begin(address)
        return [cancel_order(state, desk, asset, cloid) for asset, cloid in targets]

    @exactly
    def modify(
        self, address: str, changes: Sequence[tuple[int | str, OrderRequest]], *, always_place: bool = False
    ) -> list[Status]:
        """Replace orders, named by oid or cloid; the new order has a new oid."""
        state, desk = self._begin(address)
        for _, request in changes:
            state.market(request.asset)
        statuses = [replace_order(state, desk, ref, request, always_place=always_place) for ref, request in changes]
        settle(state)
        return statuses

    @exactly
    def update_leverage(self, address: str, asset: int, is_cross: bool, value: int) -> None:  # noqa: FBT001 - wire order
        """Set margin mode and leverage of one market."""
        state, desk = self._begin(address)
        set_leverage(state, desk, state.market(asset), Leverage(is_cross=is_cross, value=value))
        settle(state)

    @exactly
    def update_isolated_margin(self, address: str, asset: int, usd: Decimal) -> None:
        """Put margin into an isolated position; a negative amount takes it out."""
        state, desk = self._begin(address)
        adjust_isolated_margin(state, desk, state.market(asset), usd)
        settle(state)

    @exactly
    def schedule_cancel(self, address: str, time: int | None) -> None:
        """Cancel everything at `time` unless told otherwise before; None unsets."""
        set_scheduled_cancel(*self._begin(address), time)

    def forget_orders(self, address: str) -> None:
        """Drop every ended order of an account, as if it had been pushed out of retention."""
        desk = self._state.desks.get(address)
        if desk is not None:
            forget(desk)

    def drain(self) -> list[Event]:
        """Take what happened since the last call, in order."""
        events, self._state.events = self._state.events, []
        return events

    def _desk(self, address: str) -> Desk:
        desk = self._state.desks.get(address)
        if desk is None:
            raise Refused(catalogue.must_deposit(address))
        return desk

    def _begin(self, address: str, time: int | None = None) -> tuple[State, Desk]:
        desk = self._desk(address)
        self._state.begin_block()
        if time is not None:
            self._state.now = max(self._state.now, time)
        return self._state, desk
