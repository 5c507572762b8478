"""Rule policies that come with the library: plain code, no chat model, no key."""

from typing import Annotated, TypeAlias

from pydantic import Field

from agentic_core.skills.policies.breakout import Breakout, BreakoutRules
from agentic_core.skills.policies.cross import CrossDirection, EmaCross, EmaCrossRules, SmaCross, SmaCrossRules
from agentic_core.skills.policies.funding_carry import FundingCarry, FundingCarryRules
from agentic_core.skills.policies.hold import Hold, HoldRules
from agentic_core.skills.policies.opening import OpeningRules, Sizing

__all__ = [
    "Breakout",
    "BreakoutRules",
    "CrossDirection",
    "EmaCross",
    "EmaCrossRules",
    "FundingCarry",
    "FundingCarryRules",
    "Hold",
    "HoldRules",
    "OpeningRules",
    "Rules",
    "Sizing",
    "SmaCross",
    "SmaCrossRules",
]

Rules: TypeAlias = Annotated[
    BreakoutRules | EmaCrossRules | FundingCarryRules | HoldRules | SmaCrossRules, Field(discriminator="policy")
]
"""The `rules` section of a skill; its `policy` says which fields it has."""
