"""The sections of a skill file that every mode has: schedule, context and risk.

The names in the file are those of the platform's stored payloads; percentages are percent of equity, in notional.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Annotated

from pydantic import Field

from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.times import Interval
from agentic_core.skills.fields import (
    CapPercent,
    Dollars,
    IntervalText,
    LossPercent,
    Problem,
    Section,
    StopPercent,
    Symbols,
    number,
    whole,
)

__all__ = ["DRAWDOWN_PCT_DEFAULT", "Context", "Leash", "Review", "Risk", "Schedule", "SkillMode"]

DRAWDOWN_PCT_DEFAULT = Decimal(25)
"""Percent of the highest equity."""


class SkillMode(StrEnum):
    """Who decides: a chat model with a thesis, a rule policy, or both together."""

    THESIS = "thesis"
    RULES = "rules"
    HYBRID = "hybrid"


class Leash(StrEnum):
    """How closely the chat model has to keep to the thesis."""

    STRICT = "strict"
    BALANCED = "balanced"
    ADAPTIVE = "adaptive"


class Schedule(Section):
    """When the skill ticks."""

    interval: IntervalText = Interval.M5


class Context(Section):
    """What a decision sees of the market."""

    symbols: Symbols = Field(examples=['["BTC"]'])
    interval: IntervalText | None = None
    """Length of the candles shown; None is the schedule's."""
    lookback: Annotated[int, whole("how many candles are shown", 1, 500)] = 100
    """Candles per symbol."""


class Risk(Section):
    """The caps that nobody who decides can change."""

    max_position_pct: CapPercent = Field(alias="maxPositionPct", examples=["20"])
    """Largest notional in one symbol."""
    max_total_exposure_pct: CapPercent = Field(alias="maxTotalExposurePct", examples=["40"])
    """Largest sum of all notionals."""
    max_orders_per_day: Annotated[int, whole("the orders of one UTC day", 1, 10_000)] = Field(
        alias="maxOrdersPerDay", examples=["20"]
    )
    max_leverage: Annotated[int, whole("the leverage", 1, 50)] = Field(alias="maxLeverage", examples=["1"])
    min_order_usd: Annotated[Usd, number("an amount of US dollars", "10", "1000000000", places=2)] = Field(
        VENUE_ORDER_USD_MIN, alias="minOrderUsd"
    )
    """Smallest order; the venue itself takes none below 10."""
    allowed_symbols: Symbols = Field(alias="allowedSymbols", examples=['["BTC"]'])
    """What may be opened."""
    max_monthly_cost_usd: Dollars = Field(Usd(Decimal(200)), alias="maxMonthlyCostUsd")
    """Largest cost of chat models in one UTC month."""
    max_daily_cost_usd: Dollars | None = Field(None, alias="maxDailyCostUsd")
    """The same in one UTC day; None leaves a day all that is left of the month.

    It may be above the month's: a cap that somebody lowers in the database has to bind, not to spoil the version.
    """
    daily_loss_halt_pct: LossPercent = Field(alias="dailyLossHaltPct", examples=["5"])
    """Fall of equity since the day's first mark at which trading halts."""
    max_drawdown_pct: LossPercent = Field(DRAWDOWN_PCT_DEFAULT, alias="maxDrawdownPct")
    """Fall of equity from its highest mark at which trading halts; where it is not written, not below the daily one."""
    max_orders_per_minute: Annotated[int, whole("the orders of one UTC minute", 1, 600)] = Field(
        10, alias="maxOrdersPerMinute"
    )
    stop_pct: StopPercent | None = Field(None, alias="stopPct")
    """Distance of a protective stop from the entry; None leaves it to the loss bound."""

    def inconsistencies(self) -> Iterator[Problem]:
        """List caps that can never be reached because a wider one is narrower."""
        exposure = self.max_total_exposure_pct
        if self.max_position_pct > exposure:
            yield Problem(
                path="maxPositionPct",
                message=(
                    f"was {plain(self.max_position_pct)}, above maxTotalExposurePct {plain(exposure)}; "
                    f"lower it to {plain(exposure)} or raise the other"
                ),
            )
        if exposure > self.max_leverage * 100:
            yield Problem(
                path="maxTotalExposurePct",
                message=(
                    f"was {plain(exposure)}, which maxLeverage {self.max_leverage} cannot carry; lower it to "
                    f"{self.max_leverage * 100} or raise maxLeverage to {ceil(exposure / 100)}"
                ),
            )
        daily = self.daily_loss_halt_pct
        if self.max_drawdown_pct < daily:
            yield Problem(
                path="maxDrawdownPct",
                message=(
                    f"was {plain(self.max_drawdown_pct)}, below dailyLossHaltPct {plain(daily)}, which then could "
                    f"never be reached; raise it to {plain(daily)} or lower the other"
                ),
            )


class Review(Section):
    """When a person has to look before anything goes on."""

    after_executions: Annotated[int, whole("how many executed decisions", 1, 100_000)] | None = Field(
        None, alias="afterExecutions"
    )
    """Executed decisions after which the deployment pauses until a person resumes it; None is no such limit."""
