"""What the leash of a skill leaves of the envelope, and that nothing outside it passes for inside."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.chat.showing.leash import narrowed, outside_leash
from agentic_core.chat.thought import Question
from agentic_core.domain import (
    ActionKind,
    Closable,
    Closed,
    Price,
    ProposedAction,
    Room,
    Side,
    Size,
    Symbol,
    Usd,
)
from tests.support.questions import question_about, room, thinking_about
from tests.support.views import BTC

D = Decimal
ETH = Symbol("ETH")
RULES = {"policy": "sma-cross", "symbol": "BTC", "fast": 2, "slow": 3, "sizePct": 10}
STRICT = thinking_about({"mode": "hybrid", "rules": RULES, "leash": "strict"})
BALANCED = thinking_about({"mode": "hybrid", "rules": RULES, "leash": "balanced"})
STRICT_THESIS = thinking_about({"leash": "strict"})
WISH = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(D(200)))
CLOSE = ProposedAction(kind=ActionKind.CLOSE, symbol=BTC)
OPENS = (room(), room(side=Side.SELL), room(ETH))


def asked(wish: ProposedAction | None, opens: tuple[Room, ...] = OPENS) -> Question:
    """Return a question with a position to close and what the rules wish."""
    question = question_about(opens=opens)
    envelope = msgspec.structs.replace(
        question.envelope,
        closes=(Closable(symbol=ETH, size=Size(D(1))),),
        shut=(Closed(symbol=ETH, side=Side.SELL, rule="R4_NO_MARK"),),
    )
    return msgspec.structs.replace(question, envelope=envelope, signal=wish)


@pytest.mark.parametrize("thinking", [BALANCED, STRICT_THESIS])
def test_leash_of_other_skills_leaves_the_envelope_as_it_is(thinking: object) -> None:
    """Only a strict hybrid skill is held to its rules by code."""
    question = asked(None)
    kept = BALANCED if thinking is BALANCED else STRICT_THESIS

    assert narrowed(kept, question) == question.envelope
    assert outside_leash(kept, question, WISH) is None


@pytest.mark.parametrize("wish", [None, CLOSE])
def test_strict_hybrid_without_a_wish_to_open_may_only_close(wish: ProposedAction | None) -> None:
    """The way out stays open."""
    question = asked(wish)
    offered = narrowed(STRICT, question)

    assert offered.opens == ()
    assert offered.closes == question.envelope.closes
    assert outside_leash(STRICT, question, CLOSE) is None
    assert outside_leash(STRICT, question, WISH) == "the rules wish no open now, so nothing may be opened"


def test_strict_hybrid_may_open_what_the_rules_wish_at_most_as_large() -> None:
    """The size in dollars is one in units at the mark, rounded down to a step."""
    odd = msgspec.structs.replace(WISH, size_usd=Usd(D("200.019")), limit_price=Price(D("100.5")))

    offered = narrowed(STRICT, asked(odd))

    assert offered.opens == (
        msgspec.structs.replace(
            room(), size_max=Size(D("2.0001")), limit_price_worst=Price(D("100.5")), limit_needed=True
        ),
    )


def test_strict_hybrid_never_gets_more_than_the_envelope() -> None:
    """Rules that wish more than is allowed widen nothing."""
    more = msgspec.structs.replace(WISH, size_usd=None, size=Size(D(1_000)), limit_price=Price(D(500)))

    assert narrowed(STRICT, asked(more)).opens == (msgspec.structs.replace(room(), limit_needed=True),)


def test_strict_hybrid_whose_rules_wish_too_little_may_not_open() -> None:
    """A size below the least is no size."""
    assert narrowed(STRICT, asked(msgspec.structs.replace(WISH, size_usd=Usd(D(9))))).opens == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"side": Side.SELL}, "it opens something else than the rules wish"),
        ({"symbol": ETH}, "it opens something else than the rules wish"),
        ({"size_usd": Usd(D("200.01"))}, "it is larger than what the rules wish"),
        ({"size_usd": None, "size": Size(D("2.0001"))}, "it is larger than what the rules wish"),
        ({"size_usd": None, "size": Size(D("1e40"))}, "it is larger than what the rules wish"),
        ({"size_usd": Usd(D("200.009"))}, None),
        ({"size_usd": None, "size": Size(D("1.5"))}, None),
        ({}, None),
    ],
)
def test_outside_leash_says_why(change: dict[str, object], why: str | None) -> None:
    """In words of ours; sizes count as they would be sent."""
    assert outside_leash(STRICT, asked(WISH), msgspec.structs.replace(WISH, **change)) == why


def test_outside_leash_leaves_what_has_no_room_to_the_risk_engine() -> None:
    """It has a rule that says why."""
    assert outside_leash(STRICT, asked(WISH, opens=()), WISH) is None


_AMOUNTS = st.decimals("0.01", "5000", places=4)


@given(_AMOUNTS, st.booleans(), st.sampled_from(Side), st.data())
def test_everything_that_is_offered_is_inside_the_leash(
    amount: Decimal, in_dollars: bool, side: Side, data: st.DataObject
) -> None:
    """A reply that keeps to the schema of the narrowed envelope is never refused for the leash."""
    wish = ProposedAction(
        kind=ActionKind.OPEN,
        symbol=BTC,
        side=side,
        size_usd=Usd(amount) if in_dollars else None,
        size=None if in_dollars else Size(amount),
    )
    question = asked(wish)
    offered = narrowed(STRICT, question)
    assert set(offered.opens) <= {one for one in offered.opens if one.side is side and one.symbol == BTC}
    for one in offered.opens:
        units = data.draw(st.decimals(one.size_min, one.size_max, places=6))
        beyond = (one.size_max + one.size_step) * one.mark - D("0.01")
        dollars = data.draw(st.decimals(one.size_min * one.mark, beyond, places=2))
        for action in (
            ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=side, size=Size(units)),
            ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=side, size_usd=Usd(dollars)),
        ):
            assert outside_leash(STRICT, question, action) is None


@pytest.mark.parametrize(
    ("side", "limit", "passes"),
    [
        (Side.BUY, "50100", True),
        (Side.BUY, "50099", True),
        (Side.BUY, "50101", False),
        (Side.BUY, None, False),
        (Side.SELL, "50100", True),
        (Side.SELL, "50101", True),
        (Side.SELL, "50099", False),
        (Side.SELL, None, False),
    ],
)
def test_strict_hybrid_pays_no_worse_price_than_its_rules(side: Side, limit: str | None, *, passes: bool) -> None:
    """A limit of the rules binds; without one in the answer the wider collar would stand for it."""
    wish = msgspec.structs.replace(WISH, side=side, limit_price=Price(D("50100")))
    action = msgspec.structs.replace(wish, limit_price=None if limit is None else Price(D(limit)))
    assert (outside_leash(STRICT, asked(wish), action) is None) is passes


def test_strict_hybrid_is_offered_no_open_without_a_limit_where_its_rules_have_one() -> None:
    """What would be refused is not in the schema."""
    plain, limited = (
        narrowed(STRICT, asked(msgspec.structs.replace(WISH, limit_price=limit))).opens[0]
        for limit in (None, Price(D("50100")))
    )
    assert (plain.limit_needed, limited.limit_needed) == (False, True)
