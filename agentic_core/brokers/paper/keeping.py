"""What a paper venue writes down of an account, so that it outlives the process."""

import msgspec

from agentic_core.brokers.paper.margins import LeverageSetting
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.domain.account_events import LiquidationTold
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, DecisionId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import IntentState, OrderIntent
from agentic_core.domain.times import Instant
from agentic_core.execution.margining import Pocket

__all__ = ["Answered", "Kept", "KeptOrder", "Owed", "Staged", "keep_order", "kept_from", "kept_text", "open_order"]


class KeptOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that rests."""

    intent: OrderIntent
    decision: DecisionId
    placed_at: Instant
    left: Size
    fills: tuple[Fill, ...]


class Answered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An action that arrived, and what it is now."""

    cloid: ClientOrderId
    state: IntentState
    reason: str = ""
    """Why it was refused."""


class Owed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Funding of an hour on what was held then, whose price or rate is not known yet."""

    symbol: Symbol
    hour: Instant
    size: Size
    price: Price | None = None


class Staged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When a part of a large position was liquidated."""

    pot: Symbol | None
    at: Instant


class Kept(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything but what the ledger has."""

    funded_until: Instant
    orders: tuple[KeptOrder, ...] = ()
    answered: tuple[Answered, ...] = ()
    """The newest, oldest first."""
    fills: tuple[Fill, ...] = ()
    """Executions that may not be in the ledger yet."""
    payments: tuple[FundingPayment, ...] = ()
    """Likewise."""
    liquidations: tuple[LiquidationTold, ...] = ()
    """Those with fills among them."""
    owed: tuple[Owed, ...] = ()
    staged: tuple[Staged, ...] = ()
    settings: dict[Symbol, LeverageSetting] = {}
    pockets: dict[Symbol, Pocket] = {}
    """The margin of isolated positions."""


def kept_text(kept: Kept) -> str:
    """Write it down as JSON; every number stays exact."""
    return msgspec.json.encode(kept).decode()


def kept_from(text: str) -> Kept:
    """Read back what was written down."""
    return msgspec.json.decode(text, type=Kept)


def keep_order(order: OpenOrder, placed_at: Instant) -> KeptOrder:
    """Return an order as it is written down."""
    return KeptOrder(
        intent=order.intent,
        decision=order.decision,
        placed_at=placed_at,
        left=Size(order.left),
        fills=tuple(order.fills),
    )


def open_order(kept: KeptOrder) -> OpenOrder:
    """Return the order again."""
    return OpenOrder(kept.intent, kept.decision, left=kept.left, fills=kept.fills)
