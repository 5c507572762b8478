"""The database as a runner needs it."""

from typing import Protocol

from agentic_core.ports.notices import NoticeStore
from agentic_core.ports.units import UnitStore

__all__ = ["RunnerStore"]


class RunnerStore(UnitStore, NoticeStore, Protocol):
    """Everything stored, several changes as one, and hints that there are commands."""
