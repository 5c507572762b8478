"""Whatever is proposed, held and answered: nothing is sent that was not durable, and every turn ends as a record."""

from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.chat import said
from agentic_core.chat.effects import Refused, Reserved
from agentic_core.domain import (
    ActionKind,
    Approved,
    Executed,
    Noop,
    NoopResult,
    PreparedIntent,
    ProposedAction,
    Side,
    Size,
    Symbol,
    TickId,
    TradingState,
    Usd,
)
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage
from agentic_core.runtime import ByRules, Decider, Held, Skipped, Turned, flatten, tick
from agentic_core.runtime.effects import Abandon, Effect, Persist, Record, Send
from agentic_core.runtime.tick import TickGenerator, TickOutcome
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held, order, prepared
from tests.support.thinking import answered, failed, scripted, unreadable
from tests.support.turns import (
    DEPLOYMENT,
    Fate,
    Says,
    World,
    denied_by_the_gate,
    filled,
    mandate,
    partly_filled,
    rejected,
    unresolved,
)

D = Decimal
FATES: st.SearchStrategy[Fate] = st.sampled_from([filled, partly_filled, rejected, unresolved, denied_by_the_gate])
SIZES = st.decimals(-1, 40, places=3) | st.sampled_from([D("1e-9"), D("NaN"), D("Infinity"), D("1e30")])
SYMBOLS = st.sampled_from([BTC, ETH, Symbol("XYZ")])
ACTIONS = st.builds(
    ProposedAction,
    kind=st.sampled_from(ActionKind),
    symbol=SYMBOLS,
    side=st.none() | st.sampled_from(Side),
    size_usd=st.none() | SIZES.map(lambda size: Usd(size * 50)),
    size=st.none() | SIZES.map(Size),
    reason=st.sampled_from(["", "because"]),
)
NUMBERS = st.decimals(0, 40, places=3).filter(bool)
READABLE = st.builds(
    ProposedAction,
    kind=st.just(ActionKind.OPEN),
    symbol=SYMBOLS,
    side=st.sampled_from(Side),
    size=NUMBERS.map(Size),
    reason=st.sampled_from(["", "because"]),
) | st.builds(ProposedAction, kind=st.just(ActionKind.CLOSE), symbol=SYMBOLS, size=st.none() | NUMBERS.map(Size))
"""What a chat model can say so that it is understood."""
COSTS = st.none() | st.just(Usd(D("0.01")))
USAGES = st.builds(CallUsage, cost_usd=COSTS)
REPLIES: st.SearchStrategy[CallOutcome] = (
    st.builds(said, st.none() | ACTIONS, st.just("so it is"), usage=USAGES)
    | st.builds(unreadable, COSTS)
    | st.builds(failed, st.sampled_from(CallFailure), cost=COSTS)
)
FOREIGN = [prepared(order(number, Side.BUY, "1", "100")) for number in range(3)]
"""Durable intents of some other turn."""


@st.composite
def turns(draw: st.DrawFn) -> TickGenerator:
    """Draw a turn: of rules, of a chat model, or a flatten; with any holdings in any state."""
    market = MarketByHand({BTC: "100", ETH: "50"})
    account = AccountByHand(market)
    account.hold(held(BTC, draw(st.sampled_from(["0", "5", "-5"]))), held(ETH, draw(st.sampled_from(["0", "2"]))))
    kind = draw(st.sampled_from(["rules", "chat", "flatten"]))
    rules = ByRules(policy=Says(draw(st.none() | ACTIONS)))
    decider: Decider = scripted(bound=None) if kind == "chat" else rules
    wanted = mandate(decider, symbols=(BTC, ETH))
    if kind == "flatten":
        return flatten(wanted, TickId(deployment=DEPLOYMENT, mark=AT, cause="command:1"), market, account)
    state = draw(st.sampled_from(TradingState))
    return tick(wanted, market, account, state, mark=AT, record_holds=draw(st.booleans()))


