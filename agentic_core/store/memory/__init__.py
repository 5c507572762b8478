"""A store that keeps everything in this process: for backtests, tests and simulation."""

from agentic_core.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
