"""The minimal venue in a world: its books behind links."""

from agentic_core.domain.times import Instant
from agentic_core.ports.simulated_venue import Fault, LagReads, MoveMark, VenueTruth
from agentic_core.simulation.minimal_venue.books import MinimalBooks
from agentic_core.simulation.minimal_venue.links import MinimalLink, Network
from agentic_core.simulation.minimal_venue.messages import Reply, Request
from agentic_core.simulation.minimal_venue.nonces import NonceBook
from agentic_core.simulation.world import World

__all__ = ["MinimalVenue"]


class MinimalVenue:
    """One account at a venue whose time is the world's."""

    def __init__(self, world: World, *, nonces: NonceBook | None = None) -> None:
        """Open the venue in a world."""
        self._world = world
        self._books = MinimalBooks(nonces)
        self._network = Network(world, self._serve)

    def connect(self, name: str) -> MinimalLink:
        """Open a link for one process."""
        return MinimalLink(name, self._network)

    def inject(self, fault: Fault) -> None:
        """Make something go wrong, or move the mark."""
        self._world.record("fault", type(fault).__name__)
        match fault:
            case LagReads():
                self._books.lag_ms = fault.by_ms
            case MoveMark():
                self._books.move_mark(fault, self._now())
            case _:
                self._network.inject(fault)

    def truth(self) -> VenueTruth:
        """Return what is so at the venue now."""
        return self._books.truth(self._now())

    def _now(self) -> Instant:
        return self._world.clock.now()

    def _serve(self, request: Request) -> Reply:
        answer = self._books.handle(request, self._now())
        self._world.record("venue", f"answers {type(answer).__name__}", reason=getattr(answer, "reason", None))
        return answer
