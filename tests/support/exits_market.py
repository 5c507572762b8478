"""The owner's account at the simulated venue, with markets whose books are set by hand; nobody of ours is there yet."""

from collections.abc import Sequence
from decimal import Decimal

from agentic_core.domain import Symbol
from agentic_core.ports.simulated_venue import Weather
from agentic_core.simulation.world import World
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import Event, Liquidated, Order, OrderChanged
from agentic_hl.venue.fault_values import Fault
from agentic_hl.venue.terms import OrderRequest, Trigger
from agentic_hl.venue.venue import VenueOptions
from tests.support.account_hand import AccountHand, books_of
from tests.support.hyperliquid_desk import OWNER, approve
from tests.support.markets import BTC, ETH

__all__ = ["ExitMarket"]

_ASSETS = {BTC: 0, ETH: 1}
_STEPS = {BTC: Decimal("0.1"), ETH: Decimal("0.01")}
"""Between two prices of a market around 100."""
_PLENTY = Decimal(1_000_000_000)

Quotes = Sequence[tuple[str, str]]
"""Prices and sizes, best first."""


class ExitMarket:
    """BTC and ETH stand at 100; the owner trades by hand, and every order that the venue takes is kept."""

    def __init__(self, world: World, *, deposit: str, leverage: int) -> None:
        self.world = world
        options = VenueOptions(
            engine=Options(
                start_prices={asset: Decimal(100) for asset in _ASSETS.values()},
                levels=0,
                level_usd=_PLENTY,
                print_usd=Decimal(0),
                default_leverage=leverage,
            )
        )
        self.sim = SimulatedHyperliquid(world, account=OWNER.address, deposit=Decimal(deposit), options=options)
        approve(self.sim.venue, world.clock.now())
        self.hand = AccountHand()
        self.liquidations = 0
        self._orders: dict[int, Order] = {}
        self._cancel_after_ms: int | None = None
        self.sim.venue.listen(self._hear)
        for symbol in _ASSETS:
            self.quote("100", symbol=symbol)

    def quote(
        self, price: str, *, bids: Quotes | None = None, asks: Quotes | None = None, symbol: Symbol = BTC
    ) -> None:
        """Move a market; what is triggered executes at its price.

        Then the book is this; where it is left out, it has no bottom: it sells at the price, and buys a step below.
        """
        px, engine, asset = Decimal(price), self.sim.venue.engine, _ASSETS[symbol]
        self.sim.venue.advance(self.world.clock.now())
        engine.set_price(asset, oracle=px, mark=px, mid=px, spread=Decimal(0), levels=1)
        below = [(str(px - _STEPS[symbol]), str(_PLENTY))]
        engine.set_house(
            asset,
            *([(Decimal(at), Decimal(size)) for at, size in side]
              for side in (below if bids is None else bids, [(price, str(_PLENTY))] if asks is None else asks)),
        )  # fmt: skip
        self._deliver()

    def go_wrong(self, *faults: Fault) -> None:
        """Make something go wrong at the venue."""
        for fault in faults:
            self.sim.spoil(fault)

    def by_hand(self, body: bytes) -> None:
        """Let the owner send a request without us, at once."""
        reply = self.sim.venue.post("/exchange", body, self.world.clock.now())
        assert b'"error"' not in reply.body, reply.body
        assert reply.body.startswith(b'{"status":"ok"'), reply.body
        self._deliver()

    def take(self, size: str, price: str, *, symbol: Symbol = BTC) -> None:
        """Let the owner hold so much more, or less with a minus."""
        self.by_hand(self.hand.order(size, price, coin=symbol, now=self.world.clock.now()))

    def place_trigger(self, *, reduces: bool, cloid: str | None) -> None:
        """Let the owner wait for BTC to reach 95, to sell one at the market."""
        wanted = OrderRequest(
            asset=_ASSETS[BTC],
            is_buy=False,
            limit_px=Decimal(90),
            sz=Decimal(1),
            reduce_only=reduces,
            tif=None,
            trigger=Trigger(is_market=True, px=Decimal(95), tpsl="sl"),
            cloid=cloid,
        )
        self.sim.venue.engine.place(OWNER.address.lower(), [wanted], time=self.world.clock.now())
        self._deliver()

    def cancel_stops_after(self, milliseconds: int) -> None:
        """Let the owner cancel every stop so long after it began to rest."""
        self._cancel_after_ms = milliseconds

    def mark(self, symbol: Symbol = BTC) -> Decimal:
        """Return the venue's mark."""
        return self.sim.venue.engine.mark(_ASSETS[symbol])

    def held(self, symbol: Symbol = BTC) -> Decimal:
        """Return the signed units in the venue's books."""
        position = books_of(self.sim.venue.engine).positions.get(_ASSETS[symbol])
        return Decimal(0) if position is None else position.szi

    def orders(self) -> list[Order]:
        """Return every order that may still execute, in the venue's books."""
        return [order for order in self._orders.values() if order.live]

    def stops(self, symbol: Symbol = BTC) -> list[Decimal]:
        """Return the prices at which the venue holds a stop that reduces, lowest first."""
        resting = [order for order in self.orders() if order.asset == _ASSETS[symbol] and order.reduce_only]
        return sorted(order.trigger.px for order in resting if order.trigger is not None)

    def placed(self, symbol: Symbol = BTC) -> list[Order]:
        """Return every order that the venue ever took, oldest first."""
        asset = _ASSETS[symbol]
        return [order for oid, order in sorted(self._orders.items()) if order.asset == asset]

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case OrderChanged(user=user, order=order) if user == OWNER.address.lower():
                    self._take(order)
                case Liquidated():
                    self.liquidations += 1
                case _:
                    pass

    def _take(self, order: Order) -> None:
        is_new, self._orders[order.oid] = order.oid not in self._orders, order
        if is_new and order.trigger is not None and self._cancel_after_ms is not None:
            self.world.after(self._cancel_after_ms, lambda: self._cancel(order))

    def _cancel(self, order: Order) -> None:
        if order.live:
            now = self.world.clock.now()
            self.by_hand(self.hand.cancel(order.oid, coin="ETH" if order.asset else "BTC", now=now))

    def _deliver(self) -> None:
        self.sim.venue.settle(self.world.clock.now())
        self.sim.inject(Weather())
