"""Hand spoilt texts to the parsers for as long as asked: none may raise, hang, or make a float."""

import argparse
import faulthandler
import sys
from collections.abc import Callable
from typing import NamedTuple

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from agentic_hl.wire.messages.reading import Unreadable
from tests.fuzz.looking import look
from tests.fuzz.mutations import Chance, Spoiler
from tests.fuzz.parsers import PARSERS, Parser

__all__ = ["SLOW_MS", "Outcome", "TooSlow", "fuzz", "main"]

_BATCH = 1_000
SLOW_MS = 10_000
"""For a thousand texts, on a machine that others use too; they take some ten milliseconds."""

_HANG_S = 300


class TooSlow(AssertionError):
    """A batch of texts took as if one of them could make a parser run for ever."""


class Outcome(NamedTuple):
    """What came of the texts of one parser."""

    texts: int
    read: int
    """Texts that were still readable."""
    slowest_ms: int
    """For a thousand of them."""


def fuzz(parser: Parser, texts: int, *, seed: int, clock: Clock, told: Callable[[int], None] | None = None) -> Outcome:
    """Hand so many texts to a parser; `told` hears how many were, after each thousand.

    Raises:
        FloatFound: a float came out.
        TooSlow: a thousand of them took longer than ten seconds.
    """
    spoiler, read, slowest = Spoiler(parser.seeds, Chance(f"{seed} {parser.name}")), 0, 0
    for done in range(0, texts, _BATCH):
        began, count = clock.boottime_ms(), min(_BATCH, texts - done)
        read += sum(_holds(parser, spoiler.text()) for _ in range(count))
        slowest = max(slowest, clock.boottime_ms() - began)
        if slowest > SLOW_MS:
            raise TooSlow(f"{parser.name}: {slowest} ms for texts {done} to {done + count} of seed {seed}")
        if told is not None:
            told(done + count)
    return Outcome(texts, read, slowest)


def main(clock: Clock | None = None) -> int:
    """Read the command line, fuzz, and print what came of each parser."""
    cut = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    cut.add_argument("--frames", type=int, default=1_000_000, help="texts for each parser (1,000,000)")
    cut.add_argument("--parser", action="append", choices=sorted(PARSERS), help="only this one; can be repeated")
    cut.add_argument("--seed", type=int, default=1, help="where chance begins (1)")
    options = cut.parse_args()
    install_decimal_traps()
    clock = clock or SystemClock()
    for name in options.parser or PARSERS:
        began = clock.boottime_ms()

        def tell(_done: int) -> None:
            faulthandler.dump_traceback_later(_HANG_S, exit=True)

        outcome = fuzz(PARSERS[name], options.frames, seed=options.seed, clock=clock, told=tell)
        faulthandler.cancel_dump_traceback_later()
        seconds = (clock.boottime_ms() - began) / 1_000
        sys.stdout.write(
            f"{name:<36}{outcome.texts:>10,} texts, {outcome.read:>9,} readable, {seconds:6.0f} s, "
            f"slowest thousand {outcome.slowest_ms} ms\n"
        )
        sys.stdout.flush()
    return 0


def _holds(parser: Parser, text: bytes) -> bool:
    try:
        value = parser.read(text)
        look(value)
    except Exception as error:
        error.add_note(f"{parser.name} was handed {text[:2_000]!r}")
        raise
    return not isinstance(value[0] if isinstance(value, tuple) and value else value, Unreadable)
