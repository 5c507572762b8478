"""The most that a skill's caps let it lose, and what that rests on.

The world of a bound: prices are marks, and marks stand at turns. At each turn the account is valued, halts are looked
for and, where there is none, one action is taken; it executes before the next turn, at worst one collar beyond the mark
it was judged at, as taker. A halt closes everything at the turn that found it, in the same way.
"""

import msgspec

from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.money import BPS_ONE, Bps
from agentic_core.errors import UsageError

__all__ = ["GapAssumptions", "LossBound", "Unbounded"]


class GapAssumptions(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is assumed of the market; a bound holds only as far as these do."""

    gap_bps: Bps = Bps(1_000)
    """The largest move of a mark from one turn to the next, up or down."""
    carry_bps: Bps = Bps(5_000)
    """The furthest a mark rises above where it stood at the last approved open, before the last gap.

    Exposure is held to its cap when something is opened, and grows with its marks from then on.
    """
    funding_bps: Bps = Bps(10)
    """The most funding that falls due from one turn to the next, either way, of notional at the later mark."""
    fees: FeeSchedule = FeeSchedule.hyperliquid_base()

    def __post_init__(self) -> None:
        """Refuse what no market can do."""
        moves = (self.gap_bps, self.carry_bps, self.funding_bps)
        if min(moves) < 0 or self.gap_bps >= BPS_ONE or self.fees.taker_rate < 0:
            message = (
                "gap, carry, funding and taker fee must not be negative, and a gap is less than 10,000 bps; "
                f"were {', '.join(str(move) for move in moves)} and {self.fees.taker_rate}"
            )
            raise UsageError(message)


class LossBound(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="bounded"):
    """The largest losses the caps allow in basis points, rounded up; all below 10,000."""

    order_bps: int
    """What one open can cost where it is closed at the next turn: both executions and one gap between them.

    Of the equity it was judged at. What it costs if it is held on is part of the two other figures.
    """
    day_bps: int
    """What a UTC day can cost, from its first mark until the next day's or until a halt has closed everything.

    Of the equity at its first mark.
    """
    deployment_bps: int
    """What a deployment can cost until a halt that nobody clears has closed everything; of its highest equity."""
    assumptions: GapAssumptions


class Unbounded(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="unbounded"):
    """The caps let everything deposited be lost."""

    path: str
    """The field of the skill file to change, such as risk.maxDrawdownPct."""
    reason: str
    """What is missing or too wide, and what would do."""
