"""The model check: the full design holds in every state, every part of it is needed, and counterexamples are real."""

import pytest

from agentic_core.domain import IntentState
from agentic_core.simulation.protocol import (
    ABLATIONS,
    CONFIGS,
    FULL_DESIGN,
    Ablation,
    Budget,
    CheckResult,
    Config,
    Counterexample,
    Design,
    Invariant,
    Scope,
    Space,
    check_protocol,
    explore,
    summary,
    timeline,
)
from agentic_core.simulation.protocol.account import Kill, Shared
from agentic_core.simulation.protocol.attempt import Attempt, Nonce
from agentic_core.system import SystemClock
from tests.support.protocol_states import lives_by_state, reached, settled_states

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def ablated() -> dict[Ablation, CheckResult]:
    """Check every ablation once."""
    return {ablation: check_protocol(Config.SMALL, CLOCK, ablation=ablation) for ablation in Ablation}


def found_in(result: CheckResult) -> Counterexample:
    """Return the counterexample of a result."""
    found = result.exploration.counterexample
    assert found is not None
    return found


def test_full_design_holds_in_every_state_of_the_small_world() -> None:
    """Two attempts, a close, two runners that overlap, a kill at any time: nothing breaks and nothing gets stuck."""
    result = check_protocol(Config.SMALL, CLOCK)
    run = result.exploration
    assert (result.passed, run.complete, run.counterexample) == (True, True, None)
    assert run.states > 90_000
    assert run.transitions > 5 * run.states
    assert summary(result).endswith("no invariant is broken, and nothing gets stuck")


def test_deadline_alone_resolves_where_nothing_can_be_burned() -> None:
    """A venue or a signer that cannot burn costs time, never safety."""
    run = explore(Space(Scope(opens=2, closes=1, epochs=2, burns=False), FULL_DESIGN), CLOCK)
    assert (run.complete, run.counterexample) == (True, None)


def test_small_world_goes_where_it_matters() -> None:
    """It holds fills, refusals, deaths, second attempts, closes, takeovers, and kills that end in both ways."""
    space = Space(CONFIGS[Config.SMALL], FULL_DESIGN)
    states = [space.read(state) for state in reached(space)]
    assert {shared.kill for shared, _ in states} == set(Kill)
    assert {shared.epoch for shared, _ in states} == {1, 2}
    assert {(shared.fills, shared.held) for shared, _ in states} == {(0, 0), (1, 1), (1, 0)}
    assert {name for _, attempts in states for name in attempts} == {"open 1", "open 2", "close 1"}
    assert lives_by_state(space, [attempts for _, attempts in states]) == {
        IntentState.PREPARED,
        IntentState.SENT,
        IntentState.UNKNOWN,
        IntentState.FILLED,
        IntentState.REJECTED,
        IntentState.DEAD,
        IntentState.BOOKED,
    }


@pytest.mark.parametrize("ablation", Ablation)
def test_every_part_that_is_left_out_breaks_what_it_protects(
    ablated: dict[Ablation, CheckResult], ablation: Ablation
) -> None:
    """Each ablation has a counterexample, of the invariant that its table names."""
    result = ablated[ablation]
    assert result.passed
    assert found_in(result).invariant is ABLATIONS[ablation][1]


@pytest.mark.parametrize("ablation", Ablation)
def test_counterexample_can_be_replayed_and_ends_in_the_breach(
    ablated: dict[Ablation, CheckResult], ablation: Ablation
) -> None:
    """Every step is one that the design allows there, and the last state is wrong when it is looked at by itself."""
    found = found_in(ablated[ablation])
    space = Space(CONFIGS[Config.SMALL], Design(ablation))
    state = space.initial
    for label in found.labels:
        told = [step.after for step in space.steps(state) if step.label == label]
        assert len(told) == 1, label
        state = told[0]
    shared, attempts = space.read(state)
    assert is_breach(found.invariant, space, shared, attempts) or is_stuck(space, state)


