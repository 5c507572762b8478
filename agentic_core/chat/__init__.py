"""Chat models that come with the library."""

from agentic_core.chat.scripted import ScriptedChatModel

__all__ = ["ScriptedChatModel"]
