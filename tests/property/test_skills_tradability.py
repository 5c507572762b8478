"""What the tradability check suggests is enough, and a hundredth of a percent less is not."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from agentic_core.domain.money import Usd
from agentic_core.skills import Skill, Tradable, Untradable, check_tradable
from tests.support.skill_files import skill_with

CENT = Decimal("0.01")
FIELDS = {
    "risk.maxPositionPct": ("risk", "max_position_pct"),
    "risk.maxTotalExposurePct": ("risk", "max_total_exposure_pct"),
    "risk.maxLeverage": ("risk", "max_leverage"),
    "risk.dailyLossHaltPct": ("risk", "daily_loss_halt_pct"),
    "risk.maxDrawdownPct": ("risk", "max_drawdown_pct"),
    "rules.sizePct": ("rules", "size_pct"),
    "rules.sizeUsd": ("rules", "size_usd"),
}

EQUITIES = st.one_of(st.decimals("0.05", "300", places=2), st.decimals("1000", "200000", places=2)).map(Usd)
SIZES = {"size_pct": ("0.01", "300"), "size_usd": ("0.01", "5000"), "size": ("0.01", "5")}


def with_values(skill: Skill, values: dict[str, Decimal]) -> Skill:
    """Return the skill with fields set past its validation, since one field alone may not fit the others."""
    for path, value in values.items():
        section, field = FIELDS[path]
        changed = int(value) if field == "max_leverage" else value
        part = getattr(skill, section).model_copy(update={field: changed})
        skill = skill.model_copy(update={section: part})
    return skill


@st.composite
def skills(draw: st.DrawFn) -> Skill:
    """Draw a rules skill with any consistent caps and any kind of size."""
    leverage = draw(st.integers(1, 50))
    exposure = draw(st.one_of(st.decimals("0.01", "99", places=2), st.decimals("100", leverage * 100, places=2)))
    caps: dict[str, int | Decimal] = {
        "max_leverage": leverage,
        "max_total_exposure_pct": exposure,
        "max_position_pct": draw(st.one_of(st.just(exposure), st.decimals("0.01", exposure, places=2))),
        "min_order_usd": draw(st.decimals("10", "500", places=2)),
    }
    daily = draw(st.one_of(st.decimals("0.01", "2", places=2), st.decimals("2", "100", places=2)))
    caps |= {"daily_loss_halt_pct": daily, "max_drawdown_pct": draw(st.decimals(daily, "100", places=2))}
    size = draw(st.sampled_from(sorted(SIZES)))
    base = skill_with({})
    assert base.rules is not None
    rules = base.rules.model_copy(update={"size_pct": None, size: draw(st.decimals(*SIZES[size], places=2))})
    return base.model_copy(update={"risk": base.risk.model_copy(update=caps), "rules": rules})


@given(skills(), EQUITIES)
def test_suggestions_taken_together_make_the_skill_tradable(skill: Skill, equity: Usd) -> None:
    """Writing every suggested value makes an order possible; the result is a consistent skill."""
    verdict = check_tradable(skill, equity)
    assume(isinstance(verdict, Untradable))
    assert isinstance(verdict, Untradable)
    suggested = {found.path: found.smallest for found in verdict.blockers if found.smallest is not None}
    assume(len(suggested) == len(verdict.blockers))

    cured = with_values(skill, suggested)

    assert isinstance(check_tradable(cured, equity), Tradable)
    assert cured.risk.max_position_pct <= cured.risk.max_total_exposure_pct <= cured.risk.max_leverage * 100
    assert cured.risk.daily_loss_halt_pct <= cured.risk.max_drawdown_pct


@given(skills(), EQUITIES)
def test_suggestion_lessened_by_one_step_is_not_enough(skill: Skill, equity: Usd) -> None:
    """Each suggestion is the smallest: one step below it, the skill is untradable again."""
    verdict = check_tradable(skill, equity)
    assume(isinstance(verdict, Untradable))
    assert isinstance(verdict, Untradable)
    suggested = {found.path: found.smallest for found in verdict.blockers if found.smallest is not None}
    assume(len(suggested) == len(verdict.blockers))

    for path, value in suggested.items():
        step = Decimal(1) if path == "risk.maxLeverage" else CENT
        lessened = with_values(skill, suggested | {path: value - step})

        assert isinstance(check_tradable(lessened, equity), Untradable)


@given(skills(), EQUITIES)
def test_smallest_account_is_enough_and_a_cent_less_is_not(skill: Skill, equity: Usd) -> None:
    """The account named for the skill as it is can trade it, and no smaller one can."""
    verdict = check_tradable(skill, equity)
    assume(isinstance(verdict, Untradable) and verdict.equity_min is not None)
    assert isinstance(verdict, Untradable)
    assert verdict.equity_min is not None

    assert isinstance(check_tradable(skill, verdict.equity_min), Tradable)
    assert isinstance(check_tradable(skill, Usd(verdict.equity_min - CENT)), Untradable)


@given(skills(), EQUITIES, EQUITIES)
def test_larger_account_never_makes_a_skill_untradable(skill: Skill, one: Usd, other: Usd) -> None:
    """What can be traded with little money can be traded with more."""
    smaller, larger = (isinstance(check_tradable(skill, equity), Tradable) for equity in sorted((one, other)))

    assert larger or not smaller
