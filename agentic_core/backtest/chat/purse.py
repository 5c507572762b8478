"""What may be spent on a backtest now, in the real world; what is on the tape costs nothing again.

The skill's own caps hold besides, in the time of the candles: where a deployment would have been refused a call, its
backtest is, too. Those are kept by the ledger of the run, whose reservations this purse hears of.
"""

from typing import Final

import msgspec

from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps, CostSource, CostStanding
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.errors import TapeMiss, UsageError
from agentic_core.ports.cost_ledger import CostLedger

__all__ = ["Purse", "PurseLedger", "Spending"]

_NOTHING: Final = Usd(ZERO)


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What one command has spent."""

    paid: int
    """Calls that were made now."""
    replayed: int
    """Calls that were answered from the tape."""
    cost_usd: Usd
    """Of the calls made now; a call whose cost nobody said counts with all it can cost."""
    held_usd: Usd
    """For calls under way."""


class Purse:
    """Holds the most a call can cost before it leaves; spent and held never exceed the cap together."""

    def __init__(self, cap: Usd | None) -> None:
        """Take the cap; None lets nothing be spent."""
        self.cap: Final = cap
        self._bounds: dict[CallId, Usd] = {}
        self._held: dict[CallId, Usd] = {}
        self._sent: set[CallId] = set()
        self._paid, self._replayed, self._spent = 0, 0, _NOTHING

    @property
    def spending(self) -> Spending:
        """How it stands."""
        return Spending(paid=self._paid, replayed=self._replayed, cost_usd=self._spent, held_usd=self._sum_held())

    def expect(self, call: CallId, bound: Usd) -> None:
        """Note the most a call can cost, in case that it has to be paid for."""
        self._bounds[call] = bound

    def take(self, call: CallId) -> None:
        """Hold what a call can cost, right before it leaves.

        Raises:
            TapeMiss: it is not on the tape, and there is no money left for it.
            UsageError: nobody has said what it can cost.
        """
        bound = self._bounds.get(call)
        if bound is None or call in self._held:
            raise UsageError(f"the call {call} leaves without a reservation of its own; reserve it first")
        if self.cap is None or self._spent + self._sum_held() + bound > self.cap:
            del self._bounds[call]
            raise TapeMiss(self._refusal(call, bound))
        self._held[call] = bound
        self._sent.add(call)

    def lose(self, call: CallId, *, is_free: bool) -> None:
        """Count a call that brought nothing: with all it can cost, unless it provably cost nothing."""
        bound = self._held.pop(call)
        self._spent = self._spent if is_free else Usd(self._spent + bound)

    def settle(self, call: CallId, cost: Usd, source: CostSource) -> None:
        """Replace what is held by what the call cost; one that was not paid for here was answered from the tape."""
        if self._bounds.pop(call, None) is None:
            return
        if self._held.pop(call, None) is not None:
            self._spent, self._paid = Usd(self._spent + cost), self._paid + 1
        elif call not in self._sent and source is not CostSource.NEVER_LEFT:
            self._replayed += 1
        self._sent.discard(call)

    def _sum_held(self) -> Usd:
        return Usd(sum(self._held.values(), ZERO))

    def _refusal(self, call: CallId, bound: Usd) -> str:
        asked = f"step {call.step} of turn {call.decision} is not on the tape and can cost {plain(bound)} USD"
        if self.cap is None:
            return f"{asked}; nothing may be spent on it: allow some with --max-cost"
        left = plain(self.cap - self._spent - self._sum_held())
        return (
            f"{asked}, of {plain(self.cap)} USD {left} are left; what was asked so far is on the tape, so the same "
            "command with a higher --max-cost goes on from here"
        )


class PurseLedger:
    """The ledger of a run that tells a purse of every reservation."""

    def __init__(self, inner: CostLedger, purse: Purse) -> None:
        """Join the two."""
        self._inner, self._purse = inner, purse

    async def reserve(
        self, fence: Fence, call: CallId, purpose: ChatPurpose, bound: Usd | None, caps: CostCaps, *, at: Instant
    ) -> str | None:
        """Hold the most a call can cost, by the skill's own caps."""
        refusal = await self._inner.reserve(fence, call, purpose, bound, caps, at=at)
        if refusal is None and bound is not None:
            self._purse.expect(call, bound)
        return refusal

    async def settle(self, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant) -> Usd:
        """Replace what is held by what the call cost."""
        counted = await self._inner.settle(call, cost, source, at=at)
        self._purse.settle(call, counted, source)
        return counted

    async def settle_abandoned(self, fence: Fence, deployment: DeploymentId, *, at: Instant) -> int:
        """Settle what earlier leases left held."""
        return await self._inner.settle_abandoned(fence, deployment, at=at)

    async def find(self, call: CallId) -> CallRecord | None:
        """Return what is known of a call."""
        return await self._inner.find(call)

    async def calls(self, decision: DecisionId) -> tuple[CallRecord, ...]:
        """Return the calls of a decision by step and attempt."""
        return await self._inner.calls(decision)

    async def standing(self, deployment: DeploymentId, at: Instant) -> CostStanding:
        """Return what is spent and held in the month and day of an instant."""
        return await self._inner.standing(deployment, at)
