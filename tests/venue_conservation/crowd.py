"""A crowd that does whatever a venue allows, at random, while every cent and every unit is followed."""

from collections import Counter
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.markets import MARKETS, price_at, size_down
from agentic_hl.venue.engine.options import Generated, Manual, Options
from agentic_hl.venue.entities import Order, Position
from agentic_hl.venue.terms import Grouping, Market, Mode, OrderRequest, Pocket, Refused, Side, Tif, Trigger
from tests.conservation.accounts import Dice, OutOfBalance
from tests.venue_conservation.followed import Followed

__all__ = ["Crowd"]

_START = 1_700_002_680_000
_MARKETS = [market for market in MARKETS if not market.delisted]
_TIFS = (Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC, Tif.IOC, Tif.ALO, Tif.FRONTEND_MARKET)
_CENT = Decimal("0.01")
_HOUR_MS = 3_600_000


class Crowd:
    """One venue and those who trade there."""

    def __init__(self, dice: Dice) -> None:
        self.dice, self.followed = dice, Followed()
        self.now = _START
        walk = Generated(step_ms=60_000, volatility=Decimal("0.002"))
        options = Options(
            prices=walk if dice.below(3) == 0 else Manual(),
            levels=dice.of([0, 2, 5]),
            level_usd=Decimal(dice.of([2_000, 50_000])),
            print_usd=Decimal(0),
            retained_orders=50,
            schedule_volume=Decimal(10_000),
            sample_ms=_HOUR_MS // 10,
        )
        self.engine = Engine(MARKETS, options=options, seed=dice.below(1_000_000), now=_START)
        self.users = [f"0x{number:040x}" for number in range(100, 100 + dice.between(3, 9))]
        for user in self.users:
            self._deposit(user, Decimal(dice.of([50, 500, 5_000, 80_000])))
            if dice.below(6) == 0:
                self.engine.set_mode(user, Mode.UNIFIED)
        for market in _MARKETS:
            if dice.below(2):
                self.engine.set_funding(market.index, Decimal(dice.between(-3_000, 3_000)).scaleb(-6))
        often = [*[self._order] * 14, *[self._group] * 3, *[self._cancel] * 3, *[self._modify] * 2, *[self._move] * 8]
        seldom = (self._close, self._close, self._lever, self._margin, self._send, self._send, self._wait, self._wait)
        self._operations = (*often, *seldom, self._switch, self._more)

    @property
    def seen(self) -> Counter[str]:
        """What came about."""
        return self.followed.seen

    def operate(self) -> None:
        """Do one thing, and see that nothing was lost or made.

        Raises:
            OutOfBalance: something was.
        """
        try:
            self.dice.of(self._operations)()
        except Refused:
            self.seen["refusals"] += 1
        self.followed.follow(self.engine.drain())
        self.followed.check(self.engine)
        if self.dice.below(20) == 0:
            self._look()

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _order(self) -> None:
        market = self.dice.of(_MARKETS)
        self.engine.place(self.dice.of(self.users), [self._request(market)], time=self.now)

    def _request(self, market: Market) -> OrderRequest:
        dice, mark = self.dice, self.engine.mark(market.index)
        px = self._price(market, dice.of([20, 200, 600]))
        usd = Decimal(dice.of([8, 15, 100, 900, 7_000, 120_000])) * dice.between(5, 20) / 10
        request = OrderRequest(
            asset=market.index,
            is_buy=dice.below(2) == 0,
            limit_px=px,
            sz=size_down((usd / px).quantize(Decimal("1E-8")), market),
            reduce_only=dice.below(6) == 0,
            tif=dice.of(_TIFS),
            cloid=f"0x{dice.below(40):032x}" if dice.below(3) == 0 else None,
        )
        if dice.below(8) == 0:
            side = 1 if request.is_buy else -1
            tpsl = dice.of(["tp", "sl"])
            away = side * (1 if tpsl == "sl" else -1) * dice.between(1, 300)
            trigger = Trigger(
                is_market=dice.below(2) == 0, px=price_at(mark * (10_000 + away) / 10_000, market), tpsl=tpsl
            )
            return msgspec.structs.replace(request, tif=None, trigger=trigger)
        return request

    def _price(self, market: Market, reach: int) -> Decimal:
        away = self.dice.between(-reach, reach)
        return price_at(self.engine.mark(market.index) * (10_000 + away) / 10_000, market)

    def _group(self) -> None:
        market, dice, user = self.dice.of(_MARKETS), self.dice, self.dice.of(self.users)
        parent = self._request(market)
        exits = [self._exit(market, parent, tpsl) for tpsl in ("tp", "sl")]
        if dice.below(3) == 0:
            self.engine.place(user, exits, Grouping.POSITION_TPSL, time=self.now)
        else:
            self.engine.place(user, [parent, *exits], Grouping.NORMAL_TPSL, time=self.now)

    def _exit(self, market: Market, parent: OrderRequest, tpsl: str) -> OrderRequest:
        up = (tpsl == "tp") is parent.is_buy
        away = self.dice.between(10, 300) * (1 if up else -1)
        px = price_at(self.engine.mark(market.index) * (10_000 + away) / 10_000, market)
        return OrderRequest(
            asset=market.index,
            is_buy=not parent.is_buy,
            limit_px=px,
            sz=parent.sz,
            reduce_only=True,
            tif=None,
            trigger=Trigger(is_market=self.dice.below(2) == 0, px=px, tpsl=tpsl),
        )

    def _close(self) -> None:
        user = self.dice.of(self.users)
        held = self._held(user)
        if held:
            one = self.dice.of(held)
            market = self.engine.markets[one.asset]
            request = msgspec.structs.replace(
                self._request(market),
                is_buy=one.szi < 0,
                sz=size_down(abs(one.szi) / self.dice.of([1, 1, 3]), market),
                reduce_only=True,
                tif=Tif.IOC,
                trigger=None,
            )
            self.engine.place(user, [request], time=self.now)

    def _held(self, user: str) -> list[Position]:
        account = self.engine.account(user)
        assert account is not None
        return [position for position in account.positions.values() if position.szi]

    def _cancel(self) -> None:
        user = self.dice.of(self.users)
        live = self.engine.orders_of(user)
        if live:
            order = self.dice.of(live)
            self.engine.cancel(user, [(order.asset, order.oid)])
        elif self.dice.below(3) == 0:
            self.engine.schedule_cancel(user, self.now + self.dice.between(5_000, 200_000))

    def _modify(self) -> None:
        user = self.dice.of(self.users)
        live = self.engine.orders_of(user)
        if live:
            order = self.dice.of(live)
            market = self.engine.markets[order.asset]
            self.engine.modify(user, [(order.oid, self._changed(order, market))], always_place=self.dice.below(2) == 0)

    def _changed(self, order: Order, market: Market) -> OrderRequest:
        return OrderRequest(
            asset=order.asset,
            is_buy=order.is_buy,
            limit_px=self._price(market, 200),
            sz=order.orig_sz,
            reduce_only=order.reduce_only,
            tif=order.tif,
            trigger=order.trigger,
        )

    def _lever(self) -> None:
        market = self.dice.of(_MARKETS)
        leverage = self.dice.between(1, market.max_leverage)
        self.engine.update_leverage(self.dice.of(self.users), market.index, self.dice.below(3) > 0, leverage)

    def _margin(self) -> None:
        usd = Decimal(self.dice.between(-20_000, 20_000)) * _CENT
        self.engine.update_isolated_margin(self.dice.of(self.users), self.dice.of(_MARKETS).index, usd)

    def _send(self) -> None:
        dice = self.dice
        source = Pocket(address=dice.of(self.users), side=dice.of([Side.PERP, Side.PERP, Side.SPOT]))
        target = Pocket(address=dice.of(self.users), side=dice.of([Side.PERP, Side.PERP, Side.SPOT]))
        destination = target if dice.below(3) else None
        usd, fee = Decimal(dice.between(1, 50_000)) * _CENT, Decimal(dice.below(2))
        self.engine.move(source, destination, usd, delta={"type": "send"}, fee=fee)
        self.followed.moved(source.address, None if destination is None else destination.address, usd, fee)

    def _more(self) -> None:
        self._deposit(self.dice.of(self.users), Decimal(self.dice.between(1, 200_000)) * _CENT)

    def _deposit(self, user: str, usd: Decimal) -> None:
        self.engine.deposit(user, usd)
        self.followed.came(user, usd)

    def _switch(self) -> None:
        if self.dice.below(20) == 0:
            self.engine.set_mode(self.dice.of(self.users), Mode.UNIFIED)

    # ── what the world does ──────────────────────────────────────────────────────────────────────────────────────────

    def _move(self) -> None:
        market = self.dice.of(_MARKETS)
        oracle = self._price(market, self.dice.of([10, 10, 60, 60, 400, 2_500]))
        basis = price_at(oracle * (10_000 + self.dice.between(-20, 20)) / 10_000, market)
        self.engine.set_price(market.index, oracle=oracle, mark=basis, mid=self.dice.of([oracle, basis]))

    def _wait(self) -> None:
        self.now += self.dice.of([500, 500, 4_000, 40_000, 40_000, 300_000, _HOUR_MS])
        self.engine.advance(self.now)

    # ── what has to be so besides ────────────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        for market in _MARKETS:
            bids, asks = self.engine.book(market.index)
            if bids and asks and bids[0].px >= asks[0].px:
                message = f"the book of {market.name} is crossed: {bids[0]} and {asks[0]}"
                raise OutOfBalance(message)
        for user in self.users:
            held = {one.asset: one.szi for one in self._held(user)}
            if not held and self._owes(user):
                message = f"{user} holds nothing and owes money"
                raise OutOfBalance(message)
            for order in self.engine.orders_of(user):
                if order.sz <= 0 or (_only_reduces(order) and order.sz > abs(held.get(order.asset, Decimal(0)))):
                    message = f"{user} holds {held}, and {order} is open"
                    raise OutOfBalance(message)

    def _owes(self, user: str) -> bool:
        account = self.engine.account(user)
        assert account is not None
        if account.mode is Mode.UNIFIED:
            return account.cash + account.spot_usdc < 0
        return min(account.cash, account.spot_usdc) < 0


def _only_reduces(order: Order) -> bool:
    return order.reduce_only and not order.waiting_for_parent
