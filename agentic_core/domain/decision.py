"""From a wish to its consequence: ProposedAction → Verdict → EngineResult."""

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.ids import ClientOrderId, DecisionId, DeploymentId, SkillId, Symbol, TraceId
from agentic_core.domain.money import Size, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = [
    "ActionKind",
    "Approved",
    "Decision",
    "Denied",
    "EngineResult",
    "Executed",
    "Noop",
    "NoopResult",
    "Number",
    "PlannedOrder",
    "ProposedAction",
    "RejectedResult",
    "Usage",
    "Verdict",
]

Number: TypeAlias = Decimal | int | None
"""A figure of a verdict: an exact and finite number, or nothing known; names stand in the detail.

No texts, because a Decimal is one in JSON and could not be told from a name when it is read again.
"""


class ActionKind(StrEnum):
    """What a skill may wish."""

    OPEN = "open"
    CLOSE = "close"


class ProposedAction(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel", forbid_unknown_fields=True):
    """What a skill wants; untrusted until the risk engine has approved it.

    An open names a side and exactly one of `size_usd` and `size`; where the opposite position is held, it is closed
    first. A close names neither and closes the whole position.
    """

    kind: ActionKind
    symbol: Symbol
    side: Side | None = None
    size_usd: Usd | None = None
    size: Size | None = None
    reason: str = ""


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One leg of an approved action: already rounded to what the venue takes."""

    symbol: Symbol
    side: Side
    size: Size
    reduce_only: bool


class Noop(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="noop"):
    """Nothing was proposed, or there was nothing to do."""

    reason: str = "nothing_proposed"


class Denied(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="denied"):
    """We refuse the action."""

    rule: str
    """Such as R5_POSITION_CAP."""
    detail: str
    """One sentence with the numbers, for people."""
    numbers: dict[str, Number]
    """Every number the rule used, by name."""


class Approved(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="approved"):
    """The action may be carried out as planned."""

    plan: tuple[PlannedOrder, ...]
    numbers: dict[str, Number]


Verdict: TypeAlias = Noop | Denied | Approved


class NoopResult(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="noop"):
    """Recorded: nothing was done."""

    reason: str


class RejectedResult(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="rejected"):
    """Recorded: refused, by our rule or (rule `VENUE`) by the venue."""

    rule: str
    detail: str
    numbers: dict[str, Number] = {}


class Executed(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="executed", rename="camel"):
    """Recorded: sent to the venue; UNKNOWN states are spelled out, never rounded to filled or rejected."""

    order_id: ClientOrderId
    """The last leg's client order id."""
    states: dict[ClientOrderId, str]
    """Every leg with the state it reached."""
    filled_size: Size
    fee: Usd


EngineResult: TypeAlias = NoopResult | RejectedResult | Executed


class Usage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a chat model consumed; a cost of None is unknown, never zero."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Usd | None = Usd(Decimal(0))


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One turn as it is stored in `decision_snapshots`."""

    decision_id: DecisionId
    trace_id: TraceId
    deployment: DeploymentId
    skill: SkillId
    skill_version: int
    tick_at: Instant
    decided_by: str
    """`rules:<policy>` or `chat:<model id>`; a rule policy is never shown as a language model."""
    proposed_action: ProposedAction | None
    verdict: Verdict
    equity: Usd
    marks: dict[Symbol, Decimal]
    usage: Usage = Usage()
    final_text: str = ""
