"""Every rule of the pipeline as data: what it is called, what it means, and what cures its refusal.

The conditions stand in `stages`; this table explains them, to the deployer whose action was refused and to the
documentation, which is generated from it.
"""

from enum import StrEnum

import msgspec

from agentic_core.domain.decision import Denied, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.risk.sentences import DETAILS

__all__ = ["ADJUSTMENTS", "RULES", "Rule", "Stage", "deny"]


class Stage(StrEnum):
    """The stages of the pipeline, in their order; the digit of a rule id counts them."""

    SHAPE = "SHAPE"
    SCOPE = "SCOPE"
    STATE = "STATE"
    FRESHNESS = "FRESHNESS"
    POSITION = "POSITION"
    LEVERAGE = "LEVERAGE"
    RATE = "RATE"
    LOSS = "LOSS"
    VENUE = "VENUE"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule."""

    id: str
    meaning: str
    """When it refuses."""
    cure: str
    """What the person can do."""

    @property
    def stage(self) -> Stage:
        """The stage it belongs to."""
        return tuple(Stage)[int(self.id[1]) - 1]


def _rule(name: str, meaning: str, cure: str) -> Rule:
    return Rule(id=name, meaning=meaning, cure=cure)


RULES: tuple[Rule, ...] = (
    _rule("R1_SIDE_MISSING", "an open has no side", "say buy or sell"),
    _rule("R1_CLOSE_HAS_SIDE", "a close names a side", "leave the side out; the position has one"),
    _rule(
        "R1_SIZE_AMBIGUOUS",
        "an open does not name exactly one of size and sizeUsd, or a close names both",
        "name one size",
    ),
    _rule("R1_SIZE_NOT_POSITIVE", "a size is not a finite number above zero", "name a size above zero"),
    _rule("R1_LIMIT_PRICE_NOT_POSITIVE", "a limit price is not a finite number above zero", "name a price above zero"),
    _rule("R2_SYMBOL_NOT_ALLOWED", "the skill may not open the symbol", "propose one of allowedSymbols"),
    _rule("R2_UNKNOWN_INSTRUMENT", "the venue does not list the symbol", "propose a listed symbol"),
    _rule("R3_HALTED", "trading is halted", "look into the halt, then clear it"),
    _rule("R3_REDUCING", "trading is paused or ending, so positions may only shrink", "resume the deployment"),
    _rule("R3_UNRESOLVED_ORDER", "the fate of an earlier order is not known", "wait until it is resolved"),
    _rule(
        "R3_STATE_MOVED",
        "a position or an open order is no longer what the decision saw",
        "decide again; the next turn does",
    ),
    _rule(
        "R3_OFF_LEASH",
        "a strict hybrid skill opens only what its rules wish at this mark, at most as large",
        "propose what the rules wish, or write another leash",
    ),
    _rule("R4_NO_MARK", "no mark price is known", "wait for the feed"),
    _rule("R4_MARK_AHEAD", "the mark is younger than the moment of the decision", "check the clocks"),
    _rule("R4_STALE_MARK", "the mark is too old", "wait for the feed"),
    _rule("R4_MARK_SOURCE", "real money opens on the venue's own marks only", "wait for the venue's marks"),
    _rule("R4_STALE_ACCOUNT", "what is known of the account is too old, or newer than the decision", "reconcile"),
    _rule("R4_NO_ACCOUNT", "the venue does not say what the account holds", "wait until the venue answers"),
    _rule("R4_TOO_LATE", "the order would expire before it is sure to arrive", "decide again; the next turn does"),
    _rule("R5_NO_EQUITY", "equity is zero or less", "deposit"),
    _rule("R5_POSITION_CAP", "the symbol's notional would exceed its share of equity", "propose a smaller size"),
    _rule("R5_EXPOSURE_CAP", "all notionals together would exceed their share of equity", "propose less or close some"),
    _rule("R5_BELOW_ORDER_MINIMUM", "the order is below the skill's minOrderUsd", "propose a larger size"),
    _rule("R6_LEVERAGE_CAP", "exposure over equity would exceed maxLeverage", "propose a smaller size"),
    _rule("R6_VENUE_LEVERAGE", "the venue gives a position of this size less leverage", "propose a smaller size"),
    _rule(
        "R6_LEVERAGE_CHANGE",
        "the symbol's leverage would be set while it is held or an order is unresolved, or to more than maxLeverage",
        "close the position first, and name at most maxLeverage",
    ),
    _rule("R7_ORDERS_PER_DAY", "the orders of the UTC day are used up", "wait for the next UTC day"),
    _rule("R7_ORDERS_PER_MINUTE", "the orders of the UTC minute are used up", "wait for the next minute"),
    _rule("R8_DAILY_LOSS", "the day's loss with the reserve reaches its cap", "propose less, or wait for the next day"),
    _rule("R8_DRAWDOWN", "the fall from the peak with the reserve reaches its cap", "propose less, or clear the halt"),
    _rule("R9_SIZE_ROUNDS_TO_ZERO", "the size is below one step of the instrument", "propose a larger size"),
    _rule("R9_BELOW_VENUE_MINIMUM", "the order is below the venue's 10 dollars", "propose a larger size"),
    _rule("R9_PRICE_STEP", "the limit price is none the venue takes", "round it to the instrument's price step"),
    _rule("R9_COLLAR", "the limit price is further from the mark than the collar", "name a price nearer to the mark"),
    _rule(
        "R9_LIQUIDATION_BEFORE_STOP", "the account would be liquidated before the stop fires", "propose a smaller size"
    ),
)
"""Every rule, in pipeline order."""

ADJUSTMENTS: tuple[Rule, ...] = (
    _rule("R9_PARTIAL_BELOW_MINIMUM", "a partial close below 10 dollars is raised to them", "nothing: it passes"),
    _rule("R9_LEAVES_DUST", "a partial close that leaves less than 10 dollars takes everything", "nothing: it passes"),
    _rule("R4_NO_MARK", "a close in dollars without a mark takes everything", "nothing: it passes"),
)
"""Rules that change a close instead of refusing it; nothing refuses an order that only shrinks a position."""


def deny(rule: str, action: ProposedAction, figures: Figures) -> Denied:
    """Return a refusal with its sentence."""
    return Denied(rule=rule, detail=DETAILS[rule](action, figures), numbers=figures)
