"""Random orders, cancels and replacements."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec
from hyperliquid.utils.types import Cloid

from agentic_hl.wire.actions import (
    BatchModify,
    BuilderFee,
    Cancel,
    CancelByCloid,
    CancelCloidLine,
    CancelLine,
    Grouping,
    LimitTerms,
    Modify,
    ModifyLine,
    OrderLine,
    OrderTerms,
    PlaceOrders,
    PriorityFee,
    ScheduleCancel,
    Tif,
    Tpsl,
    trigger,
)
from agentic_hl.wire.units import canonical
from tests.differential.cases import Case, Draw
from tests.differential.desk import COINS, UNIVERSE
from tests.differential.draws import Draws

__all__ = ["ORDER_CASES", "asset_of", "drawn_orders"]

_TPSL = {"tp": Tpsl.TAKE_PROFIT, "sl": Tpsl.STOP_LOSS}
_TIFS = {"Gtc": Tif.GTC, "Ioc": Tif.IOC, "Alo": Tif.ALO, "FrontendMarket": Tif.FRONTEND_MARKET}
_GROUPINGS = {"na": Grouping.NONE, "normalTpsl": Grouping.NORMAL_TPSL, "positionTpsl": Grouping.POSITION_TPSL}


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    # One order as the SDK is asked for it; the numbers are exact, and a float holds them too.
    coin: str
    is_buy: bool
    size: Decimal
    price: Decimal
    reduce_only: bool
    tif: str | None
    tpsl: str
    trigger_price: Decimal
    is_market: bool
    cloid: str | None

    def asked(self) -> dict[str, object]:
        """Return it as the SDK takes it."""
        mark = {"triggerPx": float(self.trigger_price), "isMarket": self.is_market, "tpsl": self.tpsl}
        return {
            "coin": self.coin,
            "is_buy": self.is_buy,
            "sz": float(self.size),
            "limit_px": float(self.price),
            "order_type": {"limit": {"tif": self.tif}} if self.tif else {"trigger": mark},
            "reduce_only": self.reduce_only,
            "cloid": None if self.cloid is None else Cloid.from_str(self.cloid),
        }

    def made(self) -> OrderLine:
        """Return it as we make it."""
        return OrderLine(
            asset=asset_of(self.coin),
            is_buy=self.is_buy,
            limit_price=canonical(self.price),
            size=canonical(self.size),
            reduce_only=self.reduce_only,
            terms=self._terms(),
            cloid=self.cloid,
        )

    def _terms(self) -> OrderTerms:
        if self.tif:
            return OrderTerms(limit=LimitTerms(tif=_TIFS[self.tif]))
        return trigger(canonical(self.trigger_price), _TPSL[self.tpsl], is_market=self.is_market)


def asset_of(coin: str) -> int:
    """Return the id we know a coin by."""
    return UNIVERSE.by_name[coin].id


def drawn_orders(draws: Draws) -> tuple[list[dict[str, object]], tuple[OrderLine, ...]]:
    """Draw some orders, as the SDK takes them and as we make them."""
    lines = [_line(draws) for _ in range(draws.between(1, 3) if draws.flag() else 1)]
    return [line.asked() for line in lines], tuple(line.made() for line in lines)


def _line(draws: Draws) -> _Line:
    return _Line(
        coin=draws.of(COINS),
        is_buy=draws.flag(),
        size=draws.number(),
        price=draws.number(),
        reduce_only=draws.flag(),
        tif=draws.of([*_TIFS, None, None]),
        tpsl=draws.of(["tp", "sl"]),
        trigger_price=draws.number(),
        is_market=draws.flag(),
        cloid=draws.cloid() if draws.flag() else None,
    )


def _order(draws: Draws) -> Case:
    asked, made = drawn_orders(draws)
    rate = draws.count(26)
    grouping = {"p": rate} if draws.rare() else draws.of(list(_GROUPINGS))
    ours = PriorityFee(rate=rate) if isinstance(grouping, dict) else _GROUPINGS[grouping]
    address, fee = draws.address(), draws.count(16)
    builder = BuilderFee(builder=address, fee=fee) if draws.rare() else None
    shouted = "0x" + address[2:].upper()
    return Case(
        asked=lambda desk: desk.bulk_orders(
            asked, None if builder is None else {"b": shouted, "f": fee}, grouping=grouping
        ),
        made=lambda _: PlaceOrders(orders=made, grouping=ours, builder=builder),
    )


def _batch_modify(draws: Draws) -> Case:
    asked, made = drawn_orders(draws)
    oids = [draws.cloid() if draws.flag() else draws.count() for _ in asked]
    theirs = [
        {"oid": Cloid.from_str(oid) if isinstance(oid, str) else oid, "order": order}
        for oid, order in zip(oids, asked, strict=True)
    ]
    lines = tuple(ModifyLine(oid=oid, order=order) for oid, order in zip(oids, made, strict=True))
    return Case(asked=lambda desk: desk.bulk_modify_orders_new(theirs), made=lambda _: BatchModify(modifies=lines))


def _cancel(draws: Draws) -> Case:
    targets = [(draws.of(COINS), draws.count()) for _ in range(draws.between(1, 20))]
    lines = tuple(CancelLine(asset=asset_of(coin), oid=oid) for coin, oid in targets)
    return Case(
        asked=lambda desk: desk.bulk_cancel([{"coin": coin, "oid": oid} for coin, oid in targets]),
        made=lambda _: Cancel(cancels=lines),
    )


def _cancel_by_cloid(draws: Draws) -> Case:
    targets = [(draws.of(COINS), draws.cloid()) for _ in range(draws.between(1, 20))]
    theirs = [{"coin": coin, "cloid": Cloid.from_str(cloid)} for coin, cloid in targets]
    lines = tuple(CancelCloidLine(asset=asset_of(coin), cloid=cloid) for coin, cloid in targets)
    return Case(asked=lambda desk: desk.bulk_cancel_by_cloid(theirs), made=lambda _: CancelByCloid(cancels=lines))


def _schedule_cancel(draws: Draws) -> Case:
    time = draws.count() if draws.flag() else None
    return Case(asked=lambda desk: desk.schedule_cancel(time), made=lambda _: ScheduleCancel(time=time))


# ── what the SDK has no method for: keys and their order from the protocol's description ─────────────────────────────


def _handed_in(action: Mapping[str, object], ours: Callable[[], Modify | BatchModify | Cancel], nonce: int) -> Case:
    return Case(asked=lambda desk: desk.hand_in(action, nonce, with_vault=True), made=lambda _: ours())


def _modify(draws: Draws) -> Case:
    line, oid, always = _line(draws), draws.cloid() if draws.flag() else draws.count(), draws.flag()
    action = {"type": "modify", "oid": oid, "order": _written(line)} | ({"a": True} if always else {})
    return _handed_in(action, lambda: Modify(oid=oid, order=line.made(), always_place=always), draws.count())


def _always_modify(draws: Draws) -> Case:
    line, oid = _line(draws), draws.count()
    action = {"type": "batchModify", "modifies": [{"oid": oid, "order": _written(line)}], "a": True}
    lines = (ModifyLine(oid=oid, order=line.made()),)
    return _handed_in(action, lambda: BatchModify(modifies=lines, always_place=True), draws.count())


def _fast_cancel(draws: Draws) -> Case:
    coin, oid = draws.of(COINS), draws.count()
    action = {"type": "cancel", "cancels": [{"a": asset_of(coin), "o": oid}], "f": True}
    lines = (CancelLine(asset=asset_of(coin), oid=oid),)
    return _handed_in(action, lambda: Cancel(cancels=lines, fast=True), draws.count())


def _written(line: _Line) -> dict[str, object]:
    mark = {"isMarket": line.is_market, "triggerPx": _plain(line.trigger_price), "tpsl": line.tpsl}
    written = {
        "a": asset_of(line.coin),
        "b": line.is_buy,
        "p": _plain(line.price),
        "s": _plain(line.size),
        "r": line.reduce_only,
        "t": {"limit": {"tif": line.tif}} if line.tif else {"trigger": mark},
    }
    return written if line.cloid is None else written | {"c": line.cloid}


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


ORDER_CASES: Mapping[str, Draw] = {
    "order": _order,
    "batchModify": _batch_modify,
    "cancel": _cancel,
    "cancelByCloid": _cancel_by_cloid,
    "scheduleCancel": _schedule_cancel,
    "modify": _modify,
    "batchModify that always places": _always_modify,
    "cancel put first": _fast_cancel,
}
