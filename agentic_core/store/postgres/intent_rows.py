"""A row of `order_intents` as the values it was written from."""

import msgspec

from agentic_core.domain.ids import AccountKey, ClientOrderId, DecisionId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import (
    Fence,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = ["IntentRow"]


class IntentRow(msgspec.Struct):
    """The columns of an intent, and what is known of it."""

    cloid: ClientOrderId
    decision: DecisionId
    account: AccountKey
    epoch: int
    kind: IntentKind
    leg: int
    attempt: int
    symbol: Symbol
    side: Side
    size: Size
    limit_price: Price
    reduce_only: bool
    time_in_force: TimeInForce
    trigger_kind: TriggerKind | None
    trigger_price: Price | None
    trigger_position_sized: bool
    target: ClientOrderId | None
    target_order: str | None
    leverage: int | None
    isolated: bool
    position_before: Size | None
    nonce: int | None
    expires_at: Instant | None
    signer: str | None
    prepared_at: Instant
    state: IntentState
    filled: Size
    booked: Size
    sends: int
    burns: int
    absent_at: Instant | None
    uncounted: bool
    filled_at: Instant | None
    ended_by: str | None

    def record(self) -> IntentRecord:
        """Return the intent with what is known of it."""
        return IntentRecord(
            prepared=self.prepared(),
            state=self.state,
            filled=self.filled,
            booked=self.booked,
            sends=self.sends,
            burns=self.burns,
            absent_at=self.absent_at,
            uncounted=self.uncounted,
            filled_at=self.filled_at,
            ended_by=self.ended_by,
        )

    def prepared(self) -> PreparedIntent:
        """Return the intent as it was prepared."""
        intent = OrderIntent(
            cloid=self.cloid,
            symbol=self.symbol,
            side=self.side,
            size=self.size,
            limit_price=self.limit_price,
            reduce_only=self.reduce_only,
            time_in_force=self.time_in_force,
            kind=self.kind,
            leg=self.leg,
            attempt=self.attempt,
            trigger=self._trigger(),
            target=self.target,
            target_order=self.target_order,
            leverage=self.leverage,
            isolated=self.isolated,
            position_before=self.position_before,
        )
        return PreparedIntent(
            intent=intent,
            fence=Fence(account=self.account, epoch=self.epoch),
            decision=self.decision,
            prepared_at=self.prepared_at,
            nonce=self.nonce,
            expires_at=self.expires_at,
            signer=self.signer,
        )

    def _trigger(self) -> Trigger | None:
        if self.trigger_kind is None or self.trigger_price is None:
            return None
        return Trigger(kind=self.trigger_kind, price=self.trigger_price, position_sized=self.trigger_position_sized)
