"""Whether a skill may be stored and deployed: only with a bound on what it can lose."""

from collections.abc import Mapping
from typing import assert_never

from agentic_core.domain.bounds import LossBound, Unbounded
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.errors import SkillUnbounded
from agentic_core.risk.loss_bound import loss_bound
from agentic_core.skills.schema import Skill

__all__ = ["admit"]


def admit(skill: Skill, instruments: Mapping[Symbol, Instrument], *, source: str) -> LossBound:
    """Return the most a skill can lose by its caps; `source` names it in the refusal.

    Raises:
        SkillUnbounded: its caps let everything deposited be lost; the message names the cap to change and the largest
            value that would do.
    """
    match loss_bound(skill.limits(), instruments):
        case LossBound() as bound:
            return bound
        case Unbounded(path=path, reason=reason):
            message = f"{source}: {path}: {reason}"
            raise SkillUnbounded(message)
        case never:
            assert_never(never)
