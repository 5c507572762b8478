"""Whatever the network does, what the live broker says of an order is what the venue's books say."""

from contextlib import suppress
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import Accepted, IntentState, PreparedIntent, Rejected, SendOutcome, Side
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.answers import evidence_of
from agentic_core.execution.evidence import BurnBegan, Evidence, SendBegan
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import begin
from agentic_core.ports.broker import Absent, Burned, Known, Observation
from agentic_core.ports.simulated_venue import LagReads, Weather
from tests.support.hyperliquid_desk import sendable
from tests.support.hyperliquid_scene import Scene, play
from tests.support.markets import order

D = Decimal
SIZE = D(2)
CAP_MS = 5_050

chances = st.integers(0, 300)
weathers = st.builds(
    Weather, lose=chances, repeat=chances, garble=chances, delay=chances, delay_ms_max=st.integers(0, 9_000)
)


def check_outcome(outcome: SendOutcome, executed: Decimal) -> None:
    """Judge what sending said by what executed in the end."""
    if isinstance(outcome, Rejected):
        assert executed == 0
    if isinstance(outcome, Accepted):
        assert outcome.filled_size <= executed
        assert 0 < executed == outcome.total
        assert (outcome.state is IntentState.FILLED) == (executed == SIZE)


def check_seen(seen: Observation, executed: Decimal) -> None:
    """Judge what observing said by what executed in the end; only an unknown state leaves it open."""
    listed = sum((fill.size for fill in seen.fills), D(0))
    assert listed <= executed
    if isinstance(seen, Absent):
        return
    assert seen.total is None or listed <= seen.total <= executed
    match seen.state:
        case IntentState.FILLED:
            assert executed == SIZE
        case IntentState.PARTIAL:
            assert 0 < executed == seen.total
        case IntentState.DEAD | IntentState.REJECTED:
            assert executed == 0
        case _:
            assert seen.state is IntentState.UNKNOWN


def check_consistent(ready: PreparedIntent, evidence: list[Evidence]) -> None:
    """Let the core's state machine learn it all; it must never be contradicted."""
    life = begin(ready)
    for each in evidence:
        learned = learn(life, each)
        assert not isinstance(learned, Contradiction), learned
        life = learned.life


@given(
    seed=st.integers(0, 2**32),
    weather=weathers,
    depth=st.sampled_from([None, "0.5"]),
    limit=st.sampled_from(["101", "99"]),
    lag_ms=st.sampled_from([0, 700, 8_000]),
    burns=st.booleans(),
)
def test_hyperliquid_broker_tells_the_truth_in_any_weather(
    *, seed: int, weather: Weather, depth: str | None, limit: str, lag_ms: int, burns: bool
) -> None:
    """It ends in time, sends once, claims nothing that is not so, and knows it all when the weather is over."""

    async def scene(at: Scene) -> None:
        at.quote("100", depth=depth)
        at.go_wrong(LagReads(by_ms=lag_ms))
        at.go_wrong(weather)
        ready = sendable(order(0, Side.BUY, SIZE, limit), at=at.clock.now())
        cloid = ready.intent.cloid
        began = at.clock.boottime_ms()
        outcome = await at.broker.send(ready)
        assert at.clock.boottime_ms() - began <= CAP_MS
        evidence: list[Evidence] = [SendBegan(epoch=ready.fence.epoch), evidence_of(outcome)]
        burned = await at.broker.burn(ready) if burns else None
        if burned is not None:
            evidence += [BurnBegan(), evidence_of(burned)]
        seen: list[Observation] = []
        with suppress(VenueUnavailable):
            seen.append(await at.broker.observe(ready))
        at.go_wrong(Weather())
        await at.clock.sleep(60)
        assert await at.broker.send(ready) == outcome
        seen.append(await at.broker.observe(ready))
        executed = at.executed(cloid)
        check_outcome(outcome, executed)
        assert not (isinstance(burned, Burned) and executed)
        for each in seen:
            check_seen(each, executed)
        last = seen[-1]
        assert not executed or (isinstance(last, Known) and sum(fill.size for fill in last.fills) == executed)
        check_consistent(ready, evidence + [evidence_of(each) for each in seen if isinstance(each, Known)])
        assert (at.sent("order"), at.sent("noop")) == (1, int(burns))

    play(scene, seed)
