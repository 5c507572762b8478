"""How a skill thinks: who is asked, with which words, with which tools, and how often."""

from decimal import Decimal

import msgspec

from agentic_core.chat.toolbox import Toolbox
from agentic_core.ports.chat_model import ChatModel, Routing
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.skills.sections import Leash

__all__ = ["Thinking"]


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed for the life of a deployment; made from a skill version by `chat.setup.thinking_for`."""

    chat_model: ChatModel
    model_id: str
    """As the skill names it; requests carry it."""
    fallbacks: tuple[str, ...] = ()
    system: str
    """The stable text of `skills.prompt`: header, the author's fields, footer."""
    canary: str
    """A word in the stable text that no answer may repeat."""
    tools: Toolbox
    """Those on the skill's list, no others."""
    lookback: int
    """Candles shown per symbol."""
    leash: Leash = Leash.BALANCED
    signal: RulePolicy | None = None
    """The rules of a hybrid skill."""
    completion_tokens_max: int = 2_000
    temperature: Decimal | None = None
    seed: int | None = None
    effort: str | None = None
    routing: Routing = Routing()
    has_reply_schema: bool = True
    """Whether answers are asked for by a JSON schema; otherwise only by `propose_order`."""
    steps_max: int = 6
    """Questions of a turn, repairs included."""
    repairs_max: int = 1
    attempts_max: int = 3
    """Times a question is sent where the provider fails."""
    call_ms_max: int = 120_000
