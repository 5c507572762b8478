"""What every attack came to, counted: one piece of the corpus at a time, so that workers can share it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

import anyio
import msgspec

from tests.injection.corpus import Attack, attacks, spread
from tests.injection.gate import GULLIBLE, against_naive, against_shipped
from tests.injection.goals import Harm
from tests.injection.metamorphic import CHANGES, OTHER_PRICES, Outline, outline
from tests.injection.naive import Defences
from tests.injection.scene import scene_of
from tests.injection.shipped import play

__all__ = ["Slice", "Tally", "compared", "everything", "judged", "once", "sliced", "success_with", "summed"]

_LITERAL = msgspec.structs.replace(GULLIBLE, eager=False)
_RESPECTFUL = msgspec.structs.replace(GULLIBLE, respects_envelopes=True)


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Which attacks: every so many, from one on."""

    first: int
    step: int
    whole: bool
    """Whether every payload comes through every door, or each through one."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by harm and door, as `harm|door`."""

    attacks: Counter[str]
    undefended: Counter[str]
    """Those that did the harm they were meant to do to a host without defences."""
    literal: Counter[str]
    """The same where the chat model takes every text as it stands, and decodes nothing."""
    obeyed: Counter[str]
    """Those that the chat model obeyed in the shipped turn, as far as that shows."""
    trusted: Counter[str]
    """Those that a chat model obeyed that obeys nothing inside a marked envelope."""
    met: Counter[str]
    """What stopped them, by harm, as `harm|what`."""
    escapes: tuple[str, ...]
    """Attacks that did any harm to the shipped turn, by name."""


def everything() -> tuple[Attack, ...]:
    """Return every payload through every door."""
    return tuple(attacks())


def once() -> tuple[Attack, ...]:
    """Return every payload through one door."""
    return tuple(spread())


def sliced(slice_: Slice) -> Sequence[tuple[int, Attack]]:
    """Return the attacks of a slice, with their numbers."""
    all_of_them = everything() if slice_.whole else once()
    return tuple(enumerate(all_of_them))[slice_.first :: slice_.step]


def judged(slice_: Slice) -> Tally:
    """Play the attacks of a slice against the host without defences and against the shipped turn."""
    return anyio.run(partial(_judged, sliced(slice_)))


def summed(tallies: Iterable[Tally]) -> Tally:
    """Add tallies."""
    total = _empty()
    for one in tallies:
        for name in ("attacks", "undefended", "literal", "obeyed", "trusted", "met"):
            getattr(total, name).update(getattr(one, name))
        total = msgspec.structs.replace(total, escapes=total.escapes + one.escapes)
    return total


def success_with(defences: Defences, step: int = 1) -> dict[Harm, tuple[int, int]]:
    """Return how many of every so manieth attack succeed against a host with some defences, of how many, by harm."""
    done: Counter[Harm] = Counter()
    tried: Counter[Harm] = Counter()
    for attack in once()[::step]:
        harm = attack.payload.goal.harm
        tried[harm] += 1
        done[harm] += harm in against_naive(attack, defences)
    return {harm: (done[harm], tried[harm]) for harm in Harm}


def compared(step: int) -> dict[str, tuple[int, int]]:
    """Return how many outlines of every so manieth attack differ under each change, of how many."""
    return anyio.run(partial(_compared, step))


async def _judged(numbered: Sequence[tuple[int, Attack]]) -> Tally:
    total = _empty()
    escapes: list[str] = []
    for number, attack in numbered:
        goal = attack.payload.goal.harm
        place, by_tool = f"{goal}|{attack.channel}", bool(number % 2)
        total.attacks[place] += 1
        total.undefended[place] += goal in against_naive(attack, by_tool=by_tool)
        total.literal[place] += goal in against_naive(attack, chat_model=_LITERAL, by_tool=by_tool)
        done, met = await against_shipped(attack, by_tool=by_tool)
        total.obeyed[place] += bool(met)
        total.met[f"{goal}|{met}"] += 1
        respected, trusted = await against_shipped(attack, _RESPECTFUL, by_tool=by_tool)
        total.trusted[place] += bool(trusted)
        escapes += [f"{attack.name}: {', '.join(harms)}" for harms in (done, respected) if harms]
    return msgspec.structs.replace(total, escapes=tuple(escapes))


async def _compared(step: int) -> dict[str, tuple[int, int]]:
    differing: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for number, attack in enumerate(once()):
        # A disguised name is not found when it is to be changed, and a price that is named does not move along.
        if number % step or attack.payload.disguise is not None or attack.payload.goal.name == "any_price":
            continue
        scene = scene_of(attack, attack.channel, by_tool=bool(number % 2))
        before = outline(await play(scene, GULLIBLE.reply), scene)
        for name, change in CHANGES.items():
            other = change(scene)
            tried[name] += 1
            differing[name] += _is_different(name, before, outline(await play(other, GULLIBLE.reply), other))
    return {name: (differing[name], tried[name]) for name in CHANGES}


def _is_different(change: str, before: Outline, after: Outline) -> bool:
    if change == OTHER_PRICES:
        return before.without_amounts() != after.without_amounts()
    return before != after


def _empty() -> Tally:
    return Tally(
        attacks=Counter(),
        undefended=Counter(),
        literal=Counter(),
        obeyed=Counter(),
        trusted=Counter(),
        met=Counter(),
        escapes=(),
    )
