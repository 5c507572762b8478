"""Who has spent what on chat models: held before a call, settled after it."""

from typing import Protocol

from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps, CostSource, CostStanding
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant

__all__ = ["CostLedger"]


class CostLedger(Protocol):
    """Reservations and costs; every method is one transaction, whoever else calls at the same moment.

    What is settled and what is held never exceed a cap together, as long as no provider asks more than its bound.
    """

    async def reserve(
        self, fence: Fence, call: CallId, purpose: ChatPurpose, bound: Usd | None, caps: CostCaps, *, at: Instant
    ) -> str | None:
        """Hold the most a call can cost; returns why not where it does not fit or is unknown, and holds nothing then.

        The same call reserved again changes nothing.

        Raises:
            Fenced: the fence is not the account's live lease; nothing is held.
            Conflict: the call was settled before.
            StoreUnavailable: with `commit_unknown` only `find` tells whether it is held.
        """

    async def settle(self, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant) -> Usd:
        """Replace what is held for a call by its cost, None by all of it; returns what it counts as from now on.

        No lease is needed, because the call was made under one. A call that has a cost keeps it.

        Raises:
            NotFound: nothing was held for it.
        """

    async def settle_abandoned(self, fence: Fence, deployment: DeploymentId, *, at: Instant) -> int:
        """Settle whatever earlier leases left held at its bound; returns how many calls those were.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def find(self, call: CallId) -> CallRecord | None:
        """Return what is known of a call."""

    async def calls(self, decision: DecisionId) -> tuple[CallRecord, ...]:
        """Return the calls of a decision by step and attempt."""

    async def standing(self, deployment: DeploymentId, at: Instant) -> CostStanding:
        """Return what is spent and held in the UTC month and day of an instant."""
