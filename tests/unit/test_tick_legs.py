"""Turns of several legs: the flip, whose second leg relies on the first, and the flatten, whose legs do not."""

from decimal import Decimal

import pytest

from agentic_core.domain import (
    Denied,
    Executed,
    Figures,
    Mark,
    MarkSource,
    Noop,
    NoopResult,
    Price,
    RejectedResult,
    Side,
    Size,
    TickId,
    TradingState,
    Usd,
    client_order_id,
    paper_account,
)
from agentic_core.runtime import Turned, flatten, tick
from agentic_core.runtime.effects import Abandon, Persist, Record, Send
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.turns import (
    DEPLOYMENT,
    Fate,
    Says,
    World,
    denied_by_the_gate,
    filled,
    mandate,
    open_of,
    partly_filled,
    rejected,
    unresolved,
)

D = Decimal
TURN = TickId(deployment=DEPLOYMENT, mark=AT)
COMMAND = TickId(deployment=DEPLOYMENT, mark=AT, cause="command:7")
CLOSING, OPENING = (client_order_id(paper_account(DEPLOYMENT), TURN.digest(), leg=leg, attempt=0) for leg in (0, 1))


def flipped(*fates: Fate) -> tuple[World, Turned]:
    """Hold 0.02 BTC short and play a turn that wants to be 0.03 long."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(BTC, "-0.02", cost="1000"))
    world = World(*fates)
    policy = Says(open_of(Side.BUY, "0.03"))
    outcome = world.play(tick(mandate(policy), market, account, TradingState.ACTIVE, mark=AT, record_holds=False))
    assert isinstance(outcome, Turned)
    return world, outcome


def flattened(*fates: Fate, positions: tuple[str, str] = ("0.02", "-1.5")) -> tuple[World, Turned]:
    """Hold so much of BTC and ETH and play a flatten."""
    market = MarketByHand({BTC: "50000", ETH: "3000"})
    account = AccountByHand(market)
    account.hold(held(BTC, positions[0]), held(ETH, positions[1]))
    world = World(*fates)
    outcome = world.play(flatten(mandate(Says(None), symbols=(BTC, ETH)), COMMAND, market, account))
    assert isinstance(outcome, Turned)
    return world, outcome


def test_flip_persists_both_legs_at_once_and_sends_them_in_order() -> None:
    """The close is reduce-only and goes first; both are durable before either leaves."""
    world, outcome = flipped(filled, filled)
    assert world.names == ["Persist", "Send", "Send", "Record"]
    (persist,) = world.of(Persist)
    assert [(one.cloid, one.side, one.size, one.reduce_only, one.leg) for one in persist.intents] == [
        (CLOSING, Side.BUY, D("0.02"), True, 0),
        (OPENING, Side.BUY, D("0.03"), False, 1),
    ]
    assert [send.prepared.intent.cloid for send in world.of(Send)] == [CLOSING, OPENING]
    assert outcome.result == Executed(
        order_id=OPENING,
        states={CLOSING: "filled", OPENING: "filled"},
        filled_size=Size(D("0.05")),
        fee=Usd(D("0.50")),
    )


@pytest.mark.parametrize("fate", [rejected, unresolved, partly_filled, denied_by_the_gate])
def test_flip_whose_close_does_not_fill_abandons_the_open(fate: Fate) -> None:
    """Opening on top of a position that is still there was not approved: the second leg is settled, never sent."""
    world, _ = flipped(fate)
    assert world.names == ["Persist", "Send", "Abandon", "Record"]
    (abandoned,) = world.of(Abandon)
    assert abandoned.prepared.intent.cloid == OPENING
    assert abandoned.cause == "the leg before it did not fill"


def test_flip_whose_close_is_rejected_or_denied_is_recorded_as_rejected() -> None:
    """Provably nothing was executed, by the venue's word or by ours."""
    assert flipped(rejected)[1].result == RejectedResult(rule="VENUE", detail="the venue does not want it")
    assert flipped(denied_by_the_gate)[1].result == RejectedResult(rule="R3_HALTED", detail="trading became halted")


def test_flip_whose_close_is_unresolved_or_partial_is_recorded_as_just_that() -> None:
    """The abandoned leg has no state of a sent order."""
    lost, partial = flipped(unresolved)[1].result, flipped(partly_filled)[1].result
    assert lost == Executed(order_id=CLOSING, states={CLOSING: "unknown"}, filled_size=Size(D(0)), fee=Usd(D(0)))
    assert isinstance(partial, Executed)
    assert (partial.states, partial.filled_size) == ({CLOSING: "partial"}, D("0.01"))


