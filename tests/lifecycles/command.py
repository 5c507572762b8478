"""Play stories until so many lifecycles came about, say how far it has come, and stop at the first fault."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.lifecycles.playing import Played, play
from tests.lifecycles.trouble import KINDS

__all__ = ["main"]

_EACH = 25
_TOLD = 40
_WIDTH = 240


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    count: int
    seed: int
    only: str | None
    trace: bool


class Tally:
    """What came about in all stories together."""

    def __init__(self) -> None:
        self.stories = 0
        self.lifecycles = 0
        self.actions = 0
        self.unresolved_ms: list[int] = []
        self.naked_ms: list[int] = []
        self.counts: Counter[str] = Counter()

    def take(self, played: Played) -> None:
        """Add a story."""
        verdict = played.verdict
        self.stories += 1
        self.lifecycles += verdict.lifecycles
        self.actions += verdict.actions
        self.counts += played.scene.counts
        if not played.scene.is_scarce:
            self.unresolved_ms.append(verdict.slowest_ms)
            self.naked_ms.append(verdict.naked_ms)

    def line(self, spent_ms: int) -> str:
        """Say it in one line."""
        each = spent_ms / max(1, self.lifecycles)
        return (
            f"{self.lifecycles:>7,} lifecycles and {self.actions:,} actions in {self.stories:,} stories, "
            f"{each:.1f} ms each; slowest {max(self.unresolved_ms, default=0):,} ms, "
            f"naked {max(self.naked_ms, default=0):,} ms"
        )


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run the command; 1 where a story went wrong, which is then told with its seed."""
    options = _parsed(arguments)
    install_decimal_traps()
    clock, tally = clock or SystemClock(), Tally()
    began, seed = clock.boottime_ms(), options.seed
    kinds = KINDS if options.only is None else (options.only,)
    while tally.lifecycles < options.count:
        played = play(seed, kinds=kinds)
        tally.take(played)
        if played.verdict.faults:
            return _told(played, options)
        if tally.stories % _EACH == 0:
            _say(tally.line(clock.boottime_ms() - began))
        seed += 1
    _say(tally.line(clock.boottime_ms() - began))
    for what, count in sorted(tally.counts.items()):
        _say(f"{count:>9,} {what}")
    return 0


def _parsed(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lifecycles", description="Play stories of orders in trouble, and judge them."
    )
    parser.add_argument("--count", type=int, default=10_000, help="how many lifecycles (10,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first story; the next ones count on (1)")
    parser.add_argument("--only", choices=KINDS, help="one kind of trouble alone")
    parser.add_argument("--trace", action="store_true", help="tell everything of a story that went wrong")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)


def _told(played: Played, options: Options) -> int:
    events = list(played.scene.world.trace)
    for event in events if options.trace else events[-_TOLD:]:
        _say(str(event)[:_WIDTH])
    _say(f"seed {played.seed} with {', '.join(played.kinds) or 'no trouble'}:")
    for fault in played.verdict.faults:
        _say(f"  {fault}")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
