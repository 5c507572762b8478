"""Running a skill in the present: the tick, its effects, and the loop that drives it."""

from agentic_core.runtime.drive import drive, immediately
from agentic_core.runtime.interpreter import Interpreter
from agentic_core.runtime.mandate import ByChatModel, ByRules, Decider, Mandate
from agentic_core.runtime.recorder import RunRecorder
from agentic_core.runtime.tick import Held, Skipped, TickOutcome, Turned, flatten, tick

__all__ = [
    "ByChatModel",
    "ByRules",
    "Decider",
    "Held",
    "Interpreter",
    "Mandate",
    "RunRecorder",
    "Skipped",
    "TickOutcome",
    "Turned",
    "drive",
    "flatten",
    "immediately",
    "tick",
]
