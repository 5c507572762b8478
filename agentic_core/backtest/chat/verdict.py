"""From the figures of a study to one verdict with its reason; pure, and the same for the same figures."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, TypeAlias

import msgspec

from agentic_core.domain.honesty import Chance, HonestyVerdict, KnowledgeOverlap, MaskedTest
from agentic_core.domain.money import Bps
from agentic_core.domain.run import Coverage
from agentic_core.domain.times import Instant, show

__all__ = [
    "ACTIONS_MIN",
    "CHANCE_ERROR_BPS",
    "KEPT_BPS_MIN",
    "MASKED_ERROR_BPS",
    "Findings",
    "Judged",
    "judge",
    "last_day",
    "overlap_of",
    "overlap_words",
]

ACTIONS_MIN: Final = 20
"""Executed actions below which nothing is said about skill."""

CHANCE_ERROR_BPS: Final = Bps(500)
"""Skill may be found once in twenty where there is none."""

MASKED_ERROR_BPS: Final = Bps(50)
"""A loss in disguise may be found once in two hundred where there is none: it is an accusation."""

KEPT_BPS_MIN: Final = Bps(5_000)
"""A masked run that keeps less of the edge than this has lost it."""

_KEPT_BPS_WHOLE: Final = 9_000
_ALL: Final = 10_000
_SHOWN: Final = 3
_PERCENT: Final = Decimal("0.1")
_FINE: Final = Decimal("0.01")


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict is reached from."""

    coverage: Coverage | None
    """Of the plain run; None where rules decided, which answer every turn."""
    actions: int
    overlap: KnowledgeOverlap
    chance: Chance | None
    masked: MaskedTest | None
    masked_missing: str = "no masked run was made"
    """Why there is no masked test, where there is none."""
    altered: tuple[str, ...] = ()
    """What the mask had to take out of the author's texts."""


Judged: TypeAlias = tuple[HonestyVerdict, str]


def judge(found: Findings) -> Judged:
    """Return the verdict and its sentence."""
    coverage = found.coverage
    if coverage is not None and coverage.is_void:
        share = _percent(coverage.share_bps)
        return HonestyVerdict.VOID, (
            f"Void: the chat model decided only {coverage.answered:,} of {coverage.turns:,} turns ({share}), so the "
            "figures say nothing about it."
        )
    if found.actions < ACTIONS_MIN or found.chance is None:
        return HonestyVerdict.CANNOT_TELL, (
            f"Cannot tell: {found.actions} executed actions are too few to tell skill from luck; at least "
            f"{ACTIONS_MIN} are needed."
        )
    if found.chance.p_bps > CHANCE_ERROR_BPS:
        return HonestyVerdict.NO_BETTER_THAN_CHANCE, (
            f"No better than chance: {found.chance.at_least:,} of {found.chance.runs:,} runs with the same actions at "
            "random times did at least as well."
        )
    return _memory(found, found.chance) if found.masked is None else _disguised(found, found.chance, found.masked)


def overlap_of(known_until: Instant | None, source: str, *, start: Instant, end: Instant) -> KnowledgeOverlap:
    """Return how much of a window lies before the end of a chat model's knowledge."""
    if known_until is None:
        return KnowledgeOverlap(known_until=None, source="", share_bps=None)
    known = min(max(known_until - start, 0), end - start)
    share = -(-known * _ALL // (end - start)) if end > start else _ALL
    return KnowledgeOverlap(known_until=known_until, source=source, share_bps=Bps(share))


def last_day(until: Instant) -> str:
    """Write the last day before an instant, as price lists and makers of chat models say until when one has learned.

    >>> last_day(Instant(1_704_067_200_000))
    '2023-12-31'
    """
    return show(Instant(until - 1))[:10]


def overlap_words(overlap: KnowledgeOverlap) -> str:
    """Return the overlap as it stands beside every figure."""
    if overlap.share_bps is None:
        return "overlap unknown: all of the window may be known to the chat model"
    if overlap.known_until is None or overlap.is_clear:
        return "overlap 0 %: the window begins after the chat model's knowledge ends"
    return f"overlap {_percent(overlap.share_bps)} of the window may be known to the chat model"


def _memory(found: Findings, chance: Chance) -> Judged:
    if found.overlap.is_clear and found.overlap.known_until is not None:
        return HonestyVerdict.HOLDS_UP, (
            f"Holds up: it beat {_beaten(chance)} runs with the same actions at random times, in a window that begins "
            f"after the chat model's knowledge ends ({last_day(found.overlap.known_until)})."
        )
    return HonestyVerdict.CANNOT_TELL, (
        f"Cannot tell: it beat chance, but {overlap_words(found.overlap)} and {found.masked_missing}, so this may be "
        "memory."
    )


def _disguised(found: Findings, chance: Chance, masked: MaskedTest) -> Judged:
    kept = _percent(masked.kept_bps) if masked.kept_bps is not None and masked.kept_bps > 0 else "none"
    if masked.kept_bps is not None and masked.kept_bps >= KEPT_BPS_MIN:
        lesser = masked.p_bps <= MASKED_ERROR_BPS and masked.kept_bps < _KEPT_BPS_WHOLE
        rest = "; the rest may be memory, so go by the masked figures." if lesser else "."
        return HonestyVerdict.HOLDS_UP, (
            f"Holds up: it beat {_beaten(chance)} runs with the same actions at random times, and kept {kept} of its "
            f"edge with names, dates and prices disguised{rest}"
        )
    odds = f"chance makes such a loss in {_percent(masked.p_bps, _FINE)} of cases"
    if masked.p_bps > MASKED_ERROR_BPS:
        return HonestyVerdict.CANNOT_TELL, (
            f"Cannot tell: with names, dates and prices disguised it kept {kept} of its edge, and {odds}; a longer "
            "window would tell."
        )
    if found.altered:
        return HonestyVerdict.CANNOT_TELL, (
            f"Cannot tell: with names, dates and prices disguised it kept {kept} of its edge, but its texts name "
            f"{_list(found.altered)}, which no disguise can keep; write the thesis without them and run again."
        )
    return HonestyVerdict.KNOWS_THE_FUTURE, (
        f"Knows the future: with names, dates and prices disguised it kept {kept} of its edge, and {odds}."
    )


def _beaten(chance: Chance) -> str:
    return f"{chance.runs - chance.at_least:,} of {chance.runs:,}"


def _list(words: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{word}”" for word in words[:_SHOWN])
    return shown if len(words) <= _SHOWN else f"{shown} and {len(words) - _SHOWN} more"


def _percent(share_bps: int, step: Decimal = _PERCENT) -> str:
    share = (Decimal(share_bps) / 100).quantize(step, ROUND_HALF_EVEN)
    return f"{share.normalize():f} %"
