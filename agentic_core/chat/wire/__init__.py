"""What a provider's chat completions look like on the wire: values to bytes, and bytes to values."""

from agentic_core.chat.wire.generation import generation_cost
from agentic_core.chat.wire.outcome import Asked, outcome_of, outcome_without_answer
from agentic_core.chat.wire.request import Ceiling, Flavour, question_body, with_ceiling

__all__ = [
    "Asked",
    "Ceiling",
    "Flavour",
    "generation_cost",
    "outcome_of",
    "outcome_without_answer",
    "question_body",
    "with_ceiling",
]
