"""The real clock, entropy, environment, processes and files: the one package that touches them.

Hosts construct these and hand them on as ports; nothing else imports this package.
"""

from agentic_core.system.clock import SystemClock
from agentic_core.system.decimals import install_decimal_traps
from agentic_core.system.entropy import SystemEntropy
from agentic_core.system.environment import SystemEnvironment
from agentic_core.system.files import SystemFiles
from agentic_core.system.processes import SystemProcesses

__all__ = [
    "SystemClock",
    "SystemEntropy",
    "SystemEnvironment",
    "SystemFiles",
    "SystemProcesses",
    "install_decimal_traps",
]
