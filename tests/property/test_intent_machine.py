"""One order intent among faults: whatever the wire, the clock and crashes do, a truthful venue is never misread."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.examples import thorough
from tests.support.intent_scripts import play
from tests.support.intent_world import IntentWorld
from tests.support.intents import DEADLINE, EXPIRES

numbers = st.integers(0, 3)
lags = st.sampled_from([0, 1, 2_000, 4_999, 5_000])
waits = st.sampled_from([1, 500, 1_999, 2_000, 3_000, 5_000, 5_001, 10_000])


class IntentAmongFaults(RuleBasedStateMachine):
    """The shipped `learn` and `next_step` against a venue that keeps its word, in any order of events."""

    world: IntentWorld

    @initialize(
        style=st.sampled_from(["ioc", "gtc", "close", "trim"]),
        units=st.integers(1, 3),
        position=st.integers(1, 3),
        can_burn=st.booleans(),
    )
    def begin(self, style: str, units: int, position: int, *, can_burn: bool) -> None:
        """Prepare an order."""
        self.world = IntentWorld(style, units=units, position=position, can_burn=can_burn)

    @rule(milliseconds=waits)
    def wait(self, milliseconds: int) -> None:
        """Let time pass at the venue."""
        self.world.venue.now += milliseconds

    @rule(moment=st.sampled_from([EXPIRES - 3_000, EXPIRES, DEADLINE, DEADLINE + 1]))
    def wait_until(self, moment: int) -> None:
        """Let time pass up to a boundary."""
        self.world.wait_until(moment)

    @rule(leaves=st.booleans(), lag_ms=lags)
    def act(self, *, leaves: bool, lag_ms: int) -> None:
        """Let the runner do what it wants."""
        self.world.act(leaves=leaves, lag_ms=lag_ms)

    @rule(lag_ms=lags, forgets=st.booleans(), complete=st.booleans())
    def look(self, lag_ms: int, *, forgets: bool, complete: bool) -> None:
        """Ask the venue without need."""
        self.world.look(lag_ms, forgets=forgets, complete=complete)

    @rule(number=numbers, executes=numbers, again=st.booleans(), answer=st.integers(0, 4))
    def arrive(self, number: int, executes: int, *, again: bool, answer: int) -> None:
        """Let a request or a copy of it arrive."""
        self.world.arrive(number, executes=executes, again=again, answer=answer)

    @rule(number=numbers, again=st.booleans())
    def hear(self, number: int, *, again: bool) -> None:
        """Deliver an answer, out of order and perhaps twice."""
        self.world.hear(number, again=again)

    @rule(number=numbers, fill=st.booleans())
    def stream(self, number: int, *, fill: bool) -> None:
        """Let the stream tell of a change, old or new."""
        self.world.stream(number, fill=fill)

    @rule(number=numbers)
    def lose_request(self, number: int) -> None:
        """Lose a request."""
        self.world.lose(number)

    @rule(number=numbers)
    def lose_answer(self, number: int) -> None:
        """Lose an answer."""
        self.world.mislay(number)

    @rule()
    def refuse_unseen(self) -> None:
        """Refuse the only copy of the order for its rate."""
        self.world.refuse_unseen()

    @rule()
    def give_up_waiting(self) -> None:
        """Time out."""
        self.world.give_up_waiting()

    @rule()
    def withdraw(self) -> None:
        """Decide not to send."""
        self.world.withdraw()

    @rule(lag_ms=lags)
    def book(self, lag_ms: int) -> None:
        """Bring fills into the ledger."""
        self.world.book(lag_ms)

    @rule(remembers=st.booleans(), sleeps=st.booleans())
    def crash(self, *, remembers: bool, sleeps: bool) -> None:
        """Let the next epoch take over."""
        self.world.crash(remembers=remembers, sleeps=sleeps)

    @rule()
    def sleeper_sends(self) -> None:
        """Let a replaced runner send after all."""
        self.world.sleeper_sends()

    @rule(units=numbers)
    def match(self, units: int) -> None:
        """Let a resting order execute."""
        self.world.venue.match(units)

    @rule()
    def cancel(self) -> None:
        """Let the venue end a resting order."""
        self.world.venue.cancel()

    @invariant()
    def belief_is_true(self) -> None:
        """Compare what is believed with what is true."""
        self.world.check()

    def teardown(self) -> None:
        """Stop all faults: the intent comes to the end that is true."""
        if hasattr(self, "world"):
            self.world.finish()


TestIntentAmongFaults = IntentAmongFaults.TestCase
TestIntentAmongFaults.settings = settings(max_examples=300, stateful_step_count=40)


@thorough
@given(st.binary(min_size=21, max_size=81))
def test_order_among_scripted_faults_is_never_misread_and_always_ends(script: bytes) -> None:
    """Never dead while it may fill, never a contradiction, never more at risk than stated; and then it ends."""
    play(script).finish()
