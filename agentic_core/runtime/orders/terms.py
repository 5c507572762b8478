"""What everything at an order desk relies on."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.execution.life import Life, ResolutionRules
from agentic_core.logevents import Say
from agentic_core.ports.clock import Clock

__all__ = ["BeforeSending", "DeskTerms", "send_at_once"]

BeforeSending: TypeAlias = Callable[[], Awaitable[None]]
"""Awaited when a send or a burn is written down, before anything of it leaves; what it raises keeps everything here."""


async def send_at_once() -> None:
    """Let everything leave as soon as the database has it."""


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
    before_sending: BeforeSending = send_at_once

    def is_own(self, life: Life) -> bool:
        """Tell whether an intent was prepared under this lease; only such a one may be sent."""
        return life.epoch == self.fence.epoch
