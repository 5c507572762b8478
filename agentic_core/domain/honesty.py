"""What may be believed of a backtest of a chat model, which may have read about the window it is tried on."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from agentic_core.domain.money import Bps, Usd
from agentic_core.domain.times import Instant

__all__ = ["Chance", "Honesty", "HonestyVerdict", "KnowledgeOverlap", "MaskedTest", "TrialFigures"]


class HonestyVerdict(StrEnum):
    """What a study comes to."""

    VOID = "void"
    """The chat model decided too few turns."""
    CANNOT_TELL = "cannot_tell"
    """Too few actions, or nothing that separates insight from memory."""
    NO_BETTER_THAN_CHANCE = "no_better_than_chance"
    """The same actions at random times did as well."""
    KNOWS_THE_FUTURE = "knows_the_future"
    """The edge is gone once names, dates and prices are disguised."""
    HOLDS_UP = "holds_up"


class KnowledgeOverlap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much of a window the chat model may have learned about."""

    known_until: Instant | None
    """What happened later it cannot have learned; None where nobody says."""
    source: str
    """Who says so; empty where nobody does."""
    share_bps: Bps | None
    """Of the window, rounded up; None where nobody says, and then all of it may be known."""

    @property
    def is_clear(self) -> bool:
        """Whether nothing of the window can be known."""
        return self.share_bps == 0


class TrialFigures(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One run of a study beside the others."""

    name: str
    """`plain`, `masked`, `delayed`, `long` or `short`."""
    gain: Decimal
    """Final over starting equity, minus one; rounded to a millionth."""
    orders: int
    fees: Usd
    halts: int = 0


class Chance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The same actions at random times."""

    runs: int
    at_least: int
    """Runs that ended with at least as much as the plain one."""
    gain_low: Decimal
    """The gain that one run in twenty stays below."""
    gain_median: Decimal
    gain_high: Decimal
    """The gain that one run in twenty goes above."""

    @property
    def p_bps(self) -> Bps:
        """How often chance does at least as well, with the plain run counted among it; rounded up."""
        return Bps(-(-(self.at_least + 1) * 10_000 // (self.runs + 1)))


class MaskedTest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether the plain run did better than the masked one by more than chance."""

    marks: int
    """Paired returns the test stands on."""
    block: int
    """Returns in a row that are drawn together."""
    draws: int
    at_least: int
    """Draws of centred differences whose mean was at least the one that was found."""
    kept_bps: Bps | None
    """Share of the plain run's edge over the median of chance that the masked run kept; None without an edge."""

    @property
    def p_bps(self) -> Bps:
        """How often chance makes such a difference; rounded up."""
        return Bps(-(-(self.at_least + 1) * 10_000 // (self.draws + 1)))


class Honesty(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The verdict on a backtest, with everything it was reached by."""

    verdict: HonestyVerdict
    sentence: str
    """Why, for people."""
    overlap: KnowledgeOverlap
    chance_error_bps: Bps
    """How often the test against chance finds skill where there is none."""
    masked_error_bps: Bps
    """How often the test against the masked run finds a loss where there is none."""
    actions: int
    """Actions of the plain run that were executed."""
    figures: tuple[TrialFigures, ...]
    """The plain run first."""
    chance: Chance | None = None
    masked: MaskedTest | None = None
    masking: str = ""
    """How the market was disguised; empty where it was not."""
    gain_afterwards: Decimal | None = None
    """Gain of the plain run since the chat model's knowledge ends; None where it does not end within the window."""
    cautions: tuple[str, ...] = ()
    """What a reader should know besides."""
