"""What each mode needs, what it forbids, and what is filled in."""

from decimal import Decimal

import pytest

from agentic_core.domain import Interval, RiskLimits, Symbol
from agentic_core.domain.money import Bps, Usd
from agentic_core.skills import SkillMode
from tests.support.skill_files import refusals, skill_with

THESIS = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up."}
MODEL_CURE = 'write a chat model\'s id, such as "vendor/name", or set mode to rules'


def test_defaults_are_those_of_the_platform() -> None:
    """A file that leaves things out gets a thesis skill's documented defaults."""
    skill = skill_with(THESIS)

    assert skill.mode is SkillMode.THESIS
    assert skill.leash == "balanced"
    assert skill.schedule.interval is Interval.M5
    assert skill.candle_interval is Interval.M5
    assert skill.context.lookback == 100
    assert skill.risk.min_order_usd == 10
    assert skill.risk.max_monthly_cost_usd == 200
    assert skill.risk.stop_pct is None


def test_slug_and_watched_symbols_are_derived() -> None:
    """The slug follows from the name, and what may be opened is watched."""
    skill = skill_with({"name": "Über  Cross, 2nd!", "risk.allowedSymbols": ["BTC", "kPEPE"]})

    assert skill.slug == "uber-cross-2nd"
    assert skill.context.symbols == ("BTC", "kPEPE")


def test_symbols_are_those_watched_and_those_allowed() -> None:
    """Every symbol the skill is about comes once, watched ones first."""
    skill = skill_with({"context.symbols": ["SOL", "BTC"], "risk.allowedSymbols": ["BTC", "ETH"]})

    assert skill.symbols == ("SOL", "BTC", "ETH")


def test_limits_are_in_basis_points() -> None:
    """Percentages of the file become whole basis points for the risk engine."""
    skill = skill_with(
        {
            "risk.maxPositionPct": 12.34,
            "risk.maxTotalExposurePct": 250,
            "risk.maxLeverage": 3.0,
            "risk.minOrderUsd": 25.5,
            "risk.dailyLossHaltPct": 0.5,
            "risk.maxDrawdownPct": 12.5,
            "risk.maxOrdersPerMinute": 3,
            "risk.stopPct": 1.25,
            "risk.maxMonthlyCostUsd": 60,
        }
    )

    assert skill.limits() == RiskLimits(
        position_bps_max=Bps(1234),
        exposure_bps_max=Bps(25000),
        orders_per_day_max=20,
        leverage_max=3,
        order_usd_min=Usd(Decimal("25.5")),
        symbols_allowed=frozenset({Symbol("BTC")}),
        cost_usd_month_max=Usd(Decimal(60)),
        daily_loss_bps_max=Bps(50),
        drawdown_bps_max=Bps(1250),
        orders_per_minute_max=3,
        stop_bps=Bps(125),
    )


def test_limits_that_a_file_does_not_name_have_defaults() -> None:
    """A drawdown of 25 %, ten orders a minute, no stop of its own."""
    limits = skill_with({}).limits()

    assert (limits.drawdown_bps_max, limits.orders_per_minute_max, limits.stop_bps) == (Bps(2500), 10, None)


def test_drawdown_that_is_not_written_is_at_least_the_loss_of_a_day() -> None:
    """A skill stored before there was a drawdown cap stays one, however much it lets a day lose."""
    assert skill_with({"risk.dailyLossHaltPct": 30.5}).risk.max_drawdown_pct == Decimal("30.5")
    assert skill_with({"risk.dailyLossHaltPct": 100}).risk.max_drawdown_pct == 100


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"mode": "thesis", "rules": None},
            [
                f"model: is missing; mode thesis asks a chat model: {MODEL_CURE}",
                "thesis: is missing; mode thesis needs what the chat model should follow, in words",
            ],
        ),
        (
            {"mode": "thesis", "model": "vendor/name", "thesis": "Up."},
            ["rules: a thesis skill has no rules; remove them, or set mode to rules or hybrid"],
        ),
        (
            {"model": "vendor/name"},
            ['model: was "vendor/name"; a rules skill asks no chat model: remove it, or set mode to hybrid'],
        ),
        (
            {"avoid": "Noise."},
            ['avoid: was "Noise."; a rules skill asks no chat model: remove it, or set mode to hybrid'],
        ),
        (
            {"mode": "hybrid", "thesis": "Up."},
            [f"model: is missing; mode hybrid asks a chat model: {MODEL_CURE}"],
        ),
        (
            {"mode": "hybrid", "model": "vendor/name", "thesis": "Up.", "risk.maxMonthlyCostUsd": 0},
            [
                (
                    "risk.maxMonthlyCostUsd: was 0; a chat model that may cost nothing is never asked: "
                    "raise it, or set mode to rules"
                )
            ],
        ),
        (
            {"rules": None},
            [
                (
                    "rules: is missing; mode rules needs a policy, such as "
                    '{"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "sizePct": 10}'
                )
            ],
        ),
        (
            {"context.interval": "1h"},
            ["context.interval: was 1h; a rule policy sees the candles of its schedule: remove it"],
        ),
    ],
)
def test_mode_without_what_it_needs_is_refused(changes: dict[str, object], lines: list[str]) -> None:
    """A mode asks for its own fields and refuses those nobody would read."""
    assert refusals(changes) == lines


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"risk.maxPositionPct": 41},
            "risk.maxPositionPct: was 41, above maxTotalExposurePct 40; lower it to 40 or raise the other",
        ),
        (
            {"risk.maxTotalExposurePct": 250.5, "risk.maxLeverage": 2},
            (
                "risk.maxTotalExposurePct: was 250.5, which maxLeverage 2 cannot carry; "
                "lower it to 200 or raise maxLeverage to 3"
            ),
        ),
        (
            {"risk.maxDrawdownPct": 4.5},
            (
                "risk.maxDrawdownPct: was 4.5, below dailyLossHaltPct 5, which then could never be reached; "
                "raise it to 5 or lower the other"
            ),
        ),
        (
            {"rules.symbol": "ETH"},
            'rules.symbol: was "ETH", which is not in risk.allowedSymbols (BTC); add ETH there, or write one of these',
        ),
        (
            {"rules.symbol": "btc"},
            'rules.symbol: was "btc", which is not in risk.allowedSymbols (BTC); did you mean BTC?',
        ),
        (
            {"context.symbols": ["ETH"]},
            'rules.symbol: was "BTC", which is not in context.symbols (ETH); add BTC there, or write one of these',
        ),
        ({"rules.slow": 10}, "rules.slow: was 10, not above fast 10; write 11 or more, or lower fast"),
        ({"rules.sizePct": None}, 'rules.sizePct: is missing; say how large an open is, such as "sizePct": 10'),
        ({"rules.sizeUsd": 50}, "rules.sizePct: stands beside sizeUsd; keep exactly one of sizePct, sizeUsd, size"),
        (
            {"rules": {"policy": "funding-carry", "symbol": "BTC", "size": 1, "enterRate": 0.0001, "exitRate": 0.0001}},
            "rules.exitRate: was 0.0001, not below enterRate 0.0001; write a lower rate",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(changes: dict[str, object], line: str) -> None:
    """What is right by itself and wrong together is refused where it is cured."""
    assert refusals(changes) == [line]


def test_hold_needs_no_size() -> None:
    """A policy that opens nothing need not say how large an open is."""
    assert refusals({"rules": {"policy": "hold", "symbol": "BTC"}}) == []
