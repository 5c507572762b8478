"""A chat model takes its time: before anything is opened on its word, the account is looked at again."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agentic_core.chat import said
from agentic_core.domain import (
    Approved,
    ClientOrderId,
    Executed,
    Instant,
    OpenIntent,
    Price,
    ProposedAction,
    RejectedResult,
    Side,
    Size,
    TradingState,
    Usd,
)
from agentic_core.errors import UsageError
from agentic_core.runtime import Turned, tick
from agentic_core.runtime.effects import Persist
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.thinking import scripted
from tests.support.turns import Says, World, close_of, filled, mandate, open_of

D = Decimal
BUY = open_of(Side.BUY, "0.01")
ASKED = ["Reserve", "Ask"]
CARRIED_OUT = ["Persist", "Send", "Record"]


class Room:
    """A market in which a chat model wishes something, on an account that it saw before it thought."""

    def __init__(self, wish: ProposedAction | None, *, hold: str = "0", others: tuple[OpenIntent, ...] = ()) -> None:
        self.market = MarketByHand({BTC: "50000", ETH: "2000"})
        self.seen, self.fresh = self._account(hold, others), self._account(hold, others)
        self.world = World(*[filled] * 2, reply=said(wish, "so be it"), account=self.fresh)

    def play(self) -> Turned:
        """Play the turn."""
        wanted = mandate(scripted(bound=Usd(D(1))), symbols=(BTC, ETH))
        turn = tick(wanted, self.market, self.seen, TradingState.ACTIVE, mark=AT, record_holds=True)
        outcome = self.world.play(turn)
        assert isinstance(outcome, Turned)
        return outcome

    def _account(self, hold: str, others: tuple[OpenIntent, ...]) -> AccountByHand:
        account = AccountByHand(self.market)
        account.hold(held(BTC, hold))
        account.open_intents = others
        return account


def resting(size: str, *, reduce_only: bool = False) -> OpenIntent:
    """Return an order that rests."""
    return OpenIntent(
        cloid=ClientOrderId("0x" + "ab" * 16),
        symbol=ETH,
        side=Side.BUY,
        size=Size(D(size)),
        limit_price=Price(D(1_900)),
        reduce_only=reduce_only,
        resting=True,
    )


def test_open_on_an_account_that_did_not_move_is_carried_out() -> None:
    """It costs one more look."""
    room = Room(BUY)
    assert isinstance(room.play().result, Executed)
    assert room.world.names == [*ASKED, "Look", *CARRIED_OUT]


@pytest.mark.parametrize("wish", [None, close_of(), open_of(Side.BUY, "9")], ids=["hold", "close", "beyond the caps"])
def test_wish_that_opens_nothing_needs_no_second_look(wish: ProposedAction | None) -> None:
    """A close is never refused for what moved, and a refusal stays one."""
    room = Room(wish, hold="0.01")
    room.play()
    assert "Look" not in room.world.names


def _filled_meanwhile(room: Room) -> None:
    room.fresh.hold(held(BTC, "0.005"))


def _other_symbol(room: Room) -> None:
    room.fresh.hold(held(ETH, "1"))


def _new_order(room: Room) -> None:
    room.fresh.open_intents = (resting("1"),)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (_filled_meanwhile, "BTC: the decision saw 0 units, now it is 0.005"),
        (_other_symbol, "ETH: the decision saw 0 units, now it is 1"),
        (_new_order, "ETH: its open orders are no longer those that the decision saw"),
    ],
)
def test_open_is_denied_where_anything_moved_meanwhile(change: Callable[[Room], None], detail: str) -> None:
    """Whichever symbol it is: the caps that were shown are those of another account."""
    room = Room(BUY)
    change(room)
    result = room.play().result
    assert isinstance(result, RejectedResult)
    assert (result.rule, result.detail) == ("R3_STATE_MOVED", detail)
    assert room.world.names == [*ASKED, "Look", "Record"]


def test_open_is_denied_where_an_order_it_saw_is_gone() -> None:
    """It may have executed, and be on its way into the position."""
    room = Room(BUY, others=(resting("0.01"),))
    room.fresh.open_intents = ()
    result = room.play().result
    assert isinstance(result, RejectedResult)
    assert result.rule == "R3_STATE_MOVED"


def test_stop_that_was_set_anew_moves_nothing() -> None:
    """An order that can only shrink a position is none that an open relied on."""
    room = Room(BUY)
    room.fresh.open_intents = (resting("1", reduce_only=True),)
    assert isinstance(room.play().result, Executed)


def test_open_is_denied_where_the_account_cannot_be_read() -> None:
    """What is not known is not built upon."""
    room = Room(BUY)
    room.world.account = None
    result = room.play().result
    assert isinstance(result, RejectedResult)
    assert result.rule == "R4_NO_ACCOUNT"


def test_flip_keeps_its_closing_leg_where_the_position_moved() -> None:
    """What only shrinks a position is never withheld: all of it as it is now is closed, and nothing opened."""
    room = Room(open_of(Side.SELL, "0.03"), hold="0.02")
    room.fresh.hold(held(BTC, "0.015"))
    outcome = room.play()
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Approved)
    assert verdict.withheld is not None
    assert verdict.withheld.rule == "R3_STATE_MOVED"
    (intent,) = room.world.of(Persist)[0].intents
    assert (intent.side, intent.size, intent.reduce_only) == (Side.SELL, D("0.015"), True)


def test_open_after_long_thought_is_judged_on_the_fresh_account() -> None:
    """An account of before the question is too old by then; the one just read decides, by its own equity."""
    room = Room(BUY)
    room.market.as_of = room.fresh.as_of = Instant(AT + 90_000)
    room.market.set(BTC, "50000")
    assert isinstance(room.play().result, Executed)
    poor = Room(open_of(Side.BUY, "0.15"))
    poor.fresh.equity = Usd(D(5_000))
    result = poor.play().result
    assert isinstance(result, RejectedResult)
    assert result.rule == "R5_POSITION_CAP"


def test_rules_decide_at_once_and_are_not_looked_after() -> None:
    """Between what a rule policy saw and what it wishes no time passes; the gate looks anyway."""
    market = MarketByHand({BTC: "50000"})
    world = World(filled)
    world.play(tick(mandate(Says(BUY)), market, AccountByHand(market), TradingState.ACTIVE, mark=AT, record_holds=True))
    assert world.names == CARRIED_OUT


def test_look_that_is_answered_with_something_else_is_a_usage_error() -> None:
    """What is no account is not taken for one."""
    room = Room(BUY)
    wanted = mandate(scripted(bound=Usd(D(1))))
    turn = tick(wanted, room.market, room.seen, TradingState.ACTIVE, mark=AT, record_holds=True)
    with pytest.raises(UsageError, match="AccountSnapshot was expected"):
        room.world.play(turn, instead={2: "an account"})
    assert room.world.names == [*ASKED, "Look"]
