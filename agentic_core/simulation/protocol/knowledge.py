"""What runners know: lives of the shipped intent machine, each made once and named by a number.

Nothing here decides what evidence means. `learn` and `next_step` are those of `agentic_core.execution`; an ablation
hands them other rules or another reading of an answer, the way a faulty adapter would.
"""

from decimal import Decimal

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.money import Size
from agentic_core.domain.order import Fence, PreparedIntent
from agentic_core.domain.times import Instant
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    SendBegan,
    Unclear,
)
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import Life, ResolutionRules, begin
from agentic_core.execution.resolution import Step, next_step
from agentic_core.simulation.protocol.design import Ablation, Design

__all__ = [
    "ANSWERED_FILLED",
    "ANSWERED_LIMITED",
    "ANSWERED_REFUSED",
    "BURN_BEGAN",
    "BURN_DONE",
    "BURN_LOST",
    "BURN_USED",
    "FILLS_BOOKED",
    "FILL_PUSHED",
    "FORGOTTEN",
    "PHASES_MS",
    "SEEN_FILLED",
    "SEEN_REJECTED",
    "Knowledge",
    "Learnt",
]

FORGOTTEN = -1
"""The life of an attempt that nobody wrote down and whose runner is gone."""

PHASES_MS = (1_000, 8_000, 12_000, 15_500, 17_600)
"""Venue time since an attempt was prepared: fresh, too late to send, expired, past the margin, two seconds later."""

_UNIT = Size(Decimal(1))
_FENCE = Fence(account=AccountKey("mainnet:0x01"), epoch=1)
_GAP = (PHASES_MS[3], PHASES_MS[4])

ANSWERED_FILLED = AnsweredFilled(filled=_UNIT)
ANSWERED_REFUSED = OrderRefused(reason="the venue's own error for the order")
ANSWERED_LIMITED = HttpRefused(status=429, venue_shaped=True)
SEEN_FILLED = OrderSeen(status=OrderStatus.FILLED, filled=_UNIT)
SEEN_REJECTED = OrderSeen(status=OrderStatus.REJECTED)
FILL_PUSHED = FillSeen(filled=_UNIT)
FILLS_BOOKED = FillsBooked(filled=_UNIT)
BURN_BEGAN = BurnBegan()
BURN_DONE = BurnAcknowledged()
BURN_LOST = BurnUnproven(cause="lost")
BURN_USED = BurnUnproven(cause="used")


class Learnt(msgspec.Struct, frozen=True, gc=False):
    """What a piece of evidence led to."""

    life: int
    contradicts: bool = False


class Knowledge:
    """Every life that occurs, and what the shipped machine makes of it."""

    def __init__(self, design: Design) -> None:
        """Begin without any."""
        self._design = design
        self._rules = _rules(design)
        self._lives: list[Life] = []
        self._numbers: dict[Life, int] = {}
        self._learnt: dict[tuple[int, Evidence], Learnt] = {}

    def __getitem__(self, number: int) -> Life:
        return self._lives[number]

    def begin(self, epoch: int, *, closes: bool) -> int:
        """Return the life of an attempt that an epoch has just written down."""
        # Read back as from its row: only a store makes an intent durable.
        order = {"cloid": "0x01", "symbol": "BTC", "side": "sell" if closes else "buy", "size": 1, "limit_price": 100}
        row = {"intent": order | {"reduce_only": closes}, "fence": {"account": "mainnet:0x01", "epoch": epoch}}
        row |= {"decision": "d", "prepared_at": 0, "nonce": 0, "expires_at": self._rules.expires_at(Instant(0))}
        return self._number(begin(msgspec.convert(row, PreparedIntent)))

    def learn(self, number: int, evidence: Evidence) -> Learnt:
        """Return what the shipped machine learns."""
        key = (number, evidence)
        known = self._learnt.get(key)
        if known is None:
            found = learn(self._lives[number], evidence, self._rules)
            contradicts = isinstance(found, Contradiction)
            life = found.now if isinstance(found, Contradiction) else found.life
            known = self._learnt[key] = Learnt(self._number(life), contradicts)
        return known

    def sending(self, number: int) -> Learnt:
        """Return the life after a send began, by the epoch that may."""
        return self.learn(number, SendBegan(epoch=self._lives[number].epoch))

    def step(self, number: int, phase: int, *, epoch: int, can_burn: bool) -> Step:
        """Return what the shipped machine would have a runner do next."""
        return next_step(self._lives[number], Instant(PHASES_MS[phase]), self._rules, epoch=epoch, can_burn=can_burn)

    def earlier(self, number: int) -> int:
        """Return the life with its read of absence two seconds further back: only differences of time matter."""
        life = self._lives[number]
        if life.absent_at != _GAP[1]:
            return number
        return self._number(msgspec.structs.replace(life, absent_at=Instant(_GAP[0])))

    def ended(self, number: int) -> int:
        """Return the life without the way to its end, which no longer matters."""
        life = self._lives[number]
        prepared = msgspec.structs.replace(life.prepared, fence=_FENCE)
        return self._number(
            msgspec.structs.replace(life, prepared=prepared, sends=0, burns=0, absent_at=None, ended_by=None)
        )

    # ── what facts amount to as evidence ─────────────────────────────────────────────────────────────────────────────

    def lost_answer(self) -> Evidence:
        """Return the evidence of a timeout or a server error."""
        if self._design.drops(Ablation.ERROR_IS_REJECTION):
            return OrderRefused(reason="503")
        return Unclear(cause="503")

    def used_answer(self) -> Evidence:
        """Return the evidence of an order answered with `duplicate nonce`."""
        return RequestRefused(reason="nonce", catalogued=self._design.drops(Ablation.DUPLICATE_IS_REJECTION))

    def expired_answer(self) -> Evidence:
        """Return the evidence of an order answered with `already expired`."""
        return RequestRefused(reason="expired", catalogued=self._design.drops(Ablation.EXPIRED_IS_REJECTION))

    def absence(self, phase: int) -> AbsenceRead:
        """Return the evidence of a read that showed nothing, served in a phase."""
        ahead = 2 if self._design.drops(Ablation.LOCAL_CLOCK) else 0
        read_at = Instant(PHASES_MS[min(phase + ahead, len(PHASES_MS) - 1)])
        return AbsenceRead(read_at=read_at, searched_from=Instant(-self._rules.search_back_ms))

    def may_teach(self, number: int, phase: int) -> bool:
        """Tell whether a read of absence that the venue served in a phase can ever count."""
        evidence = self.absence(phase) if phase < len(PHASES_MS) else None
        silent_until = self._lives[number].silent_until(self._rules)
        return evidence is None or silent_until is None or evidence.read_at > silent_until

    def proven_burned(self, number: int) -> Learnt:
        """Return the life that an ablation believes its burn has ended."""
        once = self._number(msgspec.structs.replace(self._lives[number], burns=1))
        return self.learn(once, BURN_DONE)

    def _number(self, life: Life) -> int:
        number = self._numbers.get(life)
        if number is None:
            number = self._numbers[life] = len(self._lives)
            self._lives.append(life)
        return number


def _rules(design: Design) -> ResolutionRules:
    if design.drops(Ablation.UNKNOWN_IS_DEAD):
        return ResolutionRules(margin_ms=-PHASES_MS[-1], absence_gap_ms=0)
    if design.drops(Ablation.NO_MARGIN) or design.drops(Ablation.LOCAL_CLOCK):
        return ResolutionRules(margin_ms=0, absence_gap_ms=0)
    return ResolutionRules()
