"""What a host hands to the commands."""

from typing import Protocol

from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.environment import Environment
from agentic_core.ports.files import Files

__all__ = ["Services"]


class Services(Protocol):
    """The real clock, entropy, environment and files; the services of the core's commands fit."""

    @property
    def clock(self) -> Clock:
        """Where time comes from."""

    @property
    def entropy(self) -> Entropy:
        """Where unpredictable values come from."""

    @property
    def environment(self) -> Environment:
        """The environment variables."""

    @property
    def files(self) -> Files:
        """The file system."""
