"""The world: time, entropy and trace from one seed."""

import re
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.trace import Trace, TraceEvent
from agentic_core.simulation.world import World

START = Instant(1_767_225_600_000)
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_world_gives_the_ports_that_programs_take() -> None:
    """Its clock and its entropy can be handed to whatever takes the real ones."""
    world = World(1)
    clock: Clock = world.clock
    entropy: Entropy = world.entropy
    assert clock.now() == START
    assert 0 < clock.boottime_ms() < clock.now()
    assert len(entropy.token_bytes(13)) == 13


@pytest.mark.parametrize("seconds", [0.001, 0.0301, 0.57, 1 / 3, 12.345, 3_600.0])
def test_clock_sleeps_to_the_next_whole_millisecond(seconds: float) -> None:
    """Both of its times go on by at least what was asked, and by less than a millisecond more."""

    async def main(world: World) -> tuple[int, int]:
        for _ in range(100):
            before = world.clock.boottime_ms()
            await world.clock.sleep(seconds)
            assert seconds * 1_000 <= world.clock.boottime_ms() - before < seconds * 1_000 + 1
        return world.clock.boottime_ms(), world.clock.now() - START

    booted, passed = World(1).run(main)
    assert booted == passed + 3_600_000


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_sleep_of_no_time_only_lets_others_run(seconds: float) -> None:
    """Nothing passes, and a task that is ready gets its turn."""

    async def main(world: World) -> int:
        ran = anyio.Event()

        async def other() -> None:
            ran.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(other)
            while not ran.is_set():
                await world.clock.sleep(seconds)
        return world.clock.boottime_ms()

    assert World(1).run(main) == 3_600_000


def test_clock_of_another_machine_is_ahead_and_can_be_set() -> None:
    """Its wall clock differs and jumps; waiting and time since boot take no notice."""

    async def main(world: World) -> tuple[int, int, int]:
        other = world.clock_ahead(2_500)
        await other.sleep(1)
        ahead = other.now() - world.clock.now()
        other.step(-10_000)
        return ahead, other.now() - world.clock.now(), other.boottime_ms() - world.clock.boottime_ms()

    assert World(1).run(main) == (2_500, -7_500, 0)


def test_entropy_repeats_with_the_seed_and_differs_without() -> None:
    """A hundred ids of the right form, no two alike; the same seed draws them again, another does not."""
    first, again, other = (World(seed).entropy for seed in (7, 7, 8))
    ids = [first.uuid() for _ in range(100)]
    assert ids == [again.uuid() for _ in range(100)]
    assert all(UUID4.fullmatch(one) for one in ids)
    assert len({*ids, *(other.uuid() for _ in range(100))}) == 200


def test_draws_of_one_name_do_not_move_those_of_another() -> None:
    """A program that begins to draw more for one purpose keeps its luck everywhere else."""
    plain, busy = World(3), World(3)
    busy.chance("network").take(1_000)
    busy.entropy.uuid()
    assert [busy.chance("market").word() for _ in range(3)] == [plain.chance("market").word() for _ in range(3)]
    assert plain.chance("market").word() != plain.chance("network").word()


def test_chance_draws_the_same_on_every_machine() -> None:
    """The generator is SplitMix64 from a hashed seed; these are its first words."""
    chance = Chance(1)
    assert [chance.word() for _ in range(3)] == [
        1_648_591_698_357_055_638,
        12_017_743_249_326_562_922,
        15_491_990_481_482_563_011,
    ]


def test_chance_stays_within_what_was_asked() -> None:
    """All values of a small range occur, and nothing else; what never happens never does."""
    chance = Chance(2)
    assert {chance.below(5) for _ in range(500)} == {0, 1, 2, 3, 4}
    assert {chance.between(-1, 1) for _ in range(500)} == {-1, 0, 1}
    assert {chance.pick("xy") for _ in range(100)} == {"x", "y"}
    assert not any(chance.happens(0) for _ in range(1_000))
    assert all(chance.happens(1_000) for _ in range(1_000))
    assert 150 < sum(chance.happens(200) for _ in range(1_000)) < 250
    with pytest.raises(UsageError, match="below 0"):
        chance.below(0)


def test_trace_names_a_sequence_of_events() -> None:
    """Its digest depends on every field, on the order, and on the kind of a value."""
    event = TraceEvent(at_ms=1_500, who="venue", what="fills", facts=(("size", Decimal("0.1")),))
    variants = [
        (event,),
        (event, event),
        (TraceEvent(at_ms=1_501, who="venue", what="fills", facts=(("size", Decimal("0.1")),)),),
        (TraceEvent(at_ms=1_500, who="venue", what="fills", facts=(("size", "0.1"),)),),
        (TraceEvent(at_ms=1_500, who="venue", what="fills", facts=(("units", Decimal("0.1")),)),),
        (),
    ]
    digests = []
    for events in variants:
        trace = Trace()
        for one in events:
            trace.add(one)
        digests.append(trace.digest)
        assert (len(trace), tuple(trace)) == (len(events), events)
    assert len(set(digests)) == len(variants)
    assert str(event) == "     1.500 s  venue        fills size=0.1"


def test_world_records_with_virtual_time() -> None:
    """The trace of a run can be read: when, who, what."""

    async def main(world: World) -> None:
        await world.clock.sleep(2)
        world.record("runner", "sends", nonce=5)
        world.after(500, lambda: world.record("venue", "takes it"))
        await world.clock.sleep(1)

    world = World(1)
    world.run(main)
    assert [(event.at_ms, event.who, event.what, event.facts) for event in world.trace] == [
        (2_000, "runner", "sends", (("nonce", 5),)),
        (2_500, "venue", "takes it", ()),
    ]
