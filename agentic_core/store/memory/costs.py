"""What calls of chat models cost, in memory."""

from decimal import Decimal

import msgspec

from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps, CostSource, CostStanding
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.metering import day_start, month_start, refusal, settlement, whole
from agentic_core.store import sentences
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryCostLedger"]


class _Row(msgspec.Struct, frozen=True, gc=False):
    record: CallRecord
    fence: Fence


class _Tally(msgspec.Struct, frozen=True, gc=False):
    settled: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    repairs: Decimal = Decimal(0)

    def moved(self, held: Decimal, settled: Decimal, purpose: ChatPurpose) -> "_Tally":
        repairs = held + settled if purpose is ChatPurpose.REPAIR else Decimal(0)
        return _Tally(self.settled + settled, self.held + held, self.repairs + repairs)


_NOTHING = _Tally()


class MemoryCostLedger:
    """Reservations and costs; no method ever waits, so nothing comes between its look and its change."""

    def __init__(self, leases: MemoryLeases) -> None:
        self._check = leases.check
        self._rows: dict[CallId, _Row] = {}
        self._held: dict[CallId, Fence] = {}
        self._months: dict[tuple[DeploymentId, Instant], _Tally] = {}
        self._days: dict[tuple[DeploymentId, Instant], _Tally] = {}

    async def reserve(
        self, fence: Fence, call: CallId, purpose: ChatPurpose, bound: Usd | None, caps: CostCaps, *, at: Instant
    ) -> str | None:
        """Hold the most a call can cost; returns why not where it does not fit or is unknown, and holds nothing then.

        The same call reserved again changes nothing.

        Raises:
            Fenced: the fence is not the account's live lease; nothing is held.
            Conflict: the call was settled before.
        """
        self._check(fence)
        known = self._rows.get(call)
        if known is not None:
            if known.record.cost_usd is not None:
                raise sentences.conflict(sentences.CALL_SETTLED)
            return None
        reason = refusal(self._standing(call.deployment, at), caps, purpose, bound)
        if reason is not None or bound is None:
            return reason
        record = CallRecord(call=call, purpose=purpose, at=at, bound_usd=whole(bound))
        self._rows[call] = _Row(record, fence)
        self._held[call] = fence
        self._move(record, held=record.bound_usd, settled=Decimal(0))
        return None

    async def settle(self, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant) -> Usd:
        """Replace what is held for a call by its cost, None by all of it; returns what it counts as from now on.

        Raises:
            NotFound: nothing was held for it.
        """
        row = self._rows.get(call)
        if row is None:
            raise sentences.no_call(call)
        return self._settle(row, cost, source)

    async def settle_abandoned(self, fence: Fence, deployment: DeploymentId, *, at: Instant) -> int:
        """Settle whatever earlier leases left held at its bound; returns how many calls those were.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        left = [
            self._rows[call]
            for call, held_by in self._held.items()
            if call.deployment == deployment and held_by.account == fence.account and held_by.epoch < fence.epoch
        ]
        for row in left:
            self._settle(row, None, CostSource.BOUND)
        return len(left)

    async def find(self, call: CallId) -> CallRecord | None:
        """Return what is known of a call."""
        row = self._rows.get(call)
        return None if row is None else row.record

    async def calls(self, decision: DecisionId) -> tuple[CallRecord, ...]:
        """Return the calls of a decision by step and attempt."""
        found = [row.record for call, row in self._rows.items() if call.decision == decision]
        return tuple(sorted(found, key=lambda record: (record.call.step, record.call.attempt)))

    async def standing(self, deployment: DeploymentId, at: Instant) -> CostStanding:
        """Return what is spent and held in the UTC month and day of an instant."""
        return self._standing(deployment, at)

    def _standing(self, deployment: DeploymentId, at: Instant) -> CostStanding:
        month = self._months.get((deployment, month_start(at)), _NOTHING)
        day = self._days.get((deployment, day_start(at)), _NOTHING)
        return CostStanding(
            month_settled=Usd(month.settled),
            month_held=Usd(month.held),
            day_settled=Usd(day.settled),
            day_held=Usd(day.held),
            repair_committed=Usd(month.repairs),
        )

    def _settle(self, row: _Row, cost: Usd | None, source: CostSource) -> Usd:
        record = row.record
        if record.cost_usd is not None:
            return record.cost_usd
        end = settlement(record.bound_usd, cost, source)
        ended = msgspec.structs.replace(record, cost_usd=end.cost_usd, source=end.source)
        self._rows[record.call] = _Row(ended, row.fence)
        del self._held[record.call]
        self._move(record, held=-record.bound_usd, settled=end.cost_usd)
        return end.cost_usd

    def _move(self, record: CallRecord, *, held: Decimal, settled: Decimal) -> None:
        deployment = record.call.deployment
        month, day = (deployment, month_start(record.at)), (deployment, day_start(record.at))
        self._months[month] = self._months.get(month, _NOTHING).moved(held, settled, record.purpose)
        self._days[day] = self._days.get(day, _NOTHING).moved(held, settled, record.purpose)
