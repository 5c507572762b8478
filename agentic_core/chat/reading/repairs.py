"""What a chat model is told when its answer could not be used: in our words, never in its own."""

from collections.abc import Sequence
from typing import Final

from agentic_core.chat.reading.faults import Fault, ReplyError

__all__ = ["LAST_QUESTION", "MEANINGS", "repair_text"]

LAST_QUESTION: Final = "This is the last question of this turn: use no more tools, hand in your answer now."

MEANINGS: Final = {
    Fault.NOT_JSON: "it is not JSON",
    Fault.FENCED: "it stands in a code fence; write the JSON alone",
    Fault.SURROUNDED: "something stands before or after the JSON; write the JSON alone",
    Fault.TOO_LONG: "it is too long",
    Fault.TOO_DEEP: "it is nested too deeply",
    Fault.NOT_AN_OBJECT: "it has to be a JSON object",
    Fault.MISSING_FIELD: "this field is missing",
    Fault.UNKNOWN_FIELD: "there is a field here that the schema does not have",
    Fault.TWICE: "a field is written twice here",
    Fault.NOT_A_TEXT: "it has to be a text",
    Fault.NOT_A_NUMBER: "it has to be a JSON number, or null where the schema takes null",
    Fault.NUMBER_TOO_LONG: "the number has too many digits",
    Fault.NOT_OFFERED: "it has to be one of the words of the schema",
    Fault.NOT_A_SYMBOL: "it has to be a symbol of the schema",
    Fault.NOT_ONE_SIZE: "an open names exactly one of size and sizeUsd",
    Fault.TWO_ANSWERS: "hand in one answer, and use no other tool with it",
    Fault.TOO_MANY_TOOLS: "too many tools at once; use fewer",
}
"""What each code says, for the chat model and for the documentation."""

_BY_SCHEMA: Final = "Answer again with one JSON object as the schema says, and nothing around it."
_BY_TOOL: Final = "Answer again: use the tool propose_order once, with arguments as its schema says."


def repair_text(errors: Sequence[ReplyError], *, by_tool: bool) -> str:
    """Return the question that asks for the answer again, with the code, the place and the meaning of every fault."""
    lines = [f"- {error.fault} at {error.path or 'the whole reply'}: {MEANINGS[error.fault]}" for error in errors]
    head = "Your answer could not be used, and nothing was done for it:"
    return "\n".join([head, *lines, _BY_TOOL if by_tool else _BY_SCHEMA])
