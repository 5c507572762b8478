"""The three acts of the demo: a skill, a market made for it, and what must come of them."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.backtest.markets import crashing_market, trending_market
from agentic_core.domain.decision import RejectedResult
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import Price
from agentic_core.domain.records import CommandKind
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.skills.schema import Skill
from agentic_core.skills.validation import load_skill

__all__ = ["Act", "Claim", "acts", "denied_by"]

_START = Instant(1_767_225_600_000)
"""2026-01-01, a midnight."""

_SKILL = """{
  "name": "%(name)s", "mode": "rules",
  "schedule": {"interval": "5m"},
  "rules": {"policy": "sma-cross", "symbol": "%(symbol)s", "fast": 10, "slow": 30, "direction": "both", %(size)s},
  "risk": {"maxPositionPct": %(position)s, "maxTotalExposurePct": 100, "maxOrdersPerDay": 60, "maxLeverage": 1,
           "allowedSymbols": ["%(symbol)s"], "dailyLossHaltPct": 5}
}"""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Something the demo says about itself, checked against the run."""

    sentence: str
    holds: bool


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One skill and its market."""

    title: str
    skill: Skill
    dataset: Dataset
    instruments: Mapping[Symbol, Instrument]
    commands: Mapping[int, CommandKind]
    """What the deployer orders during the paper run, by mark."""
    claims: Callable[[RunRecord], tuple[Claim, ...]]
    """What the backtest must show."""


def acts(seed: int) -> tuple[Act, ...]:
    """Return the acts for a seed."""
    rising = trending_market(Symbol("BTC"), seed=seed, start=_START, start_price=Price(Decimal(60_000)), days=6)
    wavering = trending_market(Symbol("ETH"), seed=seed, start=_START, start_price=Price(Decimal(3_000)), days=6)
    falling = crashing_market(Symbol("SOL"), seed=seed, start=_START, start_price=Price(Decimal(150)))
    orders = {
        400: CommandKind.PAUSE,
        460: CommandKind.RESUME,
        900: CommandKind.FLATTEN,
        960: CommandKind.RESUME,
        1_300: CommandKind.STOP,
    }
    return (
        _act("follows a trend and earns", "Trend rider", rising, '"sizePct": 50', 60, orders, _earns),
        _act("wants more than its caps allow", "Overreacher", wavering, '"size": 2', 20, {}, _is_vetoed),
        _act("is long when the market falls", "Knife catcher", falling, '"sizePct": 80', 90, {}, _halts),
    )


def denied_by(run: RunRecord) -> dict[str, int]:
    """Count the refusals of a run by rule."""
    counts: dict[str, int] = {}
    for record in run.decisions:
        if isinstance(record.result, RejectedResult):
            counts[record.result.rule] = counts.get(record.result.rule, 0) + 1
    return counts


def _act(  # noqa: PLR0913 - the columns of the table above
    title: str,
    name: str,
    candles: CandleColumns,
    size: str,
    position: int,
    commands: Mapping[int, CommandKind],
    claims: Callable[[RunRecord], tuple[Claim, ...]],
) -> Act:
    symbol = candles.symbol
    text = _SKILL % {"name": name, "symbol": symbol, "size": size, "position": position}
    return Act(
        title=title,
        skill=load_skill(text, source=name),
        dataset=Dataset([candles], {symbol: constant_funding(Decimal("0.0000125"))}),
        instruments={symbol: instrument_for(symbol)},
        commands=commands,
        claims=claims,
    )


def _earns(run: RunRecord) -> tuple[Claim, ...]:
    gained = run.final_equity > run.assumptions.starting_equity
    return (
        Claim(sentence="the trend rider ends above where it started", holds=gained),
        Claim(sentence="it paid fees and settled funding", holds=bool(run.fills) and bool(run.funding)),
    )


def _is_vetoed(run: RunRecord) -> tuple[Claim, ...]:
    denied = denied_by(run)
    return (
        Claim(
            sentence=f"every one of its {len(run.decisions)} proposals was refused by R5_POSITION_CAP",
            holds=denied == {"R5_POSITION_CAP": len(run.decisions)} and bool(run.decisions),
        ),
        Claim(sentence="nothing was executed and no dollar moved", holds=not run.fills and not run.orders),
    )


def _halts(run: RunRecord) -> tuple[Claim, ...]:
    reasons = [halt.reason for halt in run.halts]
    return (
        Claim(sentence="the daily-loss halt latched once", holds=reasons == [HaltReason.DAILY_LOSS]),
        Claim(sentence="opens after the halt were refused by R3_HALTED", holds=denied_by(run).get("R3_HALTED", 0) > 0),
    )
