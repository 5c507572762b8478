"""The simulated venue in process, on a virtual clock, behind the port that every simulation drives."""

from agentic_hl.simulated.links import SimulatedLink, SimulatedStream
from agentic_hl.simulated.network import Surroundings
from agentic_hl.simulated.venue import SimulatedHyperliquid

__all__ = ["SimulatedHyperliquid", "SimulatedLink", "SimulatedStream", "Surroundings"]
