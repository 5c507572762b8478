"""Puts the stable text of a skill together."""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from agentic_core.errors import SkillInvalid
from agentic_core.skills.chat_consistency import TEXT_BYTES_MAX
from agentic_core.skills.chat_options import ChatOptions, ReplyBy
from agentic_core.skills.prompt.canary import canary_of
from agentic_core.skills.prompt.words import (
    FIELD_TITLES,
    FOOTER,
    HEADER,
    LEASHES,
    MODES,
    REPLY_BY_SCHEMA,
    REPLY_BY_TOOL,
    TOOLS,
)
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode

__all__ = ["PROMPT_BYTES_MAX", "Prompt", "compose"]

PROMPT_BYTES_MAX = 2 * TEXT_BYTES_MAX + 8_000
"""UTF-8 bytes of the whole text: indentation can at most double the author's texts, the rest is ours."""

_INDENT = "  "


class Prompt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The stable text of one skill version."""

    text: str
    hash: str
    """SHA-256 of the text, hex."""
    canary: str
    """The word that no answer may repeat; it stands in the text."""


def compose(skill: Skill, payload_hash: str, *, by: ReplyBy = ReplyBy.SCHEMA) -> Prompt:
    """Put the text of a skill together.

    Args:
        skill: a skill that asks a chat model.
        payload_hash: of its version; the canary follows from it.
        by: the form of the answer where the skill does not name one.

    Raises:
        SkillInvalid: it is a rules skill.
    """
    if skill.mode is SkillMode.RULES:
        raise SkillInvalid(f"{skill.slug}: mode: was rules; only a skill that asks a chat model has a prompt")
    canary = canary_of(payload_hash)
    text = "\n\n".join(_parts(skill, skill.chat_options or ChatOptions(), canary, by))
    assert len(text.encode()) <= PROMPT_BYTES_MAX, "the checks of a skill hold its texts to their bound"
    return Prompt(text=text, hash=sha256(text.encode()).hexdigest(), canary=canary)


def _parts(skill: Skill, options: ChatOptions, canary: str, by: ReplyBy) -> Iterator[str]:
    yield HEADER.replace("{canary}", canary)
    yield "# How closely you keep to the skill"
    yield f"{MODES[skill.mode]}\n{LEASHES[skill.mode, skill.leash]}"
    yield "# The skill\n\nIndented lines are the author's own words."
    for name, text in skill.thesis_texts().items():
        if text.strip():
            yield f"{FIELD_TITLES[name]}:\n{_indented(text)}"
    if skill.tools:
        yield TOOLS.replace("{names}", ", ".join(skill.tools)).replace("{steps}", str(options.max_steps))
    form = REPLY_BY_TOOL if (options.reply_by or by) is ReplyBy.TOOL else REPLY_BY_SCHEMA
    yield FOOTER.replace("{form}", form)


def _indented(text: str) -> str:
    # No line of the author's can pass for a heading of ours.
    return "\n".join(f"{_INDENT}{line}".rstrip() for line in text.strip().splitlines())
