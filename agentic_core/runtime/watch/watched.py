"""The account that is watched, and whom its watchers tell."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.evidence import Evidence
from agentic_core.execution.life import Life
from agentic_core.logevents import Say
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.ledger import LedgerStore

__all__ = ["LatchHalt", "OwnOrders", "Watched"]

LatchHalt: TypeAlias = Callable[[HaltReason, str], Awaitable[None]]
"""Latches a halt with its reason in words, durably; latched already, it stays as it is."""


class OwnOrders(Protocol):
    """What a watcher needs of the desk that keeps our orders."""

    @property
    def lives(self) -> Mapping[ClientOrderId, Life]:
        """The intents about which something may still be learned."""

    async def learn(
        self, cloid: ClientOrderId, evidence: Evidence | None = None, fills: Sequence[Fill] = ()
    ) -> Life | None:
        """Take in what was told of an intent, and book its fills, each once; None where it is not one of ours."""

    def look(self, cloid: ClientOrderId) -> object:
        """Have the venue asked about an intent soon."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One account under one lease."""

    fence: Fence
    deployment: DeploymentId
    """Whose ledger takes the executions that no intent of ours caused, funding and transfers."""
    orders: OwnOrders
    store: IntentStore
    ledger: LedgerStore
    say: Say
    halt: LatchHalt
    venue_now: Callable[[], Instant]
    since: Instant
    """Since when the account is ours to answer for; what others did before it raises no alarm.

    The same after a restart, such as the moment the deployment was started first.
    """
