"""Skill files as tests need them: one that is valid, and what becomes of it with changes."""

import json
from collections.abc import Mapping

from agentic_core.errors import SkillInvalid
from agentic_core.skills import Skill, load_skill

__all__ = ["refusals", "rules_skill", "skill_text", "skill_with"]

_SKILL: Mapping[str, object] = {
    "name": "Cross",
    "mode": "rules",
    "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "sizePct": 10},
    "risk": {
        "maxPositionPct": 20,
        "maxTotalExposurePct": 40,
        "maxOrdersPerDay": 20,
        "maxLeverage": 1,
        "allowedSymbols": ["BTC"],
        "dailyLossHaltPct": 5,
    },
}


def rules_skill(changes: Mapping[str, object]) -> dict[str, object]:
    """Return a valid rules skill with changes by dotted path; None takes a field away."""
    skill: dict[str, object] = json.loads(json.dumps(_SKILL))
    for path, value in changes.items():
        *parents, name = path.split(".")
        section = skill
        for parent in parents:
            inner = section.setdefault(parent, {})
            assert isinstance(inner, dict), f"{path} leads through something that is no section"
            section = inner
        section[name] = value
        if value is None:
            del section[name]
    return skill


def skill_text(changes: Mapping[str, object]) -> str:
    """Return the file of a valid rules skill with changes."""
    return json.dumps(rules_skill(changes))


def skill_with(changes: Mapping[str, object]) -> Skill:
    """Load a valid rules skill with changes."""
    return load_skill(skill_text(changes), source="s.json")


def refusals(changes: Mapping[str, object]) -> list[str]:
    """Return the lines with which a changed skill is refused, without the name of the file."""
    try:
        skill_with(changes)
    except SkillInvalid as refusal:
        return [line.removeprefix("s.json: ") for line in str(refusal).splitlines()]
    return []
