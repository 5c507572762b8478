"""The stable text of a skill: our header and footer around what its author wrote.

The same version of a skill has the same text, byte for byte, so that a provider can keep it in its cache and a tape
can find a request again. What changes from turn to turn stands in a message of its own (`chat.showing.context`).
"""

from agentic_core.skills.prompt.canary import canary_of
from agentic_core.skills.prompt.composing import PROMPT_BYTES_MAX, Prompt, compose

__all__ = ["PROMPT_BYTES_MAX", "Prompt", "canary_of", "compose"]