@given(turns(), st.lists(FATES, min_size=4, max_size=4), REPLIES, st.booleans())
@settings(max_examples=400)
def test_turn_sends_only_what_was_made_durable_and_each_at_most_once(
    turn: TickGenerator, fates: list[Fate], reply: CallOutcome, affordable: bool
) -> None:
    """Every order that is sent or abandoned stood in the reply to the one Persist before it; none is forgotten."""
    world = World(*fates, reservation=Reserved() if affordable else Refused(reason="spent"), reply=reply)
    outcome = world.play(turn)
    wanted = [intent for persist in world.of(Persist) for intent in persist.intents]
    sent = [effect.prepared.intent for effect in world.effects if isinstance(effect, Send | Abandon)]
    assert sent == wanted
    assert world.names.index("Persist") < world.names.index("Send") if sent else "Send" not in world.names
    _ends_well(world, outcome)


def _ends_well(world: World, outcome: TickOutcome) -> None:
    assert len(world.of(Persist)) <= 1
    if not isinstance(outcome, Turned):
        assert isinstance(outcome, Held | Skipped)
        assert set(world.names) <= {"Reserve"}
        return
    assert world.names[-1:] == ["Record"]
    assert world.of(Record) == [Record(decision=outcome.decision, result=outcome.result)]
    verdict = outcome.decision.verdict
    assert isinstance(verdict, Approved) == bool(world.of(Persist))
    assert isinstance(outcome.result, NoopResult) == isinstance(verdict, Noop)
    if isinstance(outcome.result, Executed):
        assert set(outcome.result.states) == {effect.prepared.intent.cloid for effect in world.of(Send)}


@st.composite
def strange_replies(draw: st.DrawFn, right: World, effect: Effect) -> object:
    """Draw a reply to an effect: the right one, one of another effect, or intents that some other turn made durable."""
    if isinstance(effect, Persist):
        own = right.answer(effect)
        assert isinstance(own, tuple)
        tuples = st.sampled_from([own, own[::-1], tuple(FOREIGN[: len(own)]), (*own, FOREIGN[0]), own[1:], ()])
        return draw(tuples | st.sampled_from([None, list(own), "durable"]))
    return draw(st.sampled_from([None, True, "yes", (), Reserved(), Refused(reason="no"), *FATED]) | REPLIES | ASKED)


ASKED = st.builds(answered, REPLIES, is_broken_off=st.booleans())
FATED = [fate(FOREIGN[0]) for fate in (filled, partly_filled, rejected, unresolved, denied_by_the_gate)]


@given(turns(), st.data())
@settings(max_examples=400)
def test_turn_under_strange_replies_sends_only_what_the_reply_to_persist_held(
    turn: TickGenerator, data: st.DataObject
) -> None:
    """Whatever comes back, a turn ends in a usage error or in order, and never sends an intent it was not given."""
    durable: tuple[object, ...] = ()
    sent: list[PreparedIntent] = []
    reply: object = None
    with suppress(StopIteration, UsageError):
        while True:
            effect = turn.send(reply)  # type: ignore[arg-type] # wrong ones are the point
            if isinstance(effect, Send):
                sent.append(effect.prepared)
            reply = data.draw(strange_replies(World(), effect))
            if isinstance(effect, Persist) and isinstance(reply, tuple):
                durable = reply
    assert all(any(one is known for known in durable) for one in sent)


@given(READABLE, st.sampled_from(TradingState))
def test_chat_model_and_rules_that_propose_the_same_are_judged_the_same(
    action: ProposedAction, state: TradingState
) -> None:
    """Who decides makes no difference to what is allowed, once it can be read."""
    verdicts = []
    for decider in (
        ByRules(policy=Says(action)),
        scripted(bound=None),
    ):
        market = MarketByHand({BTC: "100", ETH: "50"})
        account = AccountByHand(market)
        account.hold(held(BTC, "5"))
        world = World(*[filled] * 3, reply=said(action), account=account)
        outcome = world.play(tick(mandate(decider), market, account, state, mark=AT, record_holds=True))
        assert isinstance(outcome, Turned)
        verdicts.append((outcome.decision.verdict, type(outcome.result)))
    assert repr(verdicts[0]) == repr(verdicts[1])
