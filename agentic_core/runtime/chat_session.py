"""What a chat model needs of a session: a desk under its lease, and what earlier leases left of it."""

from collections.abc import Callable

from agentic_core.domain.chat import LastTurn
from agentic_core.domain.ids import TickId
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.clock import Clock
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.runtime.chat_desk import ChatDesk, DeskPorts, cost_caps
from agentic_core.runtime.last_turn import last_turn
from agentic_core.runtime.mandate import ByChatModel
from agentic_core.runtime.session import SessionContext

__all__ = ["counted_by", "desk_of", "newest_turn", "settle_abandoned", "told_of"]

_DECISIONS = 100


def desk_of(
    context: SessionContext, *, now: Callable[[], Instant], books: ExecutionBooks | None = None
) -> ChatDesk | None:
    """Return the desk of a deployment whose chat model decides, else None.

    Args:
        context: the deployment under its lease.
        now: the time that months and days of costs are counted by.
        books: order books of the present, for a tool that shows them.
    """
    decider = context.mandate.decider
    if not isinstance(decider, ByChatModel):
        return None
    ports = DeskPorts(
        ledger=context.store.costs,
        fence=context.fence,
        now=now,
        sleep=context.clock.sleep,
        say=context.diary.say,
        books=books,
    )
    read = context.limits
    return ChatDesk(decider.thinking, ports, lambda: cost_caps(context.mandate.limits if read is None else read()))


def counted_by(venue_now: Callable[[], Instant], clock: Clock) -> Callable[[], Instant]:
    """Return the time that costs are counted by: the venue's, as marks are, and ours only while it is not known.

    A clock of this machine that jumps into another month finds no fresh cap there.
    """

    def now() -> Instant:
        try:
            return venue_now()
        except VenueUnavailable:
            return clock.now()

    return now


async def settle_abandoned(context: SessionContext) -> None:
    """Settle the calls that earlier runners left without a cost, at all that was held for them, and say so.

    Raises:
        Fenced: the lease is lost.
        StoreError: the database refused.
    """
    if not isinstance(context.mandate.decider, ByChatModel):
        return
    deployment = context.deployment.id
    calls = await context.store.costs.settle_abandoned(context.fence, deployment, at=context.clock.now())
    if calls:
        message = f"{calls} call(s) of an earlier runner count as all that was held for them"
        context.diary.say(LogEvent.CHAT_CALLS_ABANDONED, message, level=LogLevel.WARN, calls=calls)


async def newest_turn(context: SessionContext) -> DecisionRecord | None:
    """Return the newest decision that a mark brought about, with its result; None where there is none."""
    deployment = context.deployment.id
    for record in await context.store.decisions.recent(deployment, _DECISIONS):
        one = record.decision
        if one.decision_id == TickId(deployment=deployment, mark=one.tick_at).decision:
            return record
    return None


def told_of(context: SessionContext, record: DecisionRecord | None) -> LastTurn | None:
    """Return what a chat model is told of a turn; rules are told nothing."""
    if record is None or not isinstance(context.mandate.decider, ByChatModel):
        return None
    return last_turn(record.decision, record.result, context.mandate.symbols)
