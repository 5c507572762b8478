"""The same actions at random times: what luck makes of them.

The stays in the market and the pauses between them keep their lengths and are dealt out anew, and the whole is turned
to a random start. So a baseline is as active as the run, and as long in the market; only its moments are blind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import shake_256
from itertools import accumulate, groupby
from operator import attrgetter
from typing import NamedTuple

from agentic_core.backtest.chat.controls import Acted
from agentic_core.domain.decision import ActionKind, ProposedAction
from agentic_core.domain.fill import Fill
from agentic_core.domain.honesty import Chance
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant

__all__ = ["at_random", "chance"]

_TAIL = 20
"""One run in so many lies beyond each of the two gains that are shown as usual."""


class _Spell(NamedTuple):
    # What begins it, whether something is held in it, and for how many marks it lasts.
    action: ProposedAction
    is_held: bool
    marks: int


def chance(own: Decimal, gains: Iterable[Decimal]) -> Chance:
    """Return how a run's own gain compares with those of its actions at random times."""
    drawn = sorted(gains)
    return Chance(
        runs=len(drawn),
        at_least=sum(gain >= own for gain in drawn),
        gain_low=_at(drawn, 1),
        gain_median=_at(drawn, _TAIL // 2),
        gain_high=_at(drawn, _TAIL - 1),
    )


def at_random(run: RunRecord, actions: Sequence[Acted], *, seed: str) -> tuple[Acted, ...]:
    """Deal the actions of a run out to other marks; the same seed deals the same way."""
    step = run.interval.ms
    taken: dict[int, ProposedAction] = {}
    ordered = sorted(actions, key=lambda acted: acted.action.symbol)
    for symbol, own in groupby(ordered, key=lambda acted: acted.action.symbol):
        spells = _spells(run, symbol, list(own))
        for mark, action in _dealt(spells, run.ticks, f"{seed} {symbol}").items():
            free = next((place for place in range(mark, mark + run.ticks) if place % run.ticks not in taken), None)
            if free is not None:
                taken[free % run.ticks] = action
    return tuple(Acted(at=Instant(run.start + mark * step), action=taken[mark]) for mark in sorted(taken))


def _spells(run: RunRecord, symbol: Symbol, actions: Sequence[Acted]) -> list[_Spell]:
    # Around a circle: what follows the last action leads on to the first one.
    fills = sorted((fill for fill in run.fills if fill.symbol == symbol), key=attrgetter("time"))
    marks = [(acted.at - run.start) // run.interval.ms for acted in actions]
    states = list(_held(fills, actions))
    ends = [*marks[1:], run.ticks]
    spells = [
        _Spell(acted.action, state, end - mark)
        for acted, state, mark, end in zip(actions, states, marks, ends, strict=True)
    ]
    last = spells[-1]
    if not last.is_held:
        spells[-1] = last._replace(marks=last.marks + marks[0])
    elif marks[0]:
        spells.append(_Spell(ProposedAction(kind=ActionKind.CLOSE, symbol=symbol), is_held=False, marks=marks[0]))
    return spells


def _held(fills: Sequence[Fill], actions: Sequence[Acted]) -> Iterator[bool]:
    # Whether something is held once each action is executed; both are in the order of time.
    size, place = ZERO, 0
    for acted in actions:
        while place < len(fills) and fills[place].time <= acted.at:
            size += fills[place].signed_size
            place += 1
        yield size != 0


def _dealt(spells: Sequence[_Spell], ticks: int, seed: str) -> Mapping[int, ProposedAction]:
    draws = shake_256(f"random {seed}".encode()).digest(8 * (len(spells) + 1))
    numbers = [int.from_bytes(draws[place : place + 8]) for place in range(0, len(draws), 8)]
    lengths = {
        is_held: iter(
            _by_draw(
                [
                    (spell.marks, number)
                    for spell, number in zip(spells, numbers[1:], strict=True)
                    if spell.is_held is is_held
                ]
            )
        )
        for is_held in (True, False)
    }
    marks = [next(lengths[spell.is_held]) for spell in spells]
    starts = [0, *accumulate(marks)][:-1]
    phase = numbers[0] % ticks
    dealt = {(start + phase) % ticks: spell.action for start, spell in zip(starts, spells, strict=True)}
    cut = max(zip(starts, spells, strict=True), key=lambda pair: (pair[0] + phase) % ticks)[1]
    if cut.is_held:
        # It reaches over the end of the window, so the rest of it stands at the beginning.
        dealt.setdefault(0, cut.action)
    return dealt


def _by_draw(pairs: Sequence[tuple[int, int]]) -> list[int]:
    return [marks for marks, _ in sorted(pairs, key=lambda pair: pair[1])]


def _at(gains: Sequence[Decimal], twentieths: int) -> Decimal:
    return gains[(len(gains) - 1) * twentieths // _TAIL] if gains else ZERO
