"""The owner of the account, who trades and cancels by hand beside the processes."""

from decimal import Decimal

from agentic_core.simulation.chance import Chance
from agentic_hl.venue.engine.markets import price_at, size_down
from agentic_hl.wire.actions.orders import GTC, IOC, Cancel, CancelLine, Grouping, OrderLine, PlaceOrders
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.network import Network
from tests.lifecycles.scene import SYMBOLS, Scene
from tests.support.hyperliquid_desk import OWNER

__all__ = ["Owner"]


class Owner:
    """Acts at the venue's own door, so that nothing is lost on the way."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._nonce = 0

    def act(self, chance: Chance) -> None:
        """Trade a little by hand, or cancel what rests."""
        if chance.happens(400):
            self._cancel(chance)
        else:
            self._trade(chance)

    def cancel_stops(self) -> None:
        """Cancel every trigger that rests."""
        for order in self._scene.books.living():
            if order.trigger is not None:
                self._post(Cancel(cancels=(CancelLine(asset=order.asset, oid=order.oid),)))

    def _cancel(self, chance: Chance) -> None:
        living = self._scene.books.living()
        if living:
            order = chance.pick(living)
            self._scene.counts["orders cancelled by hand"] += 1
            self._post(Cancel(cancels=(CancelLine(asset=order.asset, oid=order.oid),)))

    def _trade(self, chance: Chance) -> None:
        symbol, is_buy = chance.pick(SYMBOLS), chance.happens(500)
        engine = self._scene.place.venue.engine
        market = next(market for market in engine.markets if market.name == symbol)
        mark = engine.mark(market.index)
        rests = chance.happens(300)
        away = Decimal("0.99") if is_buy is rests else Decimal("1.01")
        limit = price_at(mark * away, market)
        line = OrderLine(
            asset=market.index,
            is_buy=is_buy,
            limit_price=f"{limit.normalize():f}",
            size=f"{size_down(Decimal(chance.between(50, 2_000)) / mark, market).normalize():f}",
            reduce_only=False,
            terms=GTC if rests else IOC,
        )
        self._scene.counts["orders by hand"] += 1
        self._post(PlaceOrders(orders=(line,), grouping=Grouping.NONE))

    def _post(self, action: PlaceOrders | Cancel) -> None:
        now = self._scene.clock.now()
        self._nonce = max(self._nonce + 1, now)
        body = sign_l1_request(OWNER, action, nonce=self._nonce, network=Network.TESTNET)
        self._scene.place.serve("owner", "/exchange", body, lambda _: None)
