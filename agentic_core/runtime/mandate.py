"""What a deployment is allowed to do and who decides for it."""

from typing import TypeAlias

import msgspec

from agentic_core.chat.thinking import Thinking
from agentic_core.domain.ids import AccountKey, DeploymentId, SkillId, Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.times import Interval
from agentic_core.ports.rule_policy import RulePolicy

__all__ = ["ByChatModel", "ByRules", "Decider", "Mandate"]


class ByRules(msgspec.Struct, frozen=True, kw_only=True):
    """A rule policy decides."""

    policy: RulePolicy

    @property
    def label(self) -> str:
        """How the decider is recorded."""
        return f"rules:{self.policy.name}"


class ByChatModel(msgspec.Struct, frozen=True, kw_only=True):
    """A chat model decides."""

    thinking: Thinking

    @property
    def label(self) -> str:
        """How the decider is recorded."""
        return f"chat:{self.thinking.chat_model.model_id}"


Decider: TypeAlias = ByRules | ByChatModel


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment's pinned skill version, as the tick reads it."""

    deployment: DeploymentId
    account: AccountKey
    skill: SkillId
    skill_name: str
    skill_version: int
    payload_hash: str
    symbols: tuple[Symbol, ...]
    """Every symbol the skill looks at or may hold."""
    interval: Interval
    limits: RiskLimits
    decider: Decider
    is_intact: bool = True
    """Whether it was read from the text that was saved; False where somebody had edited that by then."""
    review_after: int | None = None
    """Executed decisions after which a person has to look; None is no such limit."""
