"""What holds for every proposal, however strange, and for every set of caps."""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import ActionKind, Approved, Denied, Noop, Side, Symbol, TradingState
from agentic_core.risk import RULES
from tests.support.markets import BTC
from tests.support.risk_scenes import Scene, judge

STEP = Decimal("0.00001")


def amounts(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    """Return numbers of so many decimals, their bounds counted in the last one."""
    return st.integers(low, high).map(lambda units: Decimal(units).scaleb(-places))


def mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    """Return nearly always what no rule minds, so that every rule has its turn."""
    return st.sampled_from([usual] * 24 * len(others) + list(others))


def seldom(odd: st.SearchStrategy[Decimal], usual: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Decimal]:
    """Return the odd numbers now and then."""
    return st.integers(0, 19).flatmap(lambda die: odd if die == 13 else usual)


_EXTREMES = ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "-1E+30", "1E-999999", "0E+50", "-0", "1" * 60]
wild = st.one_of(st.none(), st.decimals(), st.sampled_from([Decimal(text) for text in _EXTREMES]))

scenes = st.builds(
    Scene,
    side=st.sampled_from(list(Side)),
    size=seldom(amounts(1, 1_000, 6), amounts(1_000, 150_000, 6)),
    mark=amounts(200_000, 999_999, 1),
    mark_age_ms=mostly(30_000, 30_001),
    equity=seldom(amounts(-10_000, 100_000, 3), amounts(8_500_000, 20_000_000, 3)),
    baseline=mostly(Decimal(9_000), Decimal("15000.01"), Decimal(0)),
    held=st.one_of(st.just(Decimal(0)), amounts(-8_000, 8_000, 5)),
    elsewhere_usd=mostly(Decimal("250.55"), Decimal(-4_000)),
    orders=st.integers(0, 10),
    unresolved=mostly(0, 1),
    state=mostly(TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED),
    position_bps_max=mostly(15_000, 1, 2_500, 500_000),
    exposure_bps_max=mostly(20_000, 1, 5_000, 500_000),
    leverage_max=st.sampled_from([1, 2, 5]),
    order_usd_min=st.sampled_from([Decimal(0), Decimal(10), Decimal("99.5")]),
    daily_loss_bps_max=mostly(1_000, 1, 10_000),
)
dollar_scenes = st.builds(
    lambda scene, dollars: msgspec.structs.replace(scene, size=None, size_usd=dollars),
    scenes,
    amounts(100_000, 59_999_999_999, 7),
)
opens = st.one_of(scenes, dollar_scenes)


@given(
    scenes,
    st.builds(
        dict,
        kind=st.sampled_from(list(ActionKind)),
        side=st.sampled_from([None, *Side]),
        size=wild,
        size_usd=wild,
        symbol=st.one_of(st.just(BTC), st.builds(Symbol, st.text(max_size=5))),
        equity=st.one_of(st.just(Decimal(10_000)), st.decimals(-(10**12), 10**12, allow_nan=False)),
        listed=st.booleans(),
        symbols_allowed=st.sampled_from([frozenset(), frozenset({BTC})]),
    ),
)
def test_process_has_a_verdict_for_every_proposal(scene: Scene, wish: dict[str, object]) -> None:
    """No size, side, symbol or account makes the engine raise, and what it says can be stored and read again."""
    strange = msgspec.structs.replace(scene, **wish)
    verdict = judge(strange)
    assert isinstance(verdict, Noop | Denied | Approved)
    if isinstance(verdict, Denied):
        assert verdict.rule in {*RULES, "R1_CLOSE_HAS_SIZE"}
        stored = msgspec.json.Encoder(decimal_format="number").encode(verdict)
        assert msgspec.json.decode(stored, type=Denied).rule == verdict.rule


