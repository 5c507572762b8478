"""A session on a venue that drops links, loses requests, repeats, lags and breaks frames, as dice have it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_hl.stream import FeedState
from tests.support.dice import OFF_ON, Dice
from tests.support.stream_world import BOOK, MARK, TOPICS, World

STEPS = 120
BYTES_A_STEP = 16


def shake(world: World, rolled: bytes) -> None:
    """Do one thing after the other, as the dice say."""
    dice = Dice(rolled)
    for _ in range(len(rolled) // BYTES_A_STEP - 1):
        step(world, dice)


def step(world: World, dice: Dice) -> None:
    """Do one thing; what keeps a stream going is likelier than what ends it."""
    die = dice.whole(0, 31)
    if die < 6:
        world.serve()
    elif die < 13:
        world.arrive()
    elif die < 16:
        world.trade(dice)
    elif die < 20:
        move(world, dice)
    else:
        rarer(world, dice)


def move(world: World, dice: Dice) -> None:
    """Let time pass, make a link, or let things go well for a while."""
    match dice.whole(0, 3):
        case 0:
            world.open(dice)
        case 1:
            world.let_pass(dice.any_of(1, 30, 700, 5_000, 12_000))
        case _:
            world.go_well(dice.whole(1, 4), dice, pause_ms=dice.any_of(100, 3_000), gaps=dice.any_of(*OFF_ON))


def rarer(world: World, dice: Dice) -> None:
    """Read a gap, report it, tell a state, or be in trouble."""
    match dice.whole(0, 4):
        case 0:
            world.read_gap(dice.any_of(*TOPICS))
        case 1:
            world.report_gap(dice.any_of(*TOPICS))
        case 2:
            world.tell_state(dice.any_of(BOOK, MARK), earlier_ms=dice.any_of(0, 0, 1, 30_000))
        case _:
            trouble(world, dice)


def trouble(world: World, dice: Dice) -> None:
    """Do what should not happen."""
    match dice.whole(0, 6):
        case 0:
            world.serve(ignoring=True)
        case 1:
            world.repeat()
        case 2:
            world.trade(dice, broken=True)
        case 3:
            world.garbage(dice.any_of(b"{", b"[1]", b'{"channel":"new"}', b'{"channel":"userFills","data":7}'))
        case 4:
            world.refuses ^= {dice.any_of("l2Book", "userFills")}
        case 5:
            world.lose()
        case _:
            world.let_pass(dice.any_of(60_000, 400_000))


rolled = st.binary(min_size=STEPS * BYTES_A_STEP, max_size=STEPS * BYTES_A_STEP)


@settings(max_examples=300)
@given(rolled)
def test_shaken_session_never_lies_and_loses_nothing(rolled: bytes) -> None:
    """While shaken, nothing counts as fresh before its gap was filled and no fill comes twice; see `World`.

    Afterwards everything wanted is confirmed and fresh, and every fill of the venue was delivered exactly once.
    """
    world = World()
    shake(world, rolled)
    world.refuses.clear()
    world.go_well(50, Dice(bytes(10_000)), pause_ms=8_000)
    assert {topic: world.session.state_of(topic) for topic in TOPICS} == dict.fromkeys(TOPICS, FeedState.CONFIRMED)
    assert [topic for topic in TOPICS if not world.session.is_fresh(topic, world.now)] == []
    assert sorted(world.delivered) == sorted(("ETH", fill["tid"], fill["oid"]) for fill in world.fills)


@settings(max_examples=100)
@given(rolled)
def test_same_calls_have_the_same_effects(rolled: bytes) -> None:
    """Nothing is drawn or timed inside."""
    worlds = World(), World()
    for world in worlds:
        shake(world, rolled)
    one, other = worlds
    assert (one.delivered, one.requests, one.told) == (other.delivered, other.requests, other.told)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50_000)), max_size=60))
def test_every_wanted_topic_is_asked_for_or_answered(moments: list[tuple[bool, int]]) -> None:
    """On a venue that answers nothing, each wanted topic is asked for again and again, and none is confirmed."""
    world, dice = World(), Dice(bytes(10_000))
    for lose, pause in moments:
        world.open(dice)
        world.let_pass(pause)
        if lose:
            world.lose()
    assert not any(world.told.values())
    states = {world.session.state_of(topic) for topic in TOPICS}
    assert states <= {FeedState.WAITING, FeedState.ASKED}
    if world.is_up:
        world.let_pass(1_000)
        asked = [request["subscription"] for request in world.requests if request["method"] == "subscribe"]
        assert {one["type"] for one in asked} == {topic.type for topic in TOPICS} or not world.is_up
