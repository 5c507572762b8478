"""What is remembered of the calls of chat models: which, what for, what they cost, and how a thought ended."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from agentic_core.domain.ids import DecisionId, DeploymentId, Symbol
from agentic_core.domain.money import Bps, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = [
    "CallId",
    "CallRecord",
    "ChatPurpose",
    "CostCaps",
    "CostSource",
    "CostStanding",
    "LastTurn",
    "ThoughtStep",
    "UnusableCause",
]


class ChatPurpose(StrEnum):
    """What a call is paid for."""

    LOOK = "look"
    """Nothing is held: whether to open anything."""
    POSITION = "position"
    """Something is held, and has to be looked after."""
    REPAIR = "repair"
    """An answer that could not be used is asked for again."""


class CallId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call: the same turn, step and attempt always have the same one."""

    deployment: DeploymentId
    decision: DecisionId
    step: int
    """Counts the questions of a turn from 0."""
    attempt: int = 0
    """Counts the times a question was sent from 0."""


class CostSource(StrEnum):
    """How a cost is known."""

    REPORTED = "reported"
    """The provider said it with its answer."""
    LOOKED_UP = "looked_up"
    """The provider said it when asked afterwards."""
    BOUND = "bound"
    """Nobody said it, so all that was held is spent."""
    NEVER_LEFT = "never_left"
    """The call provably did not leave this process, so it cost nothing."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the ledger knows of one call; held until it has a cost."""

    call: CallId
    purpose: ChatPurpose
    at: Instant
    """When it was reserved; the UTC day and month it counts to."""
    bound_usd: Usd
    cost_usd: Usd | None = None
    """None while it is held."""
    source: CostSource | None = None
    """None while it is held."""


class CostCaps(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a deployment may spend on chat models."""

    month_usd: Usd
    day_usd: Usd | None = None
    """None is no cap of its own."""
    protected_bps: Bps = Bps(2_000)
    """Share of the month and of the day that only calls for open positions may use."""
    repair_bps: Bps = Bps(1_000)
    """Share of the month that repairs may use in all."""


class CostStanding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a deployment has spent and holds in the UTC month and day of an instant."""

    month_settled: Usd
    month_held: Usd
    day_settled: Usd
    day_held: Usd
    repair_committed: Usd
    """Settled and held of the month for repairs."""


class UnusableCause(StrEnum):
    """Why a turn has no answer; none of them is taken for a wish to do nothing."""

    REFUSED = "refused"
    """The chat model declined to answer."""
    FILTERED = "filtered"
    """The provider withheld the answer."""
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MALFORMED = "malformed"
    """It did not have the form that was asked for, and repairs did not help."""
    LEAKED = "leaked"
    """It repeats what nobody outside may read."""
    STEPS_USED_UP = "steps_used_up"
    BROKEN_OFF = "broken_off"
    """Time ran out, or somebody needed the turn."""
    OVER_BUDGET = "over_budget"
    """The first call was paid for, a further one was not."""
    UNAVAILABLE = "unavailable"
    """The provider did not answer, or with an error that may pass."""
    NOT_ALLOWED = "not_allowed"
    """The provider refuses the key, the model or the request; somebody has to look."""


class ThoughtStep(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One call or one use of a tool, as it is stored with the decision."""

    step: int
    attempt: int = 0
    request_hash: str | None = None
    """SHA-256 of the request of a call, which finds it on its tape."""
    outcome: str
    """`completed`, a `CallFailure`, or of a tool `answered` or `refused`."""
    tool: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Usd | None = None


class LastTurn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of the turn before, in words of ours and numbers only: no prose of a chat model flows on."""

    at: Instant
    kind: str
    """`open`, `close`, `nothing`, or an `UnusableCause`."""
    symbol: Symbol | None = None
    side: Side | None = None
    size: Decimal | None = None
    """Units, or dollars where `size_usd` was named; None where none was."""
    result: str
    """`executed`, `rejected` or `noop`."""
    rule: str | None = None
    """What refused it, such as R5_POSITION_CAP."""
