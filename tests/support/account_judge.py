"""Hears what a feed tells of an account, and compares it with the venue's own books."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from agentic_core.domain import ClientOrderId, FillKind
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.account_events import (
    AccountEvent,
    AccountTold,
    FillTold,
    FundingTold,
    LeverageTold,
    LiquidationTold,
    ModeTold,
    OrderTold,
    StreamTold,
    ToldStatus,
    TransferTold,
)
from agentic_hl.stream import LinkChanged, StreamEvent
from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Fill
from tests.support.account_hand import NAMES, OWNER, books_of

__all__ = ["AccountJudge", "Money", "name_of"]

_Told = TypeVar("_Told", FillTold, OrderTold, LeverageTold, LiquidationTold, ModeTold, TransferTold, StreamTold)

_DUST = Decimal("0.000001")
"""What rounding of a profit may lose."""

_ENDS = frozenset({ToldStatus.FILLED, ToldStatus.CANCELED, ToldStatus.REJECTED})

Money = tuple[str, Decimal, int]
"""Of a payment: in which coin, how much, when."""


class AccountJudge:
    """Keeps all that is told, and what must have been told before a stream may be called whole."""

    def __init__(self, engine: Engine, tell: Callable[[AccountEvent], None] = lambda _: None) -> None:
        self._engine = engine
        self._pass_on = tell
        self.events: list[AccountEvent] = []
        self.others: list[StreamEvent] = []
        self.faults: list[str] = []
        self.fills: Counter[str] = Counter()
        self.orders: dict[str, OrderTold] = {}
        self.account: AccountSnapshot | None = None
        self._owed: set[str] = set()
        self._gone: set[str] = set()

    # ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, event: AccountEvent) -> None:
        """Hear an event of the account."""
        self.events.append(event)
        match event:
            case FillTold(fill=fill):
                self.fills[fill.fill_id] += 1
                if self.fills[fill.fill_id] > 1:
                    self.faults.append(f"{fill.fill_id} was told twice")
            case OrderTold():
                self._ordered(event)
            case AccountTold(account=account):
                if self.account is not None and account.as_of < self.account.as_of:
                    self.faults.append(f"the account of {account.as_of} was told after that of {self.account.as_of}")
                self.account = account
            case StreamTold(is_whole=True):
                self._whole()
            case _:
                pass
        self._pass_on(event)

    def tell_stream(self, event: StreamEvent) -> None:
        """Hear what else the stream says; whatever happened before a link was made is owed from then on."""
        self.others.append(event)
        if isinstance(event, LinkChanged) and event.is_up:
            self._owed = {name_of(fill) for fill in books_of(self._engine).fills}
            live = {str(order.oid) for order in self._engine.orders_of(OWNER.address)}
            self._gone = {
                str(order.oid) for order in self._engine.orders_of(OWNER.address, live_only=False)
            } - live  # fmt: skip

    def _ordered(self, told: OrderTold) -> None:
        before = self.orders.get(told.venue_order_id)
        if before is not None and before.status in _ENDS and told.status not in _ENDS:
            self.faults.append(f"order {told.venue_order_id} was told {before.status}, and then {told.status}")
        self.orders[told.venue_order_id] = told

    def _whole(self) -> None:
        if missing := self._owed - set(self.fills):
            self.faults.append(f"called whole without {sorted(missing)}")
        believed = {oid for oid, told in self.orders.items() if told.status is ToldStatus.OPEN}
        if wrong := believed & self._gone:
            self.faults.append(f"called whole although {sorted(wrong)} rest no longer")

    # ── in the end ───────────────────────────────────────────────────────────────────────────────────────────────

    def settled(self) -> list[str]:
        """Compare with the books once all is calm, and return everything that was ever wrong."""
        self._compare_fills()
        self._compare_money()
        self._compare_orders()
        self._compare_account()
        streams = [event.is_whole for event in self.of(StreamTold)]
        if any(one is other for one, other in pairwise(streams)):
            self.faults.append(f"the same of the stream twice in a row: {streams}")
        if not streams or not streams[-1]:
            self.faults.append("the stream did not come back")
        return self.faults

    def _compare_fills(self) -> None:
        told = {
            fill.fill_id: (fill.signed_size, fill.price, fill.fee, fill.time, fill.cloid, fill.closed_pnl, fill.kind)
            for fill in (event.fill for event in self.events if isinstance(event, FillTold))
        }
        booked = {
            name_of(fill): (
                fill.sz if fill.is_buy else -fill.sz,
                fill.px,
                fill.fee,
                fill.time,
                None if fill.cloid is None else ClientOrderId(fill.cloid),
                fill.closed_pnl,
                _kind(fill),
            )
            for fill in books_of(self._engine).fills
        }
        self._same("fills", told, booked)

    def _compare_money(self) -> None:
        paid: Counter[Money] = Counter()
        gained = Decimal(0)
        for event in self.events:
            match event:
                case FundingTold(payment=payment):
                    paid[str(payment.symbol), payment.amount, payment.time] += 1
                    gained += payment.amount
                case TransferTold(transfer=transfer):
                    gained += transfer.amount
                case FillTold(fill=fill):
                    gained += fill.closed_pnl - fill.fee
                case _:
                    pass
        books = books_of(self._engine)
        self._same("funding", paid, Counter((NAMES[one.asset], one.usdc, one.time) for one in books.fundings))
        # Whatever came and went by itself is all the money there is: nothing was told twice or left out.
        margin = self._engine.margin(OWNER.address)
        worth = margin.account_value - sum((one.unrealized_pnl for one in margin.positions), Decimal(0))
        if abs(gained - worth) >= _DUST:
            self.faults.append(f"money: told {gained}, and the books have {worth}")

    def _compare_orders(self) -> None:
        live = {str(order.oid): order.sz for order in self._engine.orders_of(OWNER.address)}
        believed = {oid: told.left for oid, told in self.orders.items() if told.status is ToldStatus.OPEN}
        self._same("resting orders", believed, live)

    def _compare_account(self) -> None:
        if self.account is None:
            self.faults.append("the account was never told")
            return
        margin = self._engine.margin(OWNER.address)
        self._same("equity", self.account.equity, margin.account_value)
        held = {NAMES[one.asset]: one.szi for one in margin.positions if one.szi}
        self._same("positions", {str(one.symbol): one.size for one in self.account.positions.values()}, held)
        leverage = {str(one.symbol): (one.leverage, one.isolated) for one in self.of(LeverageTold)}
        set_to = books_of(self._engine).leverages
        wanted = {NAMES[asset]: (one.value, not one.is_cross) for asset, one in set_to.items() if NAMES[asset] in held}
        self._same("leverage", {coin: leverage.get(coin) for coin in wanted}, wanted)

    def of(self, kind: type[_Told]) -> list[_Told]:
        """Return the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def _same(self, what: str, told: object, booked: object) -> None:
        if told != booked:
            self.faults.append(f"{what}: told {told}, and the books have {booked}")


def name_of(fill: Fill) -> str:
    """Return what names an execution: coin, number, order."""
    return f"{NAMES[fill.asset]}:{fill.tid}:{fill.oid}"


def _kind(fill: Fill) -> FillKind:
    if fill.liquidated_user == OWNER.address:
        return FillKind.LIQUIDATION
    return FillKind.EXTERNAL if fill.cloid is None else FillKind.ORDER
