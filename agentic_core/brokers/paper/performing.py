"""What the venue does with an action that has arrived."""

from typing import assert_never

from agentic_core.brokers.paper.actions import cancel, rest_trigger, set_leverage
from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.history import Answer
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.brokers.paper.placing import Placing, cannot_rest
from agentic_core.domain.market import Book
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import (
    Accepted,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    TimeInForce,
)

__all__ = ["ORDER_KINDS", "Performing"]

ORDER_KINDS = frozenset({IntentKind.ORDER, IntentKind.STOP})
"""What counts as an order of the day, and has a history."""

_ORDER, _IOC = IntentKind.ORDER, TimeInForce.IOC


class Performing:
    """Performs actions on one account."""

    def __init__(self, floor: Floor, placing: Placing) -> None:
        """Work on an account."""
        self._floor = floor
        self._placing = placing

    def perform(self, prepared: PreparedIntent, book: Book | None) -> SendOutcome:
        """Perform an action that has arrived; an order needs the book of this moment."""
        intent = prepared.intent
        if prepared.expires_at is not None and self._floor.ledger.as_of > prepared.expires_at:
            return self._refuse(intent, "Action already expired")
        if intent.kind is _ORDER:
            return self._place(prepared, book)
        refusal = self._act(prepared)
        if refusal is not None:
            return self._refuse(intent, refusal)
        order_id = f"paper-{intent.cloid[2:18]}"
        if intent.kind is IntentKind.STOP:
            return Accepted(cloid=intent.cloid, state=IntentState.RESTING, fills=(), venue_order_id=order_id)
        return Accepted(
            cloid=intent.cloid, state=IntentState.FILLED, fills=(), venue_order_id=order_id, total=Size(ZERO)
        )

    def _place(self, prepared: PreparedIntent, book: Book | None) -> SendOutcome:
        """Execute an order that has not expired, and let rest what may."""
        floor, intent = self._floor, prepared.intent
        attempt = self._placing.attempt(intent, book)
        if isinstance(attempt, str):
            return self._refuse(intent, attempt)
        sized, fills, _, left = attempt
        rests = bool(left) and sized.time_in_force is not _IOC
        refusal = cannot_rest(floor, sized) if rests else None
        if refusal is not None:
            return self._refuse(intent, refusal)
        assert book is not None, "without a book there is no attempt"
        had_orders = bool(floor.orders.live)
        self._placing.commit(attempt, book)
        state = IntentState.PARTIAL if left else IntentState.FILLED
        if rests:
            state = IntentState.RESTING
            floor.orders.add(OpenOrder(sized, prepared.decision, left=left, fills=fills))
        outcome = Accepted(
            cloid=intent.cloid,
            state=state,
            fills=fills,
            venue_order_id=f"paper-{intent.cloid[2:18]}",
            total=None if rests else Size(sized.size - left),
        )
        floor.log.append(Answer(floor.ledger.as_of, sized, outcome))
        if rests or had_orders:
            floor.follow(intent.symbol)
        return outcome

    def _act(self, prepared: PreparedIntent) -> str | None:
        match prepared.intent.kind:
            case IntentKind.STOP:
                return rest_trigger(self._floor, self._placing, prepared)
            case IntentKind.CANCEL:
                return cancel(self._floor, prepared.intent)
            case IntentKind.LEVERAGE:
                return set_leverage(self._floor, prepared.intent)
            case IntentKind.NOOP | IntentKind.ORDER:
                return None
            case _:
                assert_never(prepared.intent.kind)

    def _refuse(self, intent: OrderIntent, reason: str) -> Rejected:
        outcome = Rejected(cloid=intent.cloid, reason=reason)
        if intent.kind in ORDER_KINDS:
            self._floor.log.append(Answer(self._floor.ledger.as_of, intent, outcome))
        return outcome
