"""Chat models that come with the library."""

from agentic_core.chat.scripted import ScriptedChatModel, said

__all__ = ["ScriptedChatModel", "said"]
