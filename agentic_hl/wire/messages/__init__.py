"""What the venue says: answers to questions and frames of the stream, typed, with decimals kept as text until read."""

from agentic_hl.wire.messages.answers import ANSWERS
from agentic_hl.wire.messages.frames import Frame, read_frame
from agentic_hl.wire.messages.reading import Reader, Unreadable

__all__ = ["ANSWERS", "Frame", "Reader", "Unreadable", "read_frame"]
