"""Orders: what is wanted, what is prepared, and what became of it."""

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DecisionId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = [
    "TERMINAL_STATES",
    "Accepted",
    "Fence",
    "IntentKind",
    "IntentState",
    "OpenIntent",
    "OrderIntent",
    "PreparedIntent",
    "Rejected",
    "SendOutcome",
    "Signing",
    "TimeInForce",
    "Trigger",
    "TriggerKind",
    "Unresolved",
]


class TimeInForce(StrEnum):
    """How long an order may rest."""

    IOC = "ioc"
    GTC = "gtc"
    POST_ONLY = "post_only"


class IntentKind(StrEnum):
    """What a signed action does."""

    ORDER = "order"
    STOP = "stop"
    CANCEL = "cancel"
    LEVERAGE = "leverage"
    NOOP = "noop"


class IntentState(StrEnum):
    """How far an order intent has come; UNKNOWN is never reported as anything else."""

    PREPARED = "prepared"
    SENT = "sent"
    RESTING = "resting"
    PARTIAL = "partial"
    FILLED = "filled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DEAD = "dead"
    BOOKED = "booked"


TERMINAL_STATES = frozenset(
    {IntentState.FILLED, IntentState.PARTIAL, IntentState.REJECTED, IntentState.DEAD, IntentState.BOOKED}
)
"""States in which the order can no longer execute anything."""


class TriggerKind(StrEnum):
    """What a resting trigger protects: a stop fires when the mark goes against the position, a take-profit with it."""

    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class Trigger(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When a resting order becomes active: as soon as the mark reaches a price."""

    kind: TriggerKind
    price: Price
    position_sized: bool = False
    """Whether the order always covers the whole position instead of its own size."""


class OrderIntent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as it would be sent."""

    cloid: ClientOrderId
    symbol: Symbol
    side: Side
    size: Size
    limit_price: Price
    """The worst price acceptable."""
    reduce_only: bool
    time_in_force: TimeInForce = TimeInForce.IOC
    kind: IntentKind = IntentKind.ORDER
    leg: int = 0
    attempt: int = 0
    trigger: Trigger | None = None
    """Of a STOP: when it fires; `limit_price` is the worst price it may then execute at."""
    target: ClientOrderId | None = None
    """Of a CANCEL: the order to cancel."""
    target_order: str | None = None
    """Of a CANCEL of an order that somebody else placed without a client order id: its number at the venue."""
    leverage: int | None = None
    """Of a LEVERAGE: what the symbol is set to."""
    isolated: bool = False
    """Of a LEVERAGE: whether the symbol gets margin of its own."""
    position_before: Size | None = None
    """Signed units the decision saw in the symbol; the gate denies an open where they have moved. None: not checked."""


class OpenIntent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order that has not ended may still execute."""

    cloid: ClientOrderId
    symbol: Symbol
    side: Side
    size: Size
    """Units that may still execute."""
    limit_price: Price
    reduce_only: bool
    resting: bool
    """Whether the venue is known to hold it; otherwise its fate is unknown."""


class Fence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The right to trade one account: the lease's epoch, which only grows."""

    account: AccountKey
    epoch: int


class Signing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a store gives an intent that is to be signed."""

    signer: str
    """The address that signs; its nonces only grow, whoever prepares."""
    expires_at: Instant
    """When the venue stops taking it, in venue time."""


class PreparedIntent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An intent that is durable; only `IntentStore.prepare` makes one and only this can be sent."""

    intent: OrderIntent
    fence: Fence
    decision: DecisionId
    prepared_at: Instant
    nonce: int | None = None
    """The venue's at-most-once number; None where the venue has none."""
    expires_at: Instant | None = None
    signer: str | None = None
    """The address whose nonce it is; only the same one can burn it."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="accepted"):
    """The venue took the order."""

    cloid: ClientOrderId
    state: IntentState
    fills: tuple[Fill, ...]
    venue_order_id: str
    total: Size | None = None
    """All units executed so far as the venue counts them; None where only the fills tell."""

    @property
    def filled_size(self) -> Size:
        """Units executed at once."""
        return Size(sum((fill.size for fill in self.fills), Decimal(0)))


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="rejected"):
    """The venue provably refused the order; nothing executed."""

    cloid: ClientOrderId
    reason: str


class Unresolved(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="unresolved"):
    """Whether the order lives is not known; it blocks new opens until proven."""

    cloid: ClientOrderId
    cause: str
    left: bool = True
    """Whether any of it may have left; False is a failure on this side, provably before the first byte."""


SendOutcome: TypeAlias = Accepted | Rejected | Unresolved
