"""Events of an `IntentWorld` as bytes: two for each event, what happens and how."""

from collections.abc import Callable

from tests.support.intent_world import IntentWorld
from tests.support.intents import DEADLINE, EXPIRES

__all__ = ["play"]

_LAGS = (0, 1, 4_999, 5_000)
_WAITS = (1, 500, 1_999, 2_000, 3_000, 5_000, 5_001, 10_000)
_Event = Callable[[IntentWorld, int], None]


def _wait(world: IntentWorld, how: int) -> None:
    world.venue.now += _WAITS[how % 8]


def _wait_until(world: IntentWorld, how: int) -> None:
    world.wait_until((EXPIRES - 3_000, EXPIRES, DEADLINE, DEADLINE + 1)[how % 4])


def _act(world: IntentWorld, how: int) -> None:
    world.act(leaves=how % 8 > 0, lag_ms=_LAGS[how // 8 % 4])


def _arrive(world: IntentWorld, how: int) -> None:
    answer = (0, 0, 0, 1, 2, 3, 4, 4)[how // 8 % 8]
    world.arrive(how // 64, executes=how % 4, again=how % 8 > 3, answer=answer)


def _hear(world: IntentWorld, how: int) -> None:
    world.hear(how // 2, again=how % 2 > 0)


def _look(world: IntentWorld, how: int) -> None:
    world.look(_LAGS[how % 4], forgets=how % 8 > 3, complete=how // 8 % 4 > 0)


def _look_twice(world: IntentWorld, how: int) -> None:
    world.wait_until(DEADLINE + 1 if how % 2 else EXPIRES + 1)
    for _ in range(2):
        world.look(_LAGS[how // 2 % 4], forgets=how // 8 % 2 > 0, complete=how // 16 % 2 > 0)
        world.hear(len(world.mail) - 1, again=False)
        world.venue.now += 2_000


def _stream(world: IntentWorld, how: int) -> None:
    world.stream(how // 2, fill=how % 2 > 0)


def _crash(world: IntentWorld, how: int) -> None:
    world.crash(remembers=how % 2 > 0, sleeps=how % 4 > 1)


def _at_the_venue(world: IntentWorld, how: int) -> None:
    if how % 4:
        world.venue.match(how % 4)
    else:
        world.venue.cancel()


def _lose(world: IntentWorld, how: int) -> None:
    (world.lose if how % 2 else world.mislay)(how // 2)


def _rarely(world: IntentWorld, how: int) -> None:
    (world.refuse_unseen, world.give_up_waiting, world.withdraw, world.sleeper_sends)[how % 4]()


def _book(world: IntentWorld, how: int) -> None:
    world.book(_LAGS[how % 4])
    if how // 4 % 2:
        world.venue.now += 2_000
        world.book(_LAGS[how % 4])


_EVENTS: tuple[_Event, ...] = (
    *(_wait, _act, _arrive, _hear, _wait_until, _act, _arrive, _hear),
    *(_stream, _look, _crash, _at_the_venue, _lose, _rarely, _look_twice, _book),
)


def play(script: bytes) -> IntentWorld:
    """Return the world after a script, checked after each event.

    The first byte chooses the order, and whether it has been sent already.
    """
    order, events = script[0], script[1:]
    style = ("ioc", "gtc", "close", "trim")[order % 4]
    world = IntentWorld(style, units=order // 4 % 3 + 1, position=order // 16 % 2 + 1, can_burn=order % 8 > 1)
    if order // 32 % 4:
        world.act(leaves=True, lag_ms=0)
    for what, how in zip(events[::2], events[1::2], strict=False):
        _EVENTS[what % len(_EVENTS)](world, how)
        world.check()
    return world
