"""What holds for every proposal, however strange, and for every account, market and set of caps."""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given

from agentic_core.domain import ActionKind, Approved, Denied, Noop, Side, Symbol, Verdict
from agentic_core.risk import RULES, process
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.expected_rules import first_broken
from tests.support.markets import BTC
from tests.support.risk_scenes import Elsewhere, Scene, judge
from tests.support.rolled_scenes import BYTES, open_scenes

_EXTREMES = ("NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "-1E+30", "1E-999999", "0E+50", "-0", "1" * 60)
WILD = tuple(Decimal(text) for text in _EXTREMES)


def refused_by(verdict: Verdict) -> str | None:
    """Return the rule that refuses an open, or None where the open passes."""
    assert not isinstance(verdict, Noop)
    refusal = verdict.withheld if isinstance(verdict, Approved) else verdict
    return None if refusal is None else refusal.rule


def wild_scenes(dice: Dice) -> Scene:
    """Roll a proposal that may name anything, in an account where nothing need fit together."""
    asked = open_scenes(dice)
    numbers = (None, asked.size, asked.mark, *WILD)
    amounts = (asked.equity, *(Decimal(text) for text in ("0", "-5", "1E+12", "-1E+12", "1E-9", "1" * 40)))
    symbols = (BTC, Symbol(""), Symbol("btc"), Symbol("A\x00B"))
    changes = {
        "kind": dice.any_of(*ActionKind),
        "side": dice.any_of(*Side, None),
        "size": dice.any_of(*numbers),
        "size_usd": dice.any_of(*numbers),
        "limit_price": dice.any_of(*numbers),
        "symbol": dice.any_of(*symbols),
        "equity": dice.any_of(*amounts),
        "baseline": dice.any_of(*amounts),
        "peak": dice.any_of(*amounts),
        "mark": dice.any_of(asked.mark, None, Decimal("1E-6"), Decimal("1E+12"), Decimal("123456.123456789")),
        "listed": bool(dice.any_of(1, 1, 0)),
        "symbols_allowed": frozenset(dice.any_of(symbols, ())),
        "elsewhere": (*asked.elsewhere, Elsewhere(symbol=Symbol("GONE"), size=Decimal(7), mark=None)),
        "stop_bps": dice.any_of(asked.stop_bps, 0, 10_000, 20_000),
        "collar_bps": dice.any_of(asked.collar_bps, 0, 10_000),
    }
    return msgspec.structs.replace(asked, **changes)


@thorough
@given(rolls(wild_scenes, BYTES))
def test_process_has_a_verdict_for_every_proposal(asked: Scene) -> None:
    """No number, side, symbol or account makes the engine raise, and what it says can be stored and read again."""
    verdict = judge(asked)
    encode = msgspec.json.Encoder(decimal_format="number").encode
    if isinstance(verdict, Noop):
        assert asked.kind is ActionKind.CLOSE
        return
    refusal = verdict.withheld if isinstance(verdict, Approved) else verdict
    if refusal is not None:
        assert refusal.rule in {rule.id for rule in RULES}
        assert msgspec.json.decode(encode(refusal), type=Denied).rule == refusal.rule
    if isinstance(verdict, Approved):
        assert msgspec.json.decode(encode(verdict), type=Approved).plan == verdict.plan


@thorough
@given(rolls(open_scenes, BYTES))
def test_process_refuses_by_the_first_rule_of_the_page_that_is_broken(asked: Scene) -> None:
    """The rules, computed again without a rounding and in their order, draw the same lines."""
    assert refused_by(judge(asked)) == first_broken(asked)


@thorough
@given(rolls(open_scenes, BYTES))
def test_process_of_an_open_plans_legal_legs_that_close_first(asked: Scene) -> None:
    """An opposite position is closed whole, reduce-only and first; what opens is the wish, rounded down to the lot."""
    verdict = judge(asked)
    opposed = abs(asked.held) if asked.held * (asked.side or Side.BUY).sign < 0 else Decimal(0)
    plan = verdict.plan if isinstance(verdict, Approved) else ()
    closing = [leg for leg in plan if leg.reduce_only]
    opening = [leg for leg in plan if not leg.reduce_only]
    assert list(plan) == closing + opening
    assert all(leg.side is asked.side for leg in plan)
    assert [leg.size for leg in closing] == ([opposed] if plan and opposed else [])
    for leg in opening:
        step, mark = asked.instrument.size_step, Fraction(asked.mark or 1)
        wish = Fraction(asked.size) if asked.size is not None else Fraction(asked.size_usd or 0) / mark
        assert 0 <= wish - Fraction(leg.size) < Fraction(step)
        assert leg.size > 0
        assert leg.size % step == 0
        assert leg.position_before == (0 if opposed else asked.held)
        assert leg.limit_price == asked.limit_price


@given(rolls(open_scenes, BYTES))
def test_process_judges_a_copy_of_the_account_like_the_account(asked: Scene) -> None:
    """The same question has the same answer, of a view or of its copy, in whatever order open orders are listed."""
    market = asked.market
    turned = msgspec.structs.replace(asked, open_intents=asked.open_intents[::-1])
    copied = process(asked.action, turned.snapshot(market), market, asked.limits, asked.state)
    assert judge(asked) == copied
