"""What a deployment is allowed to do and who decides for it."""

from typing import TypeAlias

import msgspec

from agentic_core.domain.ids import AccountKey, DeploymentId, SkillId, Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.times import Interval
from agentic_core.ports.chat_model import ChatModel
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

    chat_model: ChatModel
    payload: str
    """The skill as canonical JSON, for the prompt."""
    lookback: int
    """Candles shown per symbol."""

    @property
    def label(self) -> str:
        """How the decider is recorded."""
        return f"chat:{self.chat_model.model_id}"


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
    review_after: int | None = None
    """Executed decisions after which a person has to look; None is no such limit."""
