"""When a turn asks for a price of its own: for a close whose mark is missing or too old, and for nothing else."""

from decimal import Decimal

import pytest

from agentic_core.domain import (
    Approved,
    Mark,
    MarkSource,
    Price,
    ProposedAction,
    RejectedResult,
    Side,
    Symbol,
    TickId,
    TradingState,
)
from agentic_core.runtime import Turned, flatten, tick
from agentic_core.runtime.effects import Persist, Quote
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.turns import DEPLOYMENT, LIMITS, Says, World, close_of, filled, limits, mandate, open_of

D = Decimal
YOUNG, OLD = 30_000, 30_001


def from_the_book(price: str, symbol: Symbol = BTC) -> Mark:
    """Return what a book said."""
    return Mark(symbol=symbol, price=Price(D(price)), as_of=AT, source=MarkSource.BOOK)


def played(
    action: ProposedAction, world: World, *, hold: str = "0.02", age_ms: int | None = OLD, age_ms_max: int = 30_000
) -> Turned:
    """Play a turn at a mark of 50,000 that is so old, or at none."""
    market = MarketByHand()
    if age_ms is not None:
        market.set(BTC, "50000", age_ms=age_ms)
    account = AccountByHand(market)
    account.hold(held(BTC, hold))
    decider = mandate(Says(action), caps=limits(mark_age_ms_max=age_ms_max))
    outcome = world.play(tick(decider, market, account, TradingState.ACTIVE, mark=AT, record_holds=False))
    assert isinstance(outcome, Turned)
    return outcome


def priced_at(world: World) -> list[Decimal]:
    """Return the limits of the orders that were made durable."""
    return [intent.limit_price for persist in world.of(Persist) for intent in persist.intents]


@pytest.mark.parametrize("age_ms", [OLD, None])
def test_close_without_a_young_mark_is_priced_off_what_it_finds(age_ms: int | None) -> None:
    """The collar is laid around the price that was found."""
    world = World(filled, quote=from_the_book("48000"))
    played(close_of(), world, age_ms=age_ms)
    assert world.names == ["Quote", "Persist", "Send", "Record"]
    assert world.of(Quote) == [Quote(symbol=BTC)]
    assert priced_at(world) == [D(47_520)]


def test_close_at_a_young_mark_asks_for_no_price() -> None:
    """As old as allowed is young."""
    world = World(filled, quote=from_the_book("48000"))
    played(close_of(), world, age_ms=YOUNG)
    assert world.names == ["Persist", "Send", "Record"]
    assert priced_at(world) == [D(49_500)]


def test_close_at_a_mark_that_is_too_old_for_its_skill_asks_for_a_price() -> None:
    """How old is too old is a limit of the skill."""
    world = World(filled, quote=from_the_book("48000"))
    played(close_of(), world, age_ms=YOUNG, age_ms_max=YOUNG - 1)
    assert world.names == ["Quote", "Persist", "Send", "Record"]


def test_close_for_which_nothing_is_found_goes_at_the_old_mark() -> None:
    """An old price is better than staying in the position."""
    world = World(filled)
    played(close_of(), world)
    assert world.names == ["Quote", "Persist", "Send", "Record"]
    assert priced_at(world) == [D(49_500)]


def test_close_that_has_no_price_at_all_is_recorded_as_that() -> None:
    """Nothing is made durable that cannot be priced, and the words say where to look."""
    world = World()
    outcome = played(close_of(), world, age_ms=None)
    assert world.names == ["Quote", "Record"]
    assert outcome.result == RejectedResult(
        rule="R4_NO_PRICE", detail="nothing has a price to close at; look at the venue"
    )


def test_open_never_asks_for_a_price() -> None:
    """An open needs a young mark, and is refused without one before it is planned."""
    world = World()
    outcome = played(open_of(Side.BUY, "0.01"), world, hold="0")
    assert world.names == ["Record"]
    assert isinstance(outcome.result, RejectedResult)
    assert outcome.result.rule == "R4_STALE_MARK"


@pytest.mark.parametrize(("age_ms", "rule"), [(OLD, "R4_STALE_MARK"), (None, "R4_NO_MARK")])
def test_flip_without_a_young_mark_closes_at_what_it_finds_and_withholds_the_rest(
    age_ms: int | None, rule: str
) -> None:
    """The closing leg alone is priced and sent, and the refusal of the other stays on record."""
    world = World(filled, quote=from_the_book("48000"))
    outcome = played(open_of(Side.SELL, "0.01"), world, age_ms=age_ms)
    assert world.names == ["Quote", "Persist", "Send", "Record"]
    assert priced_at(world) == [D(47_520)]
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Approved)
    assert verdict.withheld is not None
    assert verdict.withheld.rule == rule


def test_flip_at_a_young_mark_prices_both_legs_off_it() -> None:
    """Nobody is asked."""
    world = World(filled, filled)
    played(open_of(Side.SELL, "0.01"), world, age_ms=0)
    assert world.names == ["Persist", "Send", "Send", "Record"]
    assert priced_at(world) == [D(49_500), D(49_500)]


def test_flatten_asks_for_each_symbol_that_needs_it_and_leaves_out_what_has_no_price() -> None:
    """ETH has a young mark, BTC an old one, SOL none and nothing is found for it."""
    sol, market = Symbol("SOL"), MarketByHand({ETH: "3000"})
    market.set(BTC, "50000", age_ms=OLD)
    account = AccountByHand(market)
    account.hold(held(sol, "5"), held(ETH, "1"), held(BTC, "-0.02"))
    world = World(filled, filled)
    command = TickId(deployment=DEPLOYMENT, mark=AT, cause="halt:drawdown")
    outcome = world.play(flatten(mandate(Says(None), caps=LIMITS), command, market, account))
    assert isinstance(outcome, Turned)
    assert world.of(Quote) == [Quote(symbol=sol), Quote(symbol=BTC)]
    assert world.names == ["Quote", "Quote", "Persist", "Send", "Send", "Record"]
    (persist,) = world.of(Persist)
    assert [(intent.symbol, intent.limit_price, intent.leg) for intent in persist.intents] == [
        (ETH, D(2_970), 0),
        (BTC, D(50_500), 1),
    ]
    assert outcome.decision.decided_by == "halt:drawdown"
