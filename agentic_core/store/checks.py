"""What both stores refuse before they write."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from agentic_core.domain.account_days import AccountDay
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.order import (
    TERMINAL_STATES,
    Fence,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    SendOutcome,
)
from agentic_core.domain.records import Command, CommandState, IntentRecord
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import HOUR_MS, Interval
from agentic_core.errors import UsageError
from agentic_core.ports.tape import TapeEntry
from agentic_core.store import sentences

__all__ = [
    "AFTER_BOOKED",
    "CLOCKS_AGREE_MS",
    "FINAL_OUTCOMES",
    "STEPS_MAX",
    "STEP_TEXT_MAX",
    "TEXT_MAX",
    "UNRESOLVED_STATES",
    "check_attempts",
    "check_claimed",
    "check_day",
    "check_final",
    "check_free",
    "check_note",
    "check_outcome",
    "check_payload",
    "check_run",
    "check_tape_entry",
    "deployment_of",
    "interval_named",
    "interval_of",
    "is_living",
    "is_signed_at_once",
    "shortened",
    "was_sent",
]

FINAL_OUTCOMES = frozenset({CommandState.APPLIED, CommandState.REFUSED, CommandState.EXPIRED})
"""States in which a command has its one outcome."""

UNRESOLVED_STATES = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})
"""States in which the fate of an intent is not known."""

AFTER_BOOKED = frozenset(
    {IntentState.BOOKED, IntentState.RESTING, IntentState.UNKNOWN, IntentState.PARTIAL, IntentState.FILLED}
)
"""What a booked intent may be noted as: it was booked, or facts showed that it lives or executed more after all."""


TEXT_MAX = 4_000
"""Characters; every record of a journal has to fit into the copy that a runner makes before it sends anything."""


STEPS_MAX = 32
"""How many steps are kept of a command."""

STEP_TEXT_MAX = 200
"""Characters of one step."""

_INTERVALS = frozenset(Interval)

CLOCKS_AGREE_MS = HOUR_MS
"""A job that began later than this after now was begun by a wrong clock."""


class _Schedule(msgspec.Struct, frozen=True):
    interval: str | None = None


class _Payload(msgspec.Struct, frozen=True):
    schedule: _Schedule = _Schedule()


def shortened(text: str, length: int = TEXT_MAX) -> str:
    """Cut what somebody else may have written at a length that every record has room for."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def check_payload(payload: Mapping[str, str]) -> None:
    """Refuse what is too long to go along with a command.

    Raises:
        UsageError: it is.
    """
    length = sum(len(name) + len(word) for name, word in payload.items())
    if length > TEXT_MAX:
        raise UsageError(f"the payload of a command has {length} characters, and {TEXT_MAX} is the most; shorten it")


def check_final(state: CommandState) -> None:
    """Refuse to acknowledge a command with a state that is none.

    Raises:
        UsageError: the state is not final.
    """
    if state not in FINAL_OUTCOMES:
        raise UsageError(f"a command is acknowledged as applied, refused or expired, not as {state}")


def check_attempts(intents: Sequence[OrderIntent]) -> None:
    """Refuse to prepare two actions of one kind as the same attempt at a leg.

    Raises:
        Conflict: there are two.
    """
    if len(intents) > 1 and len({(each.kind, each.leg, each.attempt) for each in intents}) < len(intents):
        raise sentences.conflict(sentences.ATTEMPTED_BEFORE)


def check_claimed(command: Command, fence: Fence) -> None:
    """Refuse to note a step of a command that this epoch did not take up; one that has its outcome needs none.

    Raises:
        UsageError: it did not.
    """
    if command.state not in FINAL_OUTCOMES and command.claimed_epoch != fence.epoch:
        message = f"{command.kind} {command.seq} was not claimed by epoch {fence.epoch}; claim it before noting a step"
        raise UsageError(message)


def check_day(fence: Fence, day: AccountDay) -> None:
    """Refuse a day of an account that is not the fence's.

    Raises:
        UsageError: it is another's.
    """
    if day.account != fence.account:
        raise UsageError(f"the lease is of account {fence.account!r}, and the day of {day.account!r}")


def check_outcome(prepared: PreparedIntent, outcome: SendOutcome) -> None:
    """Refuse to settle an order with what became of another.

    Raises:
        UsageError: the client order ids differ.
    """
    if outcome.cloid != prepared.intent.cloid:
        raise UsageError(f"the outcome of {outcome.cloid} cannot settle {prepared.intent.cloid}")


def check_note(known: IntentRecord, record: IntentRecord) -> None:
    """Refuse a note that would forget something: counts only grow, and a booked order ends in no other way.

    Raises:
        Conflict: it would.
    """
    grows = (
        record.filled >= known.filled
        and record.booked >= known.booked
        and record.sends >= known.sends
        and record.burns >= known.burns
    )
    if not grows or (known.state is IntentState.BOOKED and record.state not in AFTER_BOOKED):
        raise sentences.forgetful(known, record)


def check_free(known: IntentRecord, epoch: int) -> None:
    """Refuse to number an intent that has a number, or that this epoch cannot send.

    Raises:
        Conflict: it has a nonce, is not prepared any more, or was prepared by another epoch.
    """
    is_free = known.prepared.nonce is None and known.state is IntentState.PREPARED
    if not is_free or known.prepared.fence.epoch != epoch:
        raise sentences.not_free(known, epoch)


def deployment_of(account: AccountKey) -> DeploymentId | None:
    """Return the deployment of a paper account; the keys of others do not say it."""
    _, is_paper, deployment = account.partition("paper:")
    return DeploymentId(deployment) if is_paper else None


def interval_named(text: str | None) -> Interval:
    """Return how often a version decides that says this; where it says nothing, as often as any that does not."""
    return Interval(text) if text in _INTERVALS else Interval.M5


def interval_of(payload: str) -> Interval:
    """Return how often a version decides."""
    return interval_named(msgspec.json.decode(payload, type=_Payload).schedule.interval)


def is_living(record: IntentRecord) -> bool:
    """Tell whether something is left to do about an intent: it has not ended, or not all it executed is booked."""
    if record.state in {IntentState.FILLED, IntentState.PARTIAL}:
        return record.uncounted or record.booked < record.filled
    return record.state not in TERMINAL_STATES


def was_sent(record: IntentRecord) -> bool:
    """Tell whether an intent left for the venue, as far as is known."""
    return record.sends > 0 or record.state not in {IntentState.PREPARED, IntentState.DEAD}


def is_signed_at_once(intent: OrderIntent) -> bool:
    """Tell whether an intent that is to be signed gets its nonce when it is prepared."""
    return intent.kind is not IntentKind.STOP


def check_run(run: DeploymentId, decisions: Sequence[DecisionRecord]) -> None:
    """Refuse to record decisions under a run that did not take them.

    Raises:
        UsageError: a decision is of another run.
    """
    for record in decisions:
        if record.decision.deployment != run:
            raise UsageError(f"decision {record.decision.decision_id} is of {record.decision.deployment}, not of {run}")


def check_tape_entry(entry: TapeEntry) -> None:
    """Refuse an exchange that nobody would find by what it asked.

    Raises:
        UsageError: its key is not that of its request.
    """
    wanted = sha256(entry.request).hexdigest()
    digest, slash, attempt = entry.key.partition("/")
    if digest != wanted or not slash or not attempt.isdecimal():
        raise UsageError(f"an exchange is kept under {wanted}/ and its attempt, not under {entry.key!r}")
