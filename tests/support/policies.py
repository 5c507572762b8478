"""Every built-in rule policy with small windows, for suites that run over all of them."""

from collections.abc import Mapping

from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.skills import policy_for
from tests.support.skill_files import skill_with

__all__ = ["RULES", "policy_of", "sized"]

RULES: Mapping[str, Mapping[str, object]] = {
    "hold": {"policy": "hold"},
    "sma-cross": {"policy": "sma-cross", "fast": 2, "slow": 3},
    "sma-cross both": {"policy": "sma-cross", "fast": 1, "slow": 4, "direction": "both"},
    "ema-cross": {"policy": "ema-cross", "fast": 2, "slow": 3},
    "ema-cross both": {"policy": "ema-cross", "fast": 1, "slow": 4, "direction": "both"},
    "breakout": {"policy": "breakout", "entry": 3, "exit": 2},
    "breakout slow exit": {"policy": "breakout", "entry": 2, "exit": 4},
    "funding-carry": {"policy": "funding-carry", "enterRate": 0.0002, "exitRate": 0.00005},
}
"""A `rules` section without symbol and size for every policy, by a name that says which."""


def policy_of(rules: Mapping[str, object]) -> RulePolicy:
    """Make the policy of a `rules` section about BTC that opens 10 % of equity unless it says otherwise."""
    return policy_for(skill_with({"rules": {"symbol": "BTC", "sizePct": 10} | dict(rules)}))


def sized(policy: str, **size: float) -> RulePolicy:
    """Make one of the policies above with another size."""
    return policy_of({"sizePct": None} | dict(RULES[policy]) | size)
