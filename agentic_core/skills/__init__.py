"""Skills: what people write, its versions, its limits, and the rule policies that come with the library."""

from agentic_core.skills.registry import policy_for, policy_names
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode
from agentic_core.skills.tradability import Blocker, Tradable, Untradable, check_tradable
from agentic_core.skills.validation import load_skill, validate_payload
from agentic_core.skills.versions import (
    AlteredVersion,
    IntactVersion,
    canonical_json,
    load_version,
    payload_hash,
)

__all__ = [
    "AlteredVersion",
    "Blocker",
    "IntactVersion",
    "Skill",
    "SkillMode",
    "Tradable",
    "Untradable",
    "canonical_json",
    "check_tradable",
    "load_skill",
    "load_version",
    "payload_hash",
    "policy_for",
    "policy_names",
    "validate_payload",
]
