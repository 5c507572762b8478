"""The simulated venue in process, on a virtual clock, behind the port that every simulation drives."""

from agentic_hl.simulated.links import SimulatedLink, SimulatedStream
from agentic_hl.simulated.surroundings import LinkFaults, Surroundings
from agentic_hl.simulated.venue import SimulatedHyperliquid

__all__ = ["LinkFaults", "SimulatedHyperliquid", "SimulatedLink", "SimulatedStream", "Surroundings"]
