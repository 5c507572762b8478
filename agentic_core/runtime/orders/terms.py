"""What everything at an order desk relies on."""

from collections.abc import Callable

import msgspec

from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.execution.life import Life, ResolutionRules
from agentic_core.logevents import Say
from agentic_core.ports.clock import Clock

__all__ = ["DeskTerms"]


class DeskTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which lease and whose key, by which times and rules."""

    fence: Fence
    """The lease under which everything is written and sent."""
    signer: str | None
    """The address that signs; None where nothing is signed."""
    venue_now: Callable[[], Instant]
    """The newest venue time known."""
    clock: Clock
    """For waiting."""
    rules: ResolutionRules
    say: Say

    def is_own(self, life: Life) -> bool:
        """Tell whether an intent was prepared under this lease; only such a one may be sent."""
        return life.epoch == self.fence.epoch