@pytest.mark.parametrize(
    ("fate", "state"), [(rejected, "rejected"), (denied_by_the_gate, "rejected"), (unresolved, "unknown")]
)
def test_flip_whose_open_fails_after_the_close_filled_is_executed_with_both_states(fate: Fate, state: str) -> None:
    """Something happened, so the result is no refusal; the state of each leg tells the story."""
    world, outcome = flipped(filled, fate)
    assert world.names == ["Persist", "Send", "Send", "Record"]
    assert outcome.result == Executed(
        order_id=OPENING,
        states={CLOSING: "filled", OPENING: state},
        filled_size=Size(D("0.02")),
        fee=Usd(D("0.25")),
    )


def test_flip_given_a_wrong_reply_to_the_abandoned_leg_is_not_disturbed() -> None:
    """Nothing depends on what comes back from settling what was never sent."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(BTC, "-0.02"))
    world = World(rejected)
    turn = tick(
        mandate(Says(open_of(Side.BUY, "0.03"))), market, account, TradingState.ACTIVE, mark=AT, record_holds=False
    )
    outcome = world.play(turn, instead={2: Denied(rule="x", detail="x", numbers=Figures())})
    assert isinstance(outcome, Turned)
    assert world.names == ["Persist", "Send", "Abandon", "Record"]


def test_flatten_closes_every_position_reduce_only_and_whole() -> None:
    """One closing order for each symbol, whichever way it is held."""
    world, outcome = flattened(filled, filled)
    assert world.names == ["Persist", "Send", "Send", "Record"]
    (persist,) = world.of(Persist)
    assert [(one.symbol, one.side, one.size, one.reduce_only) for one in persist.intents] == [
        (BTC, Side.SELL, D("0.02"), True),
        (ETH, Side.BUY, D("1.5"), True),
    ]
    assert isinstance(outcome.result, Executed)
    assert outcome.result.filled_size == D("1.52")


@pytest.mark.parametrize("fate", [rejected, unresolved, partly_filled, denied_by_the_gate])
def test_flatten_goes_on_with_the_next_position_when_one_does_not_close(fate: Fate) -> None:
    """The legs do not rely on each other, so none is abandoned."""
    world, outcome = flattened(fate, filled)
    assert world.names == ["Persist", "Send", "Send", "Record"]
    assert isinstance(outcome.result, Executed)
    assert list(outcome.result.states.values())[1] == "filled"


def test_flatten_of_nothing_is_recorded_and_sends_nothing() -> None:
    """An order to be flat that finds us flat is obeyed."""
    world, outcome = flattened(positions=("0", "0"))
    assert world.names == ["Record"]
    assert outcome.decision.verdict == Noop(reason="nothing_to_close")
    assert outcome.result == NoopResult(reason="nothing_to_close")


def test_flatten_is_recorded_as_decided_by_its_command() -> None:
    """Neither the rules nor a chat model are blamed for what the deployer ordered; ids are the command's own."""
    world, outcome = flattened(filled, filled)
    (record,) = world.of(Record)
    decision = record.decision
    assert decision == outcome.decision
    assert (decision.decided_by, decision.proposed_action) == ("command:flatten", None)
    assert decision.final_text == "flatten: 2 position(s)"
    assert (decision.trace_id, decision.decision_id) == (COMMAND.trace, COMMAND.decision)
    assert decision.trace_id != TURN.trace
    assert {send.prepared.intent.cloid for send in world.of(Send)}.isdisjoint({CLOSING, OPENING})


def test_flatten_of_a_symbol_without_a_mark_asks_for_a_price_of_its_own() -> None:
    """A close does not wait for a mark: it is priced off what the book says, inside the collar of that."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(ETH, "1"))
    world = World(filled, quote=Mark(symbol=ETH, price=Price(D(2_000)), as_of=AT, source=MarkSource.BOOK))
    world.play(flatten(mandate(Says(None)), COMMAND, market, account))
    assert world.names == ["Quote", "Persist", "Send", "Record"]
    (sent,) = world.of(Send)
    assert sent.prepared.intent.limit_price == D(1_980)


def test_flatten_of_a_symbol_nothing_has_a_price_for_is_recorded_as_that() -> None:
    """Without any price there is no collar, and an order without one is not sent."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(ETH, "1"))
    world = World()
    outcome = world.play(flatten(mandate(Says(None)), COMMAND, market, account))
    assert isinstance(outcome, Turned)
    assert isinstance(outcome.result, RejectedResult)
    assert (outcome.result.rule, world.names) == ("R4_NO_PRICE", ["Quote", "Record"])
