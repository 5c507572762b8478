"""What is looked at before each turn, and may keep it from being taken."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.times import Instant
from agentic_core.runtime.alerts import AlertWatch, UnansweredAlerts
from agentic_core.runtime.cost_guard import CostGuard
from agentic_core.runtime.mandate import Mandate
from agentic_core.runtime.own_pauses import OwnPauses
from agentic_core.runtime.pinned import PinnedVersion
from agentic_core.runtime.reviewing import ReviewLimit
from agentic_core.runtime.session import SessionContext
from agentic_core.runtime.standing import Standing

__all__ = ["Guard", "TickGuards", "no_guards", "standard_guards"]


class Guard(Protocol):
    """One thing that is looked at."""

    async def __call__(self, mark: Instant) -> str | None:
        """Return why no turn is taken at this mark, or None where nothing stands against it."""


class TickGuards(msgspec.Struct, frozen=True):
    """Everything that is looked at, and the caps as they were read last."""

    guards: Sequence[Guard]
    limits: Callable[[], RiskLimits]

    async def check(self, mark: Instant) -> str | None:
        """Ask all of them, and return the first reason against a turn."""
        reasons = [await guard(mark) for guard in self.guards]
        return next((reason for reason in reasons if reason is not None), None)


def standard_guards(context: SessionContext, standing: Standing, *, alerts: AlertWatch | None = None) -> TickGuards:
    """Return the guards of a deployment whose version is stored.

    Args:
        context: the deployment under its lease.
        standing: where restrictions are held.
        alerts: told of every call for a human; None where an unanswered one does not pause.
    """
    pauses, pinned = OwnPauses(context, standing), PinnedVersion(context, standing)
    guards: list[Guard] = [pinned, CostGuard(context, pauses, pinned.limits)]
    if context.mandate.review_after is not None:
        guards.append(ReviewLimit(context, pauses, context.mandate.review_after))
    if alerts is not None:
        guards.append(UnansweredAlerts(context, pauses, alerts))
    return TickGuards(tuple(guards), pinned.limits)


def no_guards(mandate: Mandate) -> TickGuards:
    """Return no guards at all, for a run whose version nobody can change."""
    return TickGuards((), lambda: mandate.limits)
