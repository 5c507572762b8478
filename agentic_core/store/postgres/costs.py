"""What calls of chat models cost."""

import msgspec

from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps, CostSource, CostStanding
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.metering import believed, disagreement, refusal, whole
from agentic_core.store import sentences
from agentic_core.store.postgres.connection import Database, Session, Values

__all__ = ["PostgresCostLedger", "cost_differences"]


class _CallRow(msgspec.Struct):
    deployment: DeploymentId
    decision: DecisionId
    step: int
    attempt: int
    purpose: ChatPurpose
    at: Instant
    bound_usd: Usd
    cost_usd: Usd | None
    source: CostSource | None

    def record(self) -> CallRecord:
        return CallRecord(
            call=CallId(deployment=self.deployment, decision=self.decision, step=self.step, attempt=self.attempt),
            purpose=self.purpose,
            at=self.at,
            bound_usd=self.bound_usd,
            cost_usd=self.cost_usd,
            source=self.source,
        )


class _DecidedRow(msgspec.Struct):
    decision: DecisionId
    cost_usd: Usd | None


class _Live(msgspec.Struct):
    live: bool


class _Cost(msgspec.Struct):
    cost_usd: Usd


class _Abandoned(msgspec.Struct):
    live: bool
    settled: int


class PostgresCostLedger:
    """One row for each call; the row of a month puts those in line who would spend of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, fence: Fence, call: CallId, purpose: ChatPurpose, bound: Usd | None, caps: CostCaps, *, at: Instant
    ) -> str | None:
        """Hold the most a call can cost; returns why not where it does not fit or is unknown, and holds nothing then.

        Raises:
            Fenced: the fence is not the account's live lease; nothing is held.
            NotFound: no such deployment trades this account.
            Conflict: the call was settled before.
            StoreUnavailable: with `commit_unknown` only `find` tells whether it is held.
        """
        values = {**_call(call), **_fence(fence), "at": at, "purpose": purpose}
        async with self._database.transaction() as session:
            if await session.row("lock_chat_month", _Live, values) is None:
                raise sentences.fenced(fence.account, fence.epoch)
            standing = await session.row("chat_standing", CostStanding, values)
            reason = None if standing is None else refusal(standing, caps, purpose, bound)
            if reason is None and bound is not None:
                held = {**values, "bound": whole(bound)}
                if await session.row("hold_chat_call", _Live, held) is not None:
                    return None
            return await _held_before(session, values, reason)

    async def settle(self, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant) -> Usd:
        """Replace what is held for a call by its cost, None by all of it; returns what it counts as from now on.

        Raises:
            NotFound: nothing was held for it.
        """
        known = believed(cost)
        values = {**_call(call), "cost": known, "source": CostSource.BOUND if known is None else source, "at": at}
        settled = await self._database.row("settle_chat_call", _Cost, values)
        if settled is None:
            raise sentences.no_call(call)
        return settled.cost_usd

    async def settle_abandoned(self, fence: Fence, deployment: DeploymentId, *, at: Instant) -> int:
        """Settle whatever earlier leases left held at its bound; returns how many calls those were.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        values = {**_fence(fence), "deployment": deployment, "at": at}
        answer = await self._database.row("settle_abandoned_chat_calls", _Abandoned, values)
        if answer is None or not answer.live:
            raise sentences.fenced(fence.account, fence.epoch)
        return answer.settled

    async def find(self, call: CallId) -> CallRecord | None:
        """Return what is known of a call."""
        row = await self._database.row("find_chat_call", _CallRow, _call(call))
        return None if row is None else row.record()

    async def calls(self, decision: DecisionId) -> tuple[CallRecord, ...]:
        """Return the calls of a decision by step and attempt."""
        rows = await self._database.rows("chat_calls_of_decision", _CallRow, {"decision": decision})
        return tuple(row.record() for row in rows)

    async def standing(self, deployment: DeploymentId, at: Instant) -> CostStanding:
        """Return what is spent and held in the UTC month and day of an instant."""
        (standing,) = await self._database.rows("chat_standing", CostStanding, {"deployment": deployment, "at": at})
        return standing


async def cost_differences(database: Database, deployment: DeploymentId) -> tuple[str, ...]:
    """Return where decisions of a deployment state another cost than their settled calls come to.

    Raises:
        StoreUnavailable: the server could not be reached.
    """
    ledger = PostgresCostLedger(database)
    rows = await database.rows("costs_unlike_calls", _DecidedRow, {"deployment": deployment})
    found = [(row, disagreement(row.cost_usd, await ledger.calls(row.decision))) for row in rows]
    return tuple(f"cost of decision {row.decision}: {reason}" for row, reason in found if reason is not None)


async def _held_before(session: Session, values: Values, reason: str | None) -> str | None:
    known = await session.row("find_chat_call", _CallRow, values)
    if known is None:
        return reason
    if known.cost_usd is not None:
        raise sentences.conflict(sentences.CALL_SETTLED)
    return None


def _call(call: CallId) -> dict[str, object]:
    return {"deployment": call.deployment, "decision": call.decision, "step": call.step, "attempt": call.attempt}


def _fence(fence: Fence) -> dict[str, object]:
    return {"account": fence.account, "epoch": fence.epoch}
