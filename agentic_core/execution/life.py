"""What is known of one order intent, and the times that decide when silence becomes proof."""

import msgspec

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import TERMINAL_STATES, IntentState, OrderIntent, PreparedIntent, TimeInForce
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.times import Instant
from agentic_core.execution.findings import VENUE_ENDS, Finding

__all__ = ["RULES", "UNRESOLVED_STATES", "Life", "ResolutionRules", "begin", "life_of"]

UNRESOLVED_STATES = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})
"""States in which nobody knows whether the order may still execute."""


class ResolutionRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long things take, in milliseconds of venue time."""

    expiry_ms: int = 10_000
    """How long the venue may still accept an order after it was prepared."""
    margin_ms: int = 5_000
    """How much longer what the venue shows may lag behind what it did."""
    absence_gap_ms: int = 2_000
    """How far apart two reads of absence have to be."""
    send_left_ms: int = 3_000
    """How much of the expiry has to be left when sending begins."""
    search_back_ms: int = 60_000
    """How long before the creation of the intent the search for its fills starts."""
    observe_every_ms: int = 1_000
    """How long to wait between two looks that teach nothing."""

    def expires_at(self, now: Instant) -> Instant:
        """Return the expiry of an order that is prepared now, in venue time.

        >>> RULES.expires_at(Instant(1_000))
        11000
        """
        return Instant(now + self.expiry_ms)


RULES = ResolutionRules()


class Life(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one intent; made by `begin`, changed only by `learn`."""

    prepared: PreparedIntent
    state: IntentState = IntentState.PREPARED
    filled: Size = Size(ZERO)
    """Units known to have executed."""
    booked: Size = Size(ZERO)
    """Units of them known to be in the ledger."""
    sends: int = 0
    """Sends that began; one that failed before its first byte still counts."""
    burns: int = 0
    """Burns that began."""
    absent_at: Instant | None = None
    """Venue time of the earliest read that counts of those that showed nothing new."""
    uncounted: bool = False
    """Whether the venue called it filled and how much that was is open: `filled` is then the least that executed.

    A reduce-only order is clipped to the position, so the word does not stand for its size.
    """
    filled_at: Instant | None = None
    """Of an uncounted one: the earliest venue time known by which it was filled."""
    ended_by: Finding | None = None
    """What ended it; None while it has not ended."""

    @property
    def intent(self) -> OrderIntent:
        """The order itself."""
        return self.prepared.intent

    @property
    def cloid(self) -> ClientOrderId:
        """Its client order id."""
        return self.prepared.intent.cloid

    @property
    def epoch(self) -> int:
        """The epoch that prepared it; only that one may send it."""
        return self.prepared.fence.epoch

    @property
    def is_terminal(self) -> bool:
        """Whether it can execute nothing more."""
        return self.state in TERMINAL_STATES

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody knows if it may still execute."""
        return self.state in UNRESOLVED_STATES

    @property
    def is_position_sized(self) -> bool:
        """Whether it always covers the whole position, so that its own size bounds nothing."""
        trigger = self.intent.trigger
        return trigger is not None and trigger.position_sized

    @property
    def may_rest(self) -> bool:
        """Whether the venue may keep it once it arrived."""
        return self.intent.trigger is not None or self.intent.time_in_force is not TimeInForce.IOC

    @property
    def landed(self) -> bool:
        """Whether it provably reached the venue and did not end there with nothing."""
        return self.state is IntentState.RESTING or self.filled > ZERO or self.uncounted

    @property
    def ended_at_venue(self) -> bool:
        """Whether the venue itself said that it ended, so that older news of it may still be under way."""
        return self.ended_by in VENUE_ENDS

    @property
    def all_booked(self) -> bool:
        """Whether it ended and the ledger provably holds all that executed."""
        ended = self.state in {IntentState.FILLED, IntentState.PARTIAL} and not self.uncounted
        return ended and ZERO < self.filled <= self.booked

    def record(self) -> IntentRecord:
        """Return it as it is stored; `life_of` reads it back."""
        return IntentRecord(
            prepared=self.prepared,
            state=self.state,
            filled=self.filled,
            booked=self.booked,
            sends=self.sends,
            burns=self.burns,
            absent_at=self.absent_at,
            uncounted=self.uncounted,
            filled_at=self.filled_at,
            ended_by=None if self.ended_by is None else self.ended_by.value,
        )

    def lists_all_after(self, rules: ResolutionRules) -> Instant | None:
        """Return the last instant of venue time at which its fills may not all be listed; None means never known.

        An immediate order has executed all it ever will by its expiry, any order by the time it was seen filled.
        """
        by_deadline = None if self.may_rest else self.silent_until(rules)
        by_sight = None if self.filled_at is None else Instant(self.filled_at + rules.margin_ms)
        return min((moment for moment in (by_deadline, by_sight) if moment is not None), default=None)

    def silent_until(self, rules: ResolutionRules) -> Instant | None:
        """Return the last instant of venue time at which absence says nothing; None means always."""
        expires_at = self.prepared.expires_at
        return None if expires_at is None else Instant(expires_at + rules.margin_ms)

    def search_from(self, rules: ResolutionRules) -> Instant:
        """Return the latest start of a search for its fills that may count as complete."""
        return Instant(self.prepared.prepared_at - rules.search_back_ms)


def begin(prepared: PreparedIntent) -> Life:
    """Start the life of a durable intent; start it again when it gets its nonce and expiry later.

    A life that was stored is read back as it was, never begun again.
    """
    return Life(prepared=prepared)


def life_of(record: IntentRecord) -> Life:
    """Read a stored life back, exactly as it was noted.

    Raises:
        ValueError: it was ended by a finding that this release does not know.
    """
    return Life(
        prepared=record.prepared,
        state=record.state,
        filled=record.filled,
        booked=record.booked,
        sends=record.sends,
        burns=record.burns,
        absent_at=record.absent_at,
        uncounted=record.uncounted,
        filled_at=record.filled_at,
        ended_by=None if record.ended_by is None else Finding(record.ended_by),
    )
