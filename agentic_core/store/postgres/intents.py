"""Order intents and fills."""

from collections.abc import Sequence
from typing import assert_never

import msgspec

from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DecisionId, DeploymentId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import (
    TERMINAL_STATES,
    Accepted,
    Fence,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    TimeInForce,
    Trigger,
    TriggerKind,
    Unresolved,
)
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import check_outcome
from agentic_core.store.postgres.codec import clean, encode
from agentic_core.store.postgres.connection import Database, Values
from agentic_core.store.postgres.fencing import decision_values, run_fenced

__all__ = ["PostgresIntents"]

_TERMINAL = sorted(TERMINAL_STATES)


class _IntentRow(msgspec.Struct):
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
    leverage: int | None
    isolated: bool
    position_before: Size | None
    nonce: int | None
    expires_at: Instant | None
    prepared_at: Instant

    def prepared(self) -> PreparedIntent:
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
        )

    def _trigger(self) -> Trigger | None:
        if self.trigger_kind is None or self.trigger_price is None:
            return None
        return Trigger(kind=self.trigger_kind, price=self.trigger_price, position_sized=self.trigger_position_sized)


class PostgresIntents:
    """Order intents: durable before anything leaves the process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(
        self, fence: Fence, decision: Decision, intents: Sequence[OrderIntent], *, at: Instant
    ) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents as PREPARED in one fenced transaction.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
            NotFound: there is no such deployment on this account, or no such skill version.
        """
        values = {**decision_values(decision), "intents": encode(intents), "at": at}
        await run_fenced(self._database, "prepare_intents", fence, values)
        return tuple(
            PreparedIntent(intent=intent, fence=fence, decision=decision.decision_id, prepared_at=at)
            for intent in intents
        )

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        A terminal state never changes again; fills are facts and are recorded whatever the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            UsageError: the outcome is that of another order.
        """
        check_outcome(prepared, outcome)
        values = {**_outcome_values(outcome), "cloid": outcome.cloid, "terminal": _TERMINAL, "at": at}
        answer = await run_fenced(self._database, "settle_intent", fence, values)
        if answer.state is None:
            raise sentences.no_intent(outcome.cloid, fence.account)
        return answer.state

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return the intents whose fate is not known: prepared, sent or unknown."""
        rows = await self._database.rows("unresolved_intents", _IntentRow, {"account": account})
        return tuple(row.prepared() for row in rows)

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return every fill of the account, oldest first."""
        return await self._database.rows("account_fills", Fill, {"account": account})

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record fills that no intent of ours caused, each exactly once.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        values = {"deployment": deployment, "fills": encode(fills), "at": at}
        await run_fenced(self._database, "record_fills", fence, values)


def _outcome_values(outcome: SendOutcome) -> Values:
    match outcome:
        case Accepted(state=state, venue_order_id=venue_order_id, fills=fills):
            return {"state": state, "venue_order_id": venue_order_id, "cause": None, "fills": encode(fills)}
        case Rejected(reason=reason):
            return {"state": IntentState.REJECTED, "venue_order_id": None, "cause": clean(reason), "fills": "[]"}
        case Unresolved(cause=cause):
            return {"state": IntentState.UNKNOWN, "venue_order_id": None, "cause": clean(cause), "fills": "[]"}
        case _:
            assert_never(outcome)
