"""One turn decided by rules: every path, by the exact sequence of its effects and by what it ends as."""

from decimal import Decimal

import pytest

from agentic_core.domain import (
    Approved,
    ClientOrderId,
    Denied,
    EngineResult,
    Executed,
    Instant,
    Noop,
    NoopResult,
    ProposedAction,
    RejectedResult,
    Side,
    Size,
    TickId,
    TradingState,
    Usd,
    client_order_id,
    paper_account,
)
from agentic_core.errors import UsageError
from agentic_core.runtime import ByRules, Held, Turned, tick
from agentic_core.runtime.effects import Persist, Record, Send
from agentic_core.runtime.tick import TickGenerator
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand, held
from tests.support.turns import (
    DEPLOYMENT,
    Fate,
    Says,
    World,
    close_of,
    denied_by_the_gate,
    filled,
    mandate,
    open_of,
    partly_filled,
    rejected,
    unresolved,
)

D = Decimal
BUY = open_of(Side.BUY, "0.01", reason="it rose")
DIGEST = TickId(deployment=DEPLOYMENT, mark=AT).digest()
FIRST_LEG = client_order_id(paper_account(DEPLOYMENT), DIGEST, leg=0, attempt=0)


class Room:
    """A market where BTC stands at 50,000, and an account with 10,000 dollars."""

    def __init__(self) -> None:
        self.market = MarketByHand({BTC: "50000"})
        self.account = AccountByHand(self.market)

    def turn(
        self,
        action: ProposedAction | None,
        *,
        state: TradingState = TradingState.ACTIVE,
        mark: Instant | None = None,
        record_holds: bool = False,
    ) -> TickGenerator:
        """Begin a turn in which a policy proposes this."""
        mark = self.market.as_of if mark is None else mark
        return tick(mandate(Says(action)), self.market, self.account, state, mark=mark, record_holds=record_holds)


def played(action: ProposedAction, *fates: Fate) -> tuple[World, Turned]:
    """Play an ordinary turn that comes to a record."""
    world = World(*fates)
    outcome = world.play(Room().turn(action))
    assert isinstance(outcome, Turned)
    return world, outcome


def test_tick_without_a_proposal_asks_for_nothing_where_holds_are_not_recorded() -> None:
    """A backtest only counts its holds."""
    world = World()
    assert world.play(Room().turn(None)) == Held()
    assert world.names == []


def test_tick_without_a_proposal_is_recorded_where_holds_are() -> None:
    """On paper every turn leaves a decision that says nothing was proposed."""
    world = World()
    outcome = world.play(Room().turn(None, record_holds=True))
    assert isinstance(outcome, Turned)
    assert world.names == ["Record"]
    assert outcome.decision.proposed_action is None
    assert outcome.decision.verdict == Noop(reason="nothing_proposed")
    assert outcome.result == NoopResult(reason="nothing_proposed")


def test_tick_with_nothing_to_close_is_a_recorded_noop() -> None:
    """A wish that comes to nothing is still a wish that somebody had."""
    world, outcome = played(close_of(reason="it fell"))
    assert world.names == ["Record"]
    assert outcome.result == NoopResult(reason="nothing_to_close")
    assert outcome.decision.proposed_action == close_of(reason="it fell")


def test_tick_denied_by_the_risk_engine_sends_nothing() -> None:
    """Rule, words and numbers of the verdict are those of the recorded result."""
    world, outcome = played(open_of(Side.BUY, "0.21"))
    assert world.names == ["Record"]
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Denied)
    assert verdict.rule == "R5_POSITION_CAP"
    assert outcome.result == RejectedResult(rule=verdict.rule, detail=verdict.detail, numbers=verdict.numbers)
    assert (verdict.numbers.position_usd, verdict.numbers.position_bps_max) == (D(10_500), 10_000)


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_tick_in_a_state_that_only_reduces_denies_an_open_and_carries_out_a_close(state: TradingState) -> None:
    """Nothing stands between a position and its end."""
    room, opening, closing = Room(), World(), World(filled)
    room.account.hold(held(BTC, "0.01"))
    denied = opening.play(room.turn(BUY, state=state))
    assert isinstance(denied, Turned)
    assert isinstance(denied.result, RejectedResult)
    assert denied.result.rule == f"R3_{state.name}"
    assert opening.names == ["Record"]
    closing.play(room.turn(close_of(), state=state))
    assert closing.names == ["Persist", "Send", "Record"]


def test_tick_of_one_leg_persists_sends_and_records() -> None:
    """The order is made durable with its decision, sent, and the decision recorded with what came of it."""
    world, outcome = played(BUY, filled)
    assert world.names == ["Persist", "Send", "Record"]
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Approved)
    (leg,) = verdict.plan
    assert (leg.symbol, leg.side, leg.size, leg.reduce_only) == (BTC, Side.BUY, D("0.01"), False)
    assert leg.limit_price is None
    assert leg.position_before == D(0)
    assert outcome.result == Executed(
        order_id=FIRST_LEG, states={FIRST_LEG: "filled"}, filled_size=Size(D("0.01")), fee=Usd(D("0.25"))
    )


