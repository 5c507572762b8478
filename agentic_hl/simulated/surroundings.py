"""What a venue needs of the simulated world it stands in.

Requests and replies meet every fault. Of streams, messages go in order as TCP keeps them: what is scripted may lose or
hold one up, weather only slows them, and a cut ends them.
"""

from collections.abc import Callable
from typing import Protocol

from agentic_core.ports.clock import Clock
from agentic_core.ports.simulated_venue import Direction, LinkFault, MessageFate

__all__ = ["LinkFaults", "Surroundings"]


class LinkFaults(Protocol):
    """Decides the fate of messages."""

    def inject(self, fault: LinkFault) -> None:
        """Make something go wrong from now on."""
        ...

    def is_cut(self, link: str) -> bool:
        """Tell whether nothing leaves."""
        ...

    def of_exchange(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a request or a reply."""
        ...

    def of_stream(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a message of a stream."""
        ...


class Surroundings(Protocol):
    """A simulated world, as far as a venue in it needs one."""

    @property
    def clock(self) -> Clock:
        """The world's time."""
        ...

    def link_faults(self) -> LinkFaults:
        """Begin what goes wrong on the links of one venue."""
        ...

    def record(self, who: str, what: str, **facts: str | int | None) -> None:
        """Write an event into the trace."""
        ...

    def after(self, ms: int, action: Callable[[], object]) -> None:
        """Let something happen later, whatever becomes of the task that caused it."""
        ...
