"""The state machine of order intents: what is known, one piece of evidence, what is known then."""

from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from agentic_core.domain.money import ZERO
from agentic_core.domain.order import TERMINAL_STATES, IntentState, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.errors import IllegalTransition
from agentic_core.execution.answers import evidence_of
from agentic_core.execution.evidence import AbsenceRead, Evidence, FillsBooked, OrderSeen, OrderStatus, SendBegan
from agentic_core.execution.findings import INTENT_MOVES, Effect, Finding, Move
from agentic_core.execution.judging import executed, find, is_total
from agentic_core.execution.life import RULES, Life, ResolutionRules

__all__ = ["Contradiction", "Learned", "Learning", "learn", "learn_outcome"]


class Learned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The evidence fits what was known."""

    life: Life
    news: bool
    """Whether anything was learned, that is whether the life changed."""


class Contradiction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The evidence and what was known cannot both be true; stop opening and tell people.

    `now` already believes the facts: fills count, and an order seen alive is alive. It is not called `life`, so that
    nobody takes it for ordinary news.
    """

    before: Life
    now: Life
    finding: Finding
    evidence: Evidence

    @property
    def detail(self) -> str:
        """One line for people."""
        ended = "" if self.before.ended_by is None else f" (by {self.before.ended_by})"
        return (
            f"{self.now.cloid} was {self.before.state}{ended} with {self.before.filled} filled; "
            f"then came {self.finding} by {type(self.evidence).__name__}: "
            f"it is {self.now.state} with {self.now.filled} filled"
        )


Learning: TypeAlias = Learned | Contradiction


def learn(life: Life, evidence: Evidence, rules: ResolutionRules = RULES) -> Learning:
    """Take in one piece of evidence, whenever and however often it arrives.

    Raises:
        IllegalTransition: a send began that is not allowed; nothing else ever raises.

    >>> from decimal import Decimal
    >>> from agentic_core.domain import PreparedIntent
    >>> from agentic_core.execution.evidence import FillSeen, Unclear
    >>> from agentic_core.execution.life import begin
    >>> order = {"cloid": "0x01", "symbol": "BTC", "side": "buy", "size": 2, "limit_price": 100, "reduce_only": False}
    >>> row = {"intent": order, "fence": {"account": "mainnet:0xab", "epoch": 7}, "decision": "d1"}
    >>> row |= {"prepared_at": 1_000, "nonce": 1_000, "expires_at": 11_000}
    >>> life = begin(msgspec.convert(row, PreparedIntent))
    >>> life = learn(life, SendBegan(epoch=7)).life
    >>> life = learn(life, Unclear(cause="timeout after 5 s")).life
    >>> life.state
    <IntentState.UNKNOWN: 'unknown'>
    >>> life = learn(life, AbsenceRead(read_at=16_001, searched_from=-59_000)).life
    >>> life = learn(life, AbsenceRead(read_at=18_001, searched_from=-59_000)).life
    >>> life.state, life.ended_by
    (<IntentState.DEAD: 'dead'>, <Finding.OUTLIVED: 'outlived'>)
    >>> print(learn(life, FillSeen(filled=Decimal(2))).detail)
    0x01 was dead (by outlived) with 0 filled; then came executed_all by FillSeen: it is filled with 2 filled
    """
    finding, effect, after = _advance(life, evidence, rules)
    if effect is Effect.CONTRADICTS:
        return Contradiction(before=life, now=after, finding=finding, evidence=evidence)
    return Learned(life=after, news=after != life)


def learn_outcome(life: Life, outcome: SendOutcome, rules: ResolutionRules = RULES) -> Learning:
    """Take in what the broker answered to a send, for stores that do not record the sending by itself.

    Raises:
        IllegalTransition: the intent was burned before, so it cannot have been sent.
    """
    if life.state is IntentState.PREPARED:
        _, _, life = _advance(life, SendBegan(epoch=life.epoch), rules)
    return learn(life, evidence_of(outcome), rules)


def _advance(life: Life, evidence: Evidence, rules: ResolutionRules) -> tuple[Finding, Effect, Life]:
    finding = find(life, evidence, rules)
    move = INTENT_MOVES[life.state, finding]
    if move.effect is Effect.ILLEGAL:
        raise IllegalTransition(
            f"{life.cloid} is {life.state} after {life.sends} sends and {life.burns} burns: a send may begin only "
            f"while it is prepared and unburned, by epoch {life.epoch}; ask `next_step` before sending"
        )
    after = _after(life, evidence, finding, move)
    if after.all_booked:  # the books may have been told before the end was
        after = replace(after, state=INTENT_MOVES[after.state, Finding.BOOKED].to)
    return finding, move.effect, after


def _after(life: Life, evidence: Evidence, finding: Finding, move: Move) -> Life:
    filled = executed(life, evidence)
    booked = evidence.filled if isinstance(evidence, FillsBooked) else life.booked
    uncounted = _is_uncounted(life, evidence, finding, move)
    return Life(
        prepared=life.prepared,
        state=move.to,
        filled=filled,
        booked=max(booked, life.booked),
        sends=life.sends + (finding is Finding.SENDING),
        burns=life.burns + (finding is Finding.BURNING),
        absent_at=None if uncounted and not life.uncounted else _absent_at(life, evidence, finding),
        uncounted=uncounted,
        filled_at=_filled_at(life, evidence) if uncounted else None,
        ended_by=_ended_by(life, finding, move),
    )


def _is_uncounted(life: Life, evidence: Evidence, finding: Finding, move: Move) -> bool:
    if is_total(life, evidence):
        return False
    if finding in {Finding.CALLED_FILLED, Finding.EXECUTED_ALL}:  # the word alone, unless its total was known
        return not (life.is_terminal and ZERO < life.filled == executed(life, evidence))
    return life.uncounted and move.to is life.state


def _filled_at(life: Life, evidence: Evidence) -> Instant | None:
    seen = evidence.seen_at if isinstance(evidence, OrderSeen) and evidence.status is OrderStatus.FILLED else None
    return min((moment for moment in (life.filled_at, seen) if moment is not None), default=None)


def _absent_at(life: Life, evidence: Evidence, finding: Finding) -> Instant | None:
    if executed(life, evidence) > life.filled:  # reads that missed a fill were too old to prove anything
        return None
    if finding is Finding.ABSENT and isinstance(evidence, AbsenceRead | FillsBooked) and evidence.read_at is not None:
        return evidence.read_at if life.absent_at is None else min(life.absent_at, evidence.read_at)
    return life.absent_at


def _ended_by(life: Life, finding: Finding, move: Move) -> Finding | None:
    if move.to not in TERMINAL_STATES:
        return None
    if move.effect is Effect.STAYS or finding in {Finding.CLASH, Finding.BOOKED}:
        return life.ended_by
    return finding
