"""Who asks for money, who hears what a call cost, and who is torn down meanwhile: any order of it, rolled."""

from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from agentic_core.domain import Bps, Usd
from agentic_core.domain.chat import ChatPurpose, CostCaps, CostSource
from tests.support.dice import Dice

__all__ = ["BYTES", "CALLERS", "MOVES_MAX", "Does", "Heard", "Move", "Script", "script"]

MOVES_MAX = 16
BYTES = 16 + 24 * MOVES_MAX
CALLERS = 3


class Does(Enum):
    """What happens next."""

    ASKS = "a caller asks for money, and gets it or not"
    ASKS_AGAIN = "a caller that does not know whether it got it asks again"
    HEARS = "the oldest call of a caller is over"
    CRASHES = "the runner is torn down, and another one has the lease"
    SWEEPS = "the runner settles what others left"


class Heard(NamedTuple):
    """What a caller tells of a call."""

    share: Decimal | None
    """Of its bound, what it cost; None where nobody knows."""
    source: CostSource


class Move(NamedTuple):
    """One step of an interleaving."""

    does: Does
    who: int
    purpose: ChatPurpose
    bound: Usd | None
    """None where the price is not known."""
    heard: Heard
    days: int
    """How many pass before it."""
    patience_ms: float | None
    """When whoever waits for it is called off; None is never. Nobody waits for a ledger in memory."""


class Script(NamedTuple):
    """An interleaving."""

    caps: CostCaps
    moves: list[Move]


def script(dice: Dice) -> Script:
    """Roll caps and moves; no call costs more than its bound."""
    month = Usd(dice.number(0, 150_000_000, places=8))
    caps = CostCaps(
        month_usd=month,
        day_usd=dice.any_of(None, Usd(dice.number(0, 100_000_000, places=8))),
        protected_bps=dice.any_of(Bps(2_000), Bps(0), Bps(3_333), Bps(10_000)),
        repair_bps=dice.any_of(Bps(1_000), Bps(0), Bps(10_000)),
    )
    return Script(caps=caps, moves=[_move(dice) for _ in range(dice.whole(1, MOVES_MAX))])


def _move(dice: Dice) -> Move:
    asks = (Does.ASKS,) * 6
    return Move(
        does=dice.any_of(*asks, Does.ASKS_AGAIN, *(Does.HEARS,) * 5, Does.CRASHES, Does.SWEEPS),
        who=dice.whole(0, CALLERS - 1),
        purpose=dice.any_of(ChatPurpose.POSITION, ChatPurpose.LOOK, ChatPurpose.REPAIR),
        bound=dice.mostly(Usd(dice.number(0, 60_000_000, places=8)), None),
        heard=_heard(dice),
        days=dice.mostly(0, 1, 1, 9),
        patience_ms=dice.any_of(*(None,) * 7, dice.whole(0, 255) / 8),
    )


def _heard(dice: Dice) -> Heard:
    share = dice.number(0, 10_000, places=4)
    return dice.any_of(
        Heard(share, CostSource.REPORTED),
        Heard(share, CostSource.LOOKED_UP),
        Heard(None, CostSource.BOUND),
        Heard(None, CostSource.REPORTED),
        Heard(Decimal(0), CostSource.NEVER_LEFT),
    )
