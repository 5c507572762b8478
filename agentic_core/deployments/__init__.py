"""Rules and use cases around deployments."""

from agentic_core.deployments.admission import admit
from agentic_core.deployments.service import LOCAL_USER, admit_paper, save_skill

__all__ = ["LOCAL_USER", "admit", "admit_paper", "save_skill"]
