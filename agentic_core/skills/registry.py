"""From the rules of a skill to the policy that follows them."""

from typing import assert_never

from agentic_core.errors import SkillInvalid
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.skills.policies import (
    Breakout,
    BreakoutRules,
    EmaCross,
    EmaCrossRules,
    FundingCarry,
    FundingCarryRules,
    Hold,
    HoldRules,
    Rules,
    SmaCross,
    SmaCrossRules,
)
from agentic_core.skills.refusals import POLICY_NAMES
from agentic_core.skills.schema import Skill

__all__ = ["policy_for", "policy_named_in", "policy_names"]


def policy_names() -> tuple[str, ...]:
    """List the names that `rules.policy` may have."""
    return POLICY_NAMES


def policy_for(skill: Skill) -> RulePolicy:
    """Make the rule policy of a skill.

    Raises:
        SkillInvalid: the skill has no rules.
    """
    if skill.rules is None:
        message = (
            f"{skill.slug}: rules: is missing; a {skill.mode} skill has no rule policy: "
            f"set mode to rules and choose one of {', '.join(POLICY_NAMES)}"
        )
        raise SkillInvalid(message)
    return policy_named_in(skill.rules)


def policy_named_in(rules: Rules) -> RulePolicy:
    """Make the rule policy that a `rules` section describes."""
    match rules:
        case BreakoutRules():
            return Breakout(rules)
        case EmaCrossRules():
            return EmaCross(rules)
        case FundingCarryRules():
            return FundingCarry(rules)
        case HoldRules():
            return Hold()
        case SmaCrossRules():
            return SmaCross(rules)
        case _:
            assert_never(rules)