def violations(scene: Scene, size: Fraction, legs: int) -> list[bool]:
    """Return, for each line of the rules page, whether the open breaks it; all in exact fractions."""
    mark, equity = Fraction(scene.mark or 0), Fraction(scene.equity)
    signed = Fraction(scene.held) * (scene.side or Side.BUY).sign
    position = (max(signed, Fraction(0)) + size) * mark
    total = position + abs(Fraction(scene.elsewhere_usd))
    loss = Fraction(scene.baseline) - equity
    return [
        scene.state is not TradingState.ACTIVE,
        scene.unresolved > 0,
        scene.mark_age_ms > scene.mark_age_ms_max,
        equity <= 0,
        position * 10_000 > scene.position_bps_max * equity,
        total * 10_000 > scene.exposure_bps_max * equity,
        size * mark < Fraction(scene.order_usd_min),
        total > scene.leverage_max * equity,
        scene.orders + legs > scene.orders_per_day_max,
        scene.baseline <= 0 or loss * 10_000 >= scene.daily_loss_bps_max * Fraction(scene.baseline),
        size <= 0,
        size * mark < 10,
    ]


@given(opens)
def test_process_approves_exactly_the_opens_that_break_no_rule(scene: Scene) -> None:
    """The caps, computed again without a rounding, draw the same line, and every approved leg is legal."""
    step, mark = Fraction(STEP), Fraction(scene.mark or 0)
    wanted = Fraction(scene.size) if scene.size is not None else Fraction(scene.size_usd or 0) / mark
    size = wanted // step * step
    opposing = Fraction(scene.held) * (scene.side or Side.BUY).sign < 0
    verdict = judge(scene)
    assert isinstance(verdict, Approved) is not any(violations(scene, size, 2 if opposing else 1))
    if isinstance(verdict, Approved):
        *closing, opening = verdict.plan
        assert (opening.side, Fraction(opening.size), opening.reduce_only) == (scene.side, size, False)
        assert len(closing) == opposing
        assert all(leg.size > 0 and leg.size % STEP == 0 for leg in verdict.plan)


@given(scene=scenes, close=st.booleans())
def test_process_plans_reduce_only_legs_that_close_and_never_grow_the_position(scene: Scene, *, close: bool) -> None:
    """A reduce-only leg has the size held and the other side, and comes first."""
    kind = {"kind": ActionKind.CLOSE, "side": None, "size": None} if close else {}
    verdict = judge(msgspec.structs.replace(scene, **kind))
    legs = verdict.plan if isinstance(verdict, Approved) else ()
    for place, leg in enumerate(legs):
        if leg.reduce_only:
            assert place == 0
            assert scene.held + leg.side.sign * leg.size == 0
    assert not close or scene.held == 0 or len(legs) == 1


TIGHTER = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                "position_bps_max",
                "exposure_bps_max",
                "leverage_max",
                "orders_per_day_max",
                "daily_loss_bps_max",
                "mark_age_ms_max",
            ]
        ),
        st.fractions(0, 1),
    ),
    st.tuples(st.just("order_usd_min"), st.fractions(0, 200)),
    st.tuples(st.just("symbols_allowed"), st.just(Fraction(0))),
)


def tightened(scene: Scene, name: str, amount: Fraction) -> Scene:
    """Return the scene with one limit tightened: a cap cut to a share of itself, a minimum raised, a list emptied."""
    match name:
        case "symbols_allowed":
            change: object = frozenset()
        case "order_usd_min":
            change = scene.order_usd_min + Decimal(int(amount * 100)).scaleb(-2)
        case _:
            change = int(getattr(scene, name) * amount)
    return msgspec.structs.replace(scene, **{name: change})


@given(opens, TIGHTER)
def test_process_with_one_limit_tightened_never_approves_what_was_denied(
    scene: Scene, tightening: tuple[str, Fraction]
) -> None:
    """Whatever passes a tight set of caps passes a loose one, with the same plan."""
    strict = judge(tightened(scene, *tightening))
    if isinstance(strict, Approved):
        loose = judge(scene)
        assert isinstance(loose, Approved)
        assert loose.plan == strict.plan
