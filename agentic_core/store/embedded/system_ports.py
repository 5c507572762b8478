"""The ports an embedded PostgreSQL works through."""

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.ports.environment import Environment
from agentic_core.ports.files import Files
from agentic_core.ports.processes import Processes

__all__ = ["SystemPorts"]


class SystemPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of this package hand to each other."""

    processes: Processes
    files: Files
    clock: Clock
    environment: Environment
