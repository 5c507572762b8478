"""Structured attacks: the ways to lose that come to mind, with everything that can vary drawn at random."""

from collections.abc import Callable
from typing import TypeAlias

from tests.adversary.draws import Draws
from tests.adversary.scenario import BEYOND, WHOLE, Fill, Scenario, Turn, Wish

__all__ = ["any_turn", "random_scenario", "structured"]

_TURNS_MAX = 12

Turns: TypeAlias = list[Turn]


def structured(draws: Draws, count: int) -> Scenario:
    """Draw one of the structured attacks on so many symbols."""
    return tuple(_ATTACKS[draws.below(len(_ATTACKS))](draws, count))


def random_scenario(draws: Draws, count: int) -> Scenario:
    """Draw everything."""
    return tuple(any_turn(draws, count) for _ in range(draws.between(2, _TURNS_MAX)))


def any_turn(draws: Draws, count: int) -> Turn:
    """Draw one turn without a plan."""
    return Turn(
        midnight=draws.chance(30),
        moves=tuple(draws.between(-WHOLE, WHOLE) for _ in range(count)),
        against=draws.chance(50),
        depth=BEYOND if draws.chance(40) else draws.between(0, WHOLE),
        funding=draws.between(-1, 1),
        wish=Wish(draws.below(3)),
        symbol=draws.below(count),
        buy=draws.chance(50),
        share=WHOLE if draws.chance(50) else draws.between(1, 2 * WHOLE),
        fill=Fill(draws.below(4)),
    )


def _fill(draws: Draws) -> Fill:
    return Fill.WORST if draws.chance(60) else Fill.MARK


def _last(draws: Draws, count: int) -> Turns:
    # Everything held loses a whole gap, perhaps just after a flip.
    return [Turn(moves=(WHOLE,) * count, against=True, depth=BEYOND, funding=1, midnight=draws.chance(15))]


def _built(draws: Draws, count: int) -> Turns:
    # Each symbol opened in turn, most often every other one on the other side.
    first, apart = draws.chance(50), draws.chance(75)
    share = WHOLE if draws.chance(80) else draws.between(1, WHOLE)
    fill = _fill(draws)
    return [
        Turn(wish=Wish.OPEN, symbol=symbol, buy=first is not (apart and symbol % 2 == 1), share=share, fill=fill)
        for symbol in range(count)
    ]


def _lost(draws: Draws, count: int) -> Turns:
    # The day's last turn before the gap: down to just above its floor.
    return [Turn(moves=(WHOLE,) * count, against=True, depth=draws.between(8_000, WHOLE), funding=1)]


def _build_and_gap(draws: Draws, count: int) -> Turns:
    return _built(draws, count) + _last(draws, count)


def _grown(draws: Draws, count: int) -> Turns:
    # All marks rise together, some a little less, so that both sides grow; at most so much is lost as is meant.
    turns = draws.between(2, 8)
    behind = draws.between(5_000, WHOLE)
    lagging = draws.below(2)
    moves = tuple(behind if symbol % 2 == lagging else WHOLE for symbol in range(count))
    midnight, depth = draws.chance(75), draws.between(0, WHOLE)
    return [Turn(midnight=midnight, moves=moves, depth=depth, funding=1) for _ in range(turns)]


def _carry_and_gap(draws: Draws, count: int) -> Turns:
    ending = _lost(draws, count) if draws.chance(50) else []
    return _built(draws, count) + _grown(draws, count) + ending + _last(draws, count)


def _ground(draws: Draws, count: int) -> Turns:
    # Day after day a little less than the cap is lost, and opened again.
    symbol, buy, flips = draws.below(count), draws.chance(50), draws.chance(30)
    depth, fill = draws.between(2_000, WHOLE), _fill(draws)
    days = []
    for day in range(draws.between(2, 14)):
        side = buy is not (flips and day % 2 == 1)
        move = Turn(midnight=True, moves=(WHOLE,) * count, against=True, depth=depth, funding=1)
        days.append(move._replace(wish=Wish.OPEN, symbol=symbol, buy=side, fill=fill))
    return days


def _grind_and_gap(draws: Draws, count: int) -> Turns:
    carried = _grown(draws, count) if draws.chance(40) else []
    ending = _lost(draws, count) if draws.chance(50) else []
    return _built(draws, count) + _ground(draws, count) + carried + ending + _last(draws, count)


def _grind_build_and_gap(draws: Draws, count: int) -> Turns:
    return _ground(draws, count) + _built(draws, count) + _grown(draws, count) + _last(draws, count)


def _flip_and_gap(draws: Draws, count: int) -> Turns:
    # The side that was right is left at the end of the collar, for the wrong one.
    built = _built(draws, count)
    symbol = draws.below(count)
    before = [Turn(moves=(WHOLE,) * count, against=draws.chance(70), depth=draws.between(0, 9_500))]
    flip = Turn(wish=Wish.OPEN, symbol=symbol, buy=not built[symbol].buy, fill=Fill.WORST)
    return built + before + [flip] + _last(draws, count)


def _renewed_and_gap(draws: Draws, count: int) -> Turns:
    # Both sides grow, and the smallest opens begin the count of what may be carried anew.
    renewing = draws.below(count)
    wish = Turn(wish=Wish.OPEN, symbol=renewing, buy=draws.chance(50), share=1)
    fill = Fill.MARK if draws.chance(50) else Fill.MISSED
    grown = [
        turn._replace(wish=wish.wish, symbol=wish.symbol, buy=wish.buy, share=wish.share, fill=fill)
        for _ in range(draws.between(1, 3))
        for turn in _grown(draws, count)
    ]
    ending = _grown(draws, count) + (_lost(draws, count) if draws.chance(50) else [])
    return _built(draws, count) + grown + ending + _last(draws, count)


_ATTACKS: tuple[Callable[[Draws, int], Turns], ...] = (
    _build_and_gap,
    _carry_and_gap,
    _grind_and_gap,
    _grind_build_and_gap,
    _flip_and_gap,
    _renewed_and_gap,
)
