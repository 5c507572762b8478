"""Skill files to start from."""

import json
from typing import assert_never

from agentic_core.skills.sections import SkillMode

__all__ = ["starter"]

_RULES = {"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "direction": "long", "sizePct": 10}
_THESIS = {
    "thesis": "Say what you believe about the market, and what would prove you wrong.",
    "lookFor": "Say what has to be seen before a position is opened.",
    "avoid": "Say when to stay out.",
    "model": "anthropic/claude-sonnet-4.5",
}


def starter(name: str, mode: SkillMode) -> str:
    """Write a valid skill file with cautious caps, to be edited."""
    content: dict[str, object] = {"name": name, "mode": mode.value}
    match mode:
        case SkillMode.RULES:
            content |= {"rules": _RULES}
        case SkillMode.THESIS:
            content |= _THESIS
        case SkillMode.HYBRID:
            content |= _THESIS | {"rules": _RULES}
        case _:
            assert_never(mode)
    content |= {
        "schedule": {"interval": "5m"},
        "context": {"symbols": ["BTC"], "lookback": 100},
        "risk": {
            "maxPositionPct": 20,
            "maxTotalExposurePct": 40,
            "maxOrdersPerDay": 20,
            "maxOrdersPerMinute": 10,
            "maxLeverage": 1,
            "minOrderUsd": 10,
            "allowedSymbols": ["BTC"],
            "maxMonthlyCostUsd": 200,
            "dailyLossHaltPct": 5,
            "maxDrawdownPct": 25,
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
