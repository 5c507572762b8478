"""Immutable versions: one canonical text per skill, and its hash.

Defaults are written out in the canonical text, so that a later change of a default cannot change what a stored version
means. The hash is taken over the payload as it is stored, not over what today's schema would make of it.
"""

from hashlib import sha256
from typing import TypeAlias

import msgspec

from agentic_core.skills.exact_json import canonical_text, parse_exact
from agentic_core.skills.schema import Skill
from agentic_core.skills.validation import validate_payload

__all__ = ["AlteredVersion", "IntactVersion", "LoadedVersion", "canonical_json", "load_version", "payload_hash"]


class IntactVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The stored payload is what was saved."""

    skill: Skill


class AlteredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Someone edited the stored payload; it says what they wrote, and nobody approved that."""

    skill: Skill
    expected_hash: str
    found_hash: str


LoadedVersion: TypeAlias = IntactVersion | AlteredVersion


def canonical_json(skill: Skill) -> str:
    """Write a skill in its canonical form, defaults included."""
    return canonical_text(skill.model_dump(by_alias=True))


def payload_hash(canonical: str) -> str:
    """Return the SHA-256 of a canonical text, in hex."""
    return sha256(canonical.encode()).hexdigest()


def load_version(payload: str, expected_hash: str, *, source: str = "stored version") -> LoadedVersion:
    """Read a stored payload and compare it with the hash it was saved under.

    Raises:
        SkillInvalid: the payload is no longer a skill.
    """
    stored = parse_exact(payload, source=source)
    skill = validate_payload(stored, source=source)
    found = payload_hash(canonical_text(stored))
    if found == expected_hash:
        return IntactVersion(skill=skill)
    return AlteredVersion(skill=skill, expected_hash=expected_hash, found_hash=found)
