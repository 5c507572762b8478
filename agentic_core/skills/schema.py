"""The skill: a trading thesis or a rule policy, with a schedule, a market context and risk caps.

People write it as JSON. From here inward percentages are basis points and money is exact.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from agentic_core.domain.ids import Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import Bps
from agentic_core.domain.times import Interval
from agentic_core.skills.chat_options import CHAT_MODEL_ID, TOOLS_DEFAULT, ChatOptions, ToolNames
from agentic_core.skills.consistency import Draft, inconsistencies
from agentic_core.skills.fields import Problem, Section, choice, line, prose
from agentic_core.skills.policies import Rules
from agentic_core.skills.sections import DRAWDOWN_PCT_DEFAULT, Context, Leash, Review, Risk, Schedule, SkillMode

__all__ = ["THESIS_FIELDS", "Skill", "derived", "slug_of"]

THESIS_FIELDS = ("thesis", "horizon", "style", "lookFor", "avoid", "sizing")
"""The fields that only a chat model reads."""

_Prose = Annotated[str, prose(4_000)]
_PERCENT_MAX = 100


class Skill(Section):
    """One version of a skill, as its file says; the names in the file are camelCase."""

    name: Annotated[str, line("a name", 80)] = Field(examples=['"SMA cross on BTC"'])
    slug: Annotated[
        str, line("lower-case letters, digits and hyphens, such as sma-cross,", 64, "[a-z0-9]+(-[a-z0-9]+)*")
    ]
    """Names the skill in addresses; derived from the name where it is not written."""
    description: _Prose = ""
    mode: Annotated[SkillMode, choice(SkillMode)] = SkillMode.THESIS
    thesis: Annotated[str, prose(20_000)] = ""
    horizon: _Prose = ""
    style: _Prose = ""
    look_for: _Prose = Field("", alias="lookFor")
    avoid: _Prose = ""
    sizing: _Prose = ""
    leash: Annotated[Leash, choice(Leash)] = Leash.BALANCED
    chat_model: Annotated[str, CHAT_MODEL_ID] | None = Field(None, alias="model")
    chat_options: ChatOptions | None = Field(None, alias="modelOptions")
    """None where no chat model is asked."""
    tools: ToolNames | None = None
    """What the chat model may use; None where none is asked."""
    schedule: Schedule = Schedule()
    context: Context
    """Its symbols are the allowed ones where they are not written."""
    rules: Rules | None = None
    risk: Risk = Field(examples=['{"maxPositionPct": 20, …}'])
    review: Review = Review()

    @model_validator(mode="before")
    @staticmethod
    def _derive(raw: object) -> object:
        return derived(raw)

    def inconsistencies(self) -> Iterable[Problem]:
        """List what does not fit together."""
        optional = {
            "model": self.chat_model,
            "modelOptions": self.chat_options,
            "rules": self.rules,
            "thesis": self.thesis or None,
            "tools": self.tools,
        }
        return inconsistencies(
            Draft(
                written=frozenset(name for name, value in optional.items() if value is not None),
                mode=self.mode,
                chat_model=self.chat_model,
                texts=self.thesis_texts(),
                symbol=None if self.rules is None else self.rules.symbol,
                symbols_watched=self.context.symbols,
                symbols_allowed=self.risk.allowed_symbols,
                context_interval=self.context.interval,
                lookback=self.context.lookback,
                options=self.chat_options,
                tools=self.tools,
                cost_usd_month_max=self.risk.max_monthly_cost_usd,
                cost_usd_day_max=self.risk.max_daily_cost_usd,
            )
        )

    @property
    def candle_interval(self) -> Interval:
        """The length of the candles a decision sees."""
        return self.context.interval or self.schedule.interval

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol the skill looks at or may hold, each once."""
        return tuple(dict.fromkeys((*self.context.symbols, *self.risk.allowed_symbols)))

    def thesis_texts(self) -> dict[str, str]:
        """Return the thesis fields by their names in the file."""
        texts = (self.thesis, self.horizon, self.style, self.look_for, self.avoid, self.sizing)
        return dict(zip(THESIS_FIELDS, texts, strict=True))

    def limits(self) -> RiskLimits:
        """Return the caps as the risk engine reads them, in basis points."""
        risk = self.risk
        return RiskLimits(
            position_bps_max=Bps(int(risk.max_position_pct * 100)),
            exposure_bps_max=Bps(int(risk.max_total_exposure_pct * 100)),
            orders_per_day_max=risk.max_orders_per_day,
            leverage_max=risk.max_leverage,
            order_usd_min=risk.min_order_usd,
            symbols_allowed=frozenset(risk.allowed_symbols),
            cost_usd_month_max=risk.max_monthly_cost_usd,
            cost_usd_day_max=risk.max_daily_cost_usd,
            daily_loss_bps_max=Bps(int(risk.daily_loss_halt_pct * 100)),
            drawdown_bps_max=Bps(int(risk.max_drawdown_pct * 100)),
            orders_per_minute_max=risk.max_orders_per_minute,
            stop_bps=None if risk.stop_pct is None else Bps(int(risk.stop_pct * 100)),
        )


def slug_of(name: str) -> str:
    """Derive the slug of a name; empty when it holds no Latin letter and no digit.

    >>> slug_of("SMA cross on BTC"), slug_of("Ausbruch für ETH!")
    ('sma-cross-on-btc', 'ausbruch-fur-eth')
    """
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", latin.lower()).strip("-")[:64].strip("-")


def derived(raw: object) -> object:
    """Fill in what a skill file may leave out because it follows from the rest.

    The slug from the name, what is watched from what is allowed, how a chat model is asked where one is, and the
    drawdown cap where a day may lose more than its default, so that skills stored before there was one can be read.
    """
    if not isinstance(raw, dict):
        return raw
    filled = dict(raw)
    if filled.get("slug") is None and isinstance(filled.get("name"), str):
        filled["slug"] = slug_of(filled["name"])
    if filled.get("mode", SkillMode.THESIS.value) in (SkillMode.THESIS.value, SkillMode.HYBRID.value):
        # Written out, because what an author agreed to must not change with a later default.
        filled["tools"] = [*TOOLS_DEFAULT] if filled.get("tools") is None else filled["tools"]
        filled["modelOptions"] = {} if filled.get("modelOptions") is None else filled["modelOptions"]
    context, risk = filled.get("context", {}), filled.get("risk")
    if isinstance(context, dict) and "symbols" not in context:
        filled["context"] = {**context, "symbols": risk.get("allowedSymbols") if isinstance(risk, dict) else None}
    if isinstance(risk, dict) and "maxDrawdownPct" not in risk:
        filled["risk"] = _with_drawdown(risk)
    return filled


def _with_drawdown(risk: dict[object, object]) -> dict[object, object]:
    daily = risk.get("dailyLossHaltPct")
    if isinstance(daily, int | Decimal) and DRAWDOWN_PCT_DEFAULT < daily <= _PERCENT_MAX:
        return {**risk, "maxDrawdownPct": daily}
    return risk
