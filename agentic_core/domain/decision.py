"""From a wish to its consequence: ProposedAction → Verdict → EngineResult."""

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.chat import ThoughtStep
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import ClientOrderId, DecisionId, DeploymentId, SkillId, Symbol, TraceId
from agentic_core.domain.money import Price, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError

__all__ = [
    "ActionKind",
    "Approved",
    "Change",
    "Decision",
    "Denied",
    "EngineResult",
    "Executed",
    "Noop",
    "NoopResult",
    "PlannedOrder",
    "ProposedAction",
    "RejectedResult",
    "Subject",
    "Usage",
    "Verdict",
]


class ActionKind(StrEnum):
    """What a skill may wish."""

    OPEN = "open"
    CLOSE = "close"


class ProposedAction(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel", forbid_unknown_fields=True):
    """What a skill wants; untrusted until the risk engine has approved it.

    An open names a side and exactly one of `size_usd` and `size`; where the opposite position is held, it is closed
    first. A close names no side; with a size it closes that part, without one the whole position.
    """

    kind: ActionKind
    symbol: Symbol
    side: Side | None = None
    size_usd: Usd | None = None
    size: Size | None = None
    limit_price: Price | None = None
    """The worst price wanted; None leaves it to the collar."""
    reason: str = ""


class PlannedOrder(msgspec.Struct, frozen=True, gc=False):
    """One leg of an approved action: already rounded to what the venue takes."""

    symbol: Symbol
    side: Side
    size: Size
    reduce_only: bool
    limit_price: Price | None = None
    """The worst price wanted; None leaves it to the collar."""
    position_before: Size | None = None
    """Of an opening leg: the signed units of the symbol it was approved on top of."""


class Subject(StrEnum):
    """What would have to be different for a refused action to pass."""

    SIDE = "side"
    """Of the action: name one, or for a close none; no number."""
    SIZE_FORM = "size_form"
    """Of the action: name exactly one of sizeUsd and size; no number."""
    SIZE = "size"
    """Of the action: units of the instrument."""
    LIMIT_PRICE = "limit_price"
    """Of the action."""
    SYMBOL = "symbol"
    """Of the action: one that may be opened; no number."""
    STATE = "state"
    """Trading must become active, which a human orders; no number."""
    UNRESOLVED = "unresolved"
    """Orders whose fate is unknown."""
    MARK = "mark"
    """A mark must be known, from the venue itself where only that will do; no number."""
    MARK_AGE_MS = "mark_age_ms"
    ACCOUNT_AGE_MS = "account_age_ms"
    EQUITY = "equity"
    """US dollars in the account."""
    BASELINE = "baseline"
    """Equity at the UTC day's first mark, US dollars: a new day begins with what there is by then."""
    ORDERS_TODAY = "orders_today"
    """Orders already sent in the UTC day: a new day starts at zero."""
    ORDERS_THIS_MINUTE = "orders_this_minute"
    """Orders already sent in the UTC minute: a new minute starts at zero."""


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that would have to be different; the smallest difference that is enough."""

    subject: Subject
    to: Decimal | int | None = None
    """What it would have to be; None where the subject takes no number."""


class Noop(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="noop"):
    """Nothing was proposed, or there was nothing to do."""

    reason: str = "nothing_proposed"


class Denied(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="denied"):
    """We refuse the action."""

    rule: str
    """Such as R5_POSITION_CAP."""
    detail: str
    """One sentence with the numbers, for people."""
    numbers: Figures
    """Every number the rule used."""
    changes: tuple[Change, ...] = ()
    """The smallest changes that together would let the action pass."""


class Approved(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="approved"):
    """The action may be carried out as planned."""

    plan: tuple[PlannedOrder, ...]
    numbers: Figures
    adjusted: tuple[str, ...] = ()
    """Rules that made a partial close larger, because the venue would have refused it or left dust."""
    withheld: Denied | None = None
    """Why the opening leg of an opposite open is left out of the plan; its closing leg is never refused."""


Verdict: TypeAlias = Noop | Denied | Approved


class NoopResult(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="noop"):
    """Recorded: nothing was done."""

    reason: str


class RejectedResult(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="rejected"):
    """Recorded: refused, by our rule or (rule `VENUE`) by the venue."""

    rule: str
    detail: str
    numbers: Figures = Figures()


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

    def __post_init__(self) -> None:
        """Refuse a cost that would make the sum of a month none.

        Raises:
            UsageError: it is negative, or no number.
        """
        if self.cost_usd is not None and not (self.cost_usd.is_finite() and self.cost_usd >= 0):
            raise UsageError(f"a decision cannot cost {self.cost_usd} USD; say None where the cost is not known")


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
    context_hash: str | None = None
    """SHA-256 of the first request a chat model was sent, hex; None where none was asked."""
    steps: tuple[ThoughtStep, ...] = ()
    """Every call and every use of a tool, in order."""
