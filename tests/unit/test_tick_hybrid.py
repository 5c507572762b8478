"""A turn of a hybrid skill: its rules wish, its chat model decides, and a strict leash holds it to what they wish."""

from decimal import Decimal

import pytest

from agentic_core.chat import ScriptedChatModel, said
from agentic_core.chat.effects import Ask
from agentic_core.domain import Approved, Denied, ProposedAction, Side, TradingState, Usd
from agentic_core.runtime import ByChatModel, Turned, tick
from agentic_core.skills.sections import Leash
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.thinking import thinking_by
from tests.support.turns import Says, World, close_of, filled, mandate, open_of

D = Decimal
WISH = open_of(Side.BUY, "0.01")


def turned(
    action: ProposedAction | None,
    *,
    signal: ProposedAction | None = WISH,
    leash: Leash = Leash.STRICT,
    hold: str = "0",
) -> tuple[World, Turned]:
    """Play a turn in which the rules wish one thing and the chat model another."""
    market = MarketByHand({BTC: "50000", ETH: "2000"})
    account = AccountByHand(market)
    account.hold(held(BTC, hold))
    thinking = thinking_by(ScriptedChatModel([], bound=Usd(D(1))), signal=Says(signal), leash=leash)
    world = World(*[filled] * 3, reply=said(action), account=account)
    wanted = mandate(ByChatModel(thinking=thinking), symbols=(BTC, ETH))
    outcome = world.play(tick(wanted, market, account, TradingState.ACTIVE, mark=AT, record_holds=True))
    assert isinstance(outcome, Turned)
    return world, outcome


@pytest.mark.parametrize("action", [WISH, open_of(Side.BUY, "0.005"), close_of()], ids=["same", "smaller", "close"])
def test_strict_hybrid_lets_pass_what_its_rules_wish_and_any_close(action: ProposedAction) -> None:
    """At most as large; what only closes is held by nothing."""
    _, outcome = turned(action, hold="0.002")
    assert isinstance(outcome.decision.verdict, Approved)
    assert outcome.decision.verdict.withheld is None


@pytest.mark.parametrize(
    "action",
    [open_of(Side.BUY, "0.02"), open_of(Side.SELL, "0.01"), open_of(Side.BUY, "0.1", symbol=ETH)],
    ids=["larger", "other side", "other symbol"],
)
def test_strict_hybrid_is_denied_every_other_open(action: ProposedAction) -> None:
    """Though the caps would let it pass, as they do under another leash."""
    world, outcome = turned(action)
    assert isinstance(outcome.decision.verdict, Denied)
    assert outcome.decision.verdict.rule == "R3_OFF_LEASH"
    assert "Send" not in world.names
    _, balanced = turned(action, leash=Leash.BALANCED)
    assert isinstance(balanced.decision.verdict, Approved)


@pytest.mark.parametrize("signal", [None, close_of()], ids=["nothing", "a close"])
def test_strict_hybrid_whose_rules_wish_no_open_opens_nothing(signal: ProposedAction | None) -> None:
    """Its chat model is asked all the same, because it may close."""
    world, outcome = turned(WISH, signal=signal)
    assert len(world.of(Ask)) == 1
    assert isinstance(outcome.decision.verdict, Denied)
    assert outcome.decision.verdict.rule == "R3_OFF_LEASH"


def test_strict_hybrid_still_closes_by_an_open_of_the_other_side() -> None:
    """The leg that opens is withheld, the one that shrinks is not."""
    _, outcome = turned(open_of(Side.SELL, "0.01"), hold="0.01")
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Approved)
    assert [leg.reduce_only for leg in verdict.plan] == [True]
    assert verdict.withheld is not None
    assert verdict.withheld.rule == "R3_OFF_LEASH"


def test_hybrid_is_shown_what_its_rules_wish() -> None:
    """So that it can agree or not."""
    world, _ = turned(None, signal=open_of(Side.BUY, "0.0123"))
    assert "0.0123" in world.of(Ask)[0].request.messages[1].content
