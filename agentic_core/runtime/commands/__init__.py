"""Commands of the deployer: which are obeyed, refused or taken up, and how the long ones are carried out."""

from agentic_core.runtime.commands.control import Control
from agentic_core.runtime.commands.plan import Answer, Begin, Known, Obey, Refuse, plan, saga_due

__all__ = ["Answer", "Begin", "Control", "Known", "Obey", "Refuse", "plan", "saga_due"]
