"""What a host hands to the commands."""

from dataclasses import dataclass

from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.environment import Environment
from agentic_core.ports.files import Files
from agentic_core.ports.processes import Processes

__all__ = ["Services"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The real clock, entropy, environment, processes and files; made by the host, opened by nobody yet."""

    clock: Clock
    entropy: Entropy
    environment: Environment
    processes: Processes
    files: Files
