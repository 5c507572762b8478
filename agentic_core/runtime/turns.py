"""Who takes the turns of a deployment, and how others keep them from being taken."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.records import AgentStateRecord

__all__ = ["Turns"]


class Turns(Protocol):
    """The loop over the marks, as the rest of a runner sees it."""

    def suspended(self) -> AbstractAsyncContextManager[None]:
        """Break off a turn that waits for its decider, let one that is sending finish, and let none begin meanwhile.

        Several may hold the turns back at once; they go on when the last one lets go.
        """

    def heard(self, account: AccountSnapshot) -> None:
        """Take in an account that somebody else has just read."""

    def state(self) -> AgentStateRecord | None:
        """Return what is known of the deployment now; None before the first look at its account."""