def test_tick_persists_the_order_it_sends_and_the_decision_it_records() -> None:
    """One decision and one order go all the way; the limit is the mark and one per cent."""
    world, outcome = played(BUY, filled)
    (persist,), (send,), (record,) = world.of(Persist), world.of(Send), world.of(Record)
    (intent,) = persist.intents
    assert (intent.cloid, intent.side, intent.size) == (FIRST_LEG, Side.BUY, D("0.01"))
    assert (intent.limit_price, intent.reduce_only, intent.leg) == (D(50_500), False, 0)
    assert send.prepared.intent == intent
    assert persist.decision == record.decision == outcome.decision
    assert record.result == outcome.result


def test_tick_decision_says_who_decided_what_on_which_facts() -> None:
    """The row is complete: ids derived from the turn, skill version, label of the rules, equity and marks."""
    _, outcome = played(BUY, filled)
    decision = outcome.decision
    assert (decision.deployment, decision.tick_at, decision.skill_version) == (DEPLOYMENT, AT, 3)
    assert decision.trace_id == DIGEST[:32]
    assert decision.decision_id == TickId(deployment=DEPLOYMENT, mark=AT).decision
    assert decision.decided_by == "rules:says"
    assert (decision.proposed_action, decision.final_text) == (BUY, "it rose")
    assert (decision.equity, decision.marks) == (D(10_000), {BTC: D(50_000)})
    assert (decision.usage.cost_usd, decision.usage.prompt_tokens) == (D(0), 0)


@pytest.mark.parametrize(
    ("fate", "result"),
    [
        (rejected, RejectedResult(rule="VENUE", detail="the venue does not want it")),
        (denied_by_the_gate, RejectedResult(rule="R3_HALTED", detail="trading became halted")),
        (
            unresolved,
            Executed(order_id=FIRST_LEG, states={FIRST_LEG: "unknown"}, filled_size=Size(D(0)), fee=Usd(D(0))),
        ),
        (
            partly_filled,
            Executed(
                order_id=FIRST_LEG, states={FIRST_LEG: "partial"}, filled_size=Size(D("0.005")), fee=Usd(D("0.25"))
            ),
        ),
    ],
    ids=["rejected", "denied", "unresolved", "partial"],
)
def test_tick_whose_order_does_not_fill_records_exactly_that(fate: Fate, result: EngineResult) -> None:
    """Rejected only where provably nothing happened; what is not known is unknown, never one of the two."""
    world, outcome = played(BUY, fate)
    assert world.names == ["Persist", "Send", "Record"]
    assert outcome.result == result


def test_tick_repeated_names_the_same_decision_and_order() -> None:
    """A runner that repeats a turn runs into the unique index instead of trading twice."""
    (first, one), (second, two) = played(BUY, filled), played(BUY, rejected)
    assert first.of(Persist) == second.of(Persist)
    assert one.decision.decision_id == two.decision.decision_id


def test_tick_at_another_mark_names_other_orders() -> None:
    """The next turn is another one."""
    orders: list[ClientOrderId] = []
    for shift_ms in (0, 60_000):
        room, world = Room(), World(filled)
        room.market.as_of = Instant(AT + shift_ms)
        room.market.set(BTC, "50000")
        world.play(room.turn(BUY))
        orders += [effect.prepared.intent.cloid for effect in world.of(Send)]
    assert len(set(orders)) == 2


def test_tick_taken_late_names_the_orders_of_its_mark() -> None:
    """In life the market is as young as the venue's present; decision and orders are those of the mark all the same."""
    (first, one), late, world = played(BUY, filled), Room(), World(filled)
    late.market.as_of = Instant(AT + 4_321)
    late.market.set(BTC, "50000")
    outcome = world.play(late.turn(BUY, mark=AT))
    assert isinstance(outcome, Turned)
    assert (outcome.decision.tick_at, outcome.decision.decision_id) == (AT, one.decision.decision_id)
    assert world.of(Persist)[0].intents == first.of(Persist)[0].intents


@pytest.mark.parametrize("reply", [None, (), [], "done", Usd(D(1)), Held()], ids=repr)
def test_tick_given_a_wrong_reply_to_persist_is_a_usage_error(reply: object) -> None:
    """Whatever is not the intents made durable stops the turn before anything is sent."""
    world = World(filled)
    with pytest.raises(UsageError, match="reply"):
        world.play(Room().turn(BUY), instead={0: reply})
    assert world.names == ["Persist"]


@pytest.mark.parametrize("reply", [None, (), "filled", NoopResult(reason="x")], ids=repr)
def test_tick_given_a_wrong_reply_to_send_is_a_usage_error(reply: object) -> None:
    """An outcome that is none is not taken for a fill, and nothing is recorded on its word."""
    world = World(filled)
    with pytest.raises(UsageError, match="reply to Send"):
        world.play(Room().turn(BUY), instead={1: reply})
    assert world.names == ["Persist", "Send"]


def test_tick_of_a_policy_that_breaks_asks_for_nothing() -> None:
    """The error of a policy is its caller's to handle; no effect came before it."""

    class Breaks:
        name = "breaks"

        def __call__(self, view: object, account: object) -> None:
            message = "no idea"
            raise LookupError(message)

    room = Room()
    wanted = mandate(ByRules(policy=Breaks()))
    turn = tick(wanted, room.market, room.account, TradingState.ACTIVE, mark=AT, record_holds=True)
    with pytest.raises(LookupError, match="no idea"):
        next(turn)