def is_breach(invariant: Invariant, space: Space, shared: Shared, attempts: dict[str, Attempt]) -> bool:
    """Judge a state by what the venue did and what is written down."""
    filled = [attempt for attempt in attempts.values() if attempt.nonce is Nonce.FILLED]
    lives = [life for attempt in filled if (life := space.life_of(attempt)) is not None]
    match invariant:
        case Invariant.CAP:
            return shared.fills == 2 and shared.held == 2
        case Invariant.LOST_FILL:
            return any(life.state in {IntentState.DEAD, IntentState.REJECTED} for life in lives)
        case Invariant.FALSE_FLAT:
            return shared.kill is Kill.FLAT and shared.held == 1
        case _:
            return False


def is_stuck(space: Space, state: int) -> bool:
    """Tell whether no end can be reached from a state."""
    return not any(map(space.is_end, reached(space, state)))


def test_steps_for_people_are_those_the_search_walks() -> None:
    """The readable steps and the fast differences lead to the same states, also where something breaks."""
    for ablation in (None, Ablation.NO_WRITE_AHEAD, Ablation.NAIVE_KILL):
        space = Space(CONFIGS[Config.SMALL], Design(ablation))
        for state in reached(space, limit=3_000):
            space.broken.clear()
            walked = {*space.successors(state), *(one.after for one in space.broken)}
            assert walked - {state} == {step.after for step in space.steps(state)} - {state}


def test_counterexample_is_a_shortest_one() -> None:
    """Its path has a state more than it has steps, and no state nearer to the beginning breaks anything."""
    result = check_protocol(Config.SMALL, CLOCK, ablation=Ablation.NO_EPOCH_FENCE)
    found = found_in(result)
    assert (found.steps, len(found.path), len(set(found.path))) == (9, 10, 10)
    space = Space(CONFIGS[Config.SMALL], Design(Ablation.NO_EPOCH_FENCE))
    nearer = [space.initial]
    for _ in range(found.steps - 1):
        nearer = list({after for state in nearer for after in space.successors(state)})
        assert not space.broken


def test_timeline_numbers_the_steps_and_names_the_breach() -> None:
    """What a person reads."""
    result = check_protocol(Config.SMALL, CLOCK, ablation=Ablation.ERROR_IS_REJECTION)
    assert timeline(found_in(result)) == (
        "1. runner 1 decides, and writes open 1 down\n"
        "2. runner 1 writes down that it sends open 1\n"
        "3. runner 1 sends open 1\n"
        "4. runner 1 hears 503, or nothing, about open 1\n"
        "5. open 1 arrives and is FILLED\n"
        "=> broken: no attempt written dead or rejected ever has a fill"
    )
    assert "broken in 5 steps" in summary(result)


def test_states_that_are_merged_differ_in_nothing_that_matters() -> None:
    """Explored without merging, eight times as many states settle to exactly those that merging reaches."""
    merged, plain = (Space(Scope(opens=1, closes=0, epochs=1, merges=merges), FULL_DESIGN) for merges in (True, False))
    few, many = reached(merged), reached(plain)
    assert len(many) > 7 * len(few)
    assert settled_states(plain, many) == settled_states(merged, few)


def test_budget_ends_the_search_and_the_result_says_so() -> None:
    """By states or by seconds; an incomplete search claims nothing about what it has not seen."""
    by_states = check_protocol(Config.SMALL, CLOCK, budget=Budget(states=1_000)).exploration
    assert by_states.states >= 1_000
    assert not by_states.complete
    reports: list[int] = []
    result = check_protocol(
        Config.SMALL, CLOCK, budget=Budget(seconds=0), report=lambda states, _: reports.append(states)
    )
    assert (result.passed, result.exploration.complete) == (True, False)
    assert reports[-1] == result.exploration.states
    assert "the budget ended before the states did" in summary(result)
    assert not check_protocol(Config.SMALL, CLOCK, ablation=Ablation.NO_DEADLINE, budget=Budget(states=10)).passed
