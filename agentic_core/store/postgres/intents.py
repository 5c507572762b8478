"""Order intents and fills."""

import itertools
from collections.abc import Sequence
from typing import assert_never

import msgspec

from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DeploymentId
from agentic_core.domain.order import (
    TERMINAL_STATES,
    Accepted,
    Fence,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Signing,
    Unresolved,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import AFTER_BOOKED, UNRESOLVED_STATES, check_outcome, is_signed_at_once, shortened
from agentic_core.store.postgres.codec import clean, encode
from agentic_core.store.postgres.connection import Database, Values
from agentic_core.store.postgres.fencing import decision_values, run_fenced
from agentic_core.store.postgres.intent_rows import IntentRow

__all__ = ["PostgresIntents"]

_TERMINAL = sorted(TERMINAL_STATES)
_AFTER_BOOKED = sorted(AFTER_BOOKED)


class PostgresIntents:
    """Order intents: durable before anything leaves the process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(
        self,
        fence: Fence,
        decision: Decision,
        intents: Sequence[OrderIntent],
        *,
        at: Instant,
        signing: Signing | None = None,
    ) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents as PREPARED; where they are to be signed, each but a STOP gets a nonce.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
            NotFound: there is no such deployment on this account, or no such skill version.
        """
        numbers = _numbers(intents, signing)
        values = {
            **decision_values(decision),
            **_signing_values(signing),
            "intents": encode(intents),
            "numbers": numbers,
            "nonces": sum(number is not None for number in numbers),
            "at": at,
        }
        answer = await run_fenced(self._database, "prepare_intents", fence, values)
        key = decision.decision_id
        prepared = tuple(PreparedIntent(intent=intent, fence=fence, decision=key, prepared_at=at) for intent in intents)
        if signing is None or answer.nonce is None:
            return prepared
        before = answer.nonce
        return tuple(
            each if number is None else _numbered(each, signing, before + number)
            for each, number in zip(prepared, numbers, strict=True)
        )

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent that was prepared without them the signer's next nonce and an expiry.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: it has a nonce, is not PREPARED any more, or is another epoch's; nothing was written.
        """
        cloid = prepared.intent.cloid
        values = {**_signing_values(signing), "cloid": cloid, "at": at}
        answer = await run_fenced(self._database, "assign_intent", fence, values)
        if answer.nonce is None:
            raise sentences.not_free(await self._known(fence, cloid), fence.epoch)
        return _numbered(prepared, signing, answer.nonce)

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Replace what is known of an intent, and record its fills, each exactly once.

        What was prepared stays as it is stored, and so does the venue's number of the order.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: a count would shrink, or a booked order be anything its facts cannot show; nothing was written.
        """
        cloid = record.prepared.intent.cloid
        told = {"cloid": cloid, "fills": encode(fills), "venue_order_id": venue_order_id, "at": at}
        values = {**_record_values(record), **told}
        answer = await run_fenced(self._database, "note_intent", fence, values)
        if answer.state is None:
            raise sentences.forgetful(await self._known(fence, cloid), record)

    async def living(self, account: AccountKey) -> tuple[IntentRecord, ...]:
        """Return the intents about which something is left to do, oldest first: not ended, or not booked yet."""
        return tuple(row.record() for row in await self._living(account))

    async def find(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord | None:
        """Return what is known of one intent of the account, however long ago it ended."""
        row = await self._database.row("find_intent", IntentRow, {"account": account, "cloid": cloid})
        return None if row is None else row.record()

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        A terminal state never changes again; fills are facts and are recorded and counted whatever the state.

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
        return tuple(row.prepared() for row in await self._living(account) if row.state in UNRESOLVED_STATES)

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

    async def _living(self, account: AccountKey) -> tuple[IntentRow, ...]:
        return await self._database.rows("living_intents", IntentRow, {"account": account})

    async def _known(self, fence: Fence, cloid: ClientOrderId) -> IntentRecord:
        # Asked only to say why nothing was written.
        known = await self.find(fence.account, cloid)
        if known is None:
            raise sentences.no_intent(cloid, fence.account)
        return known


def _numbers(intents: Sequence[OrderIntent], signing: Signing | None) -> list[int | None]:
    # The how-manieth of the decision's nonces each gets, from 1.
    count = itertools.count(1)
    return [next(count) if signing is not None and is_signed_at_once(intent) else None for intent in intents]


def _numbered(prepared: PreparedIntent, signing: Signing, nonce: int) -> PreparedIntent:
    return msgspec.structs.replace(prepared, nonce=nonce, expires_at=signing.expires_at, signer=signing.signer)


def _signing_values(signing: Signing | None) -> Values:
    if signing is None:
        return {"signer": None, "expires_at": None}
    return {"signer": signing.signer, "expires_at": signing.expires_at}


def _record_values(record: IntentRecord) -> Values:
    return {
        "state": record.state,
        "filled": record.filled,
        "booked": record.booked,
        "sends": record.sends,
        "burns": record.burns,
        "absent_at": record.absent_at,
        "uncounted": record.uncounted,
        "filled_at": record.filled_at,
        "ended_by": record.ended_by,
        "terminal": _TERMINAL,
        "after_booked": _AFTER_BOOKED,
    }


def _outcome_values(outcome: SendOutcome) -> Values:
    values: dict[str, object] = {"venue_order_id": None, "cause": None, "fills": "[]", "total": None}
    match outcome:
        case Accepted(state=state, venue_order_id=order_id, fills=fills, total=total):
            return {**values, "state": state, "venue_order_id": order_id, "fills": encode(fills), "total": total}
        case Rejected(reason=reason):
            return {**values, "state": IntentState.REJECTED, "cause": clean(shortened(reason))}
        case Unresolved(cause=cause):
            return {**values, "state": IntentState.UNKNOWN, "cause": clean(shortened(cause))}
        case _:
            assert_never(outcome)
