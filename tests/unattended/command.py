"""Play so many stories, say how far it has come, and tell every one in which something was wrong."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.unattended.chat.oracle import CHAT_KINDS
from tests.unattended.chat.planted import PLANTED_CHAT
from tests.unattended.planted import PLANTED
from tests.unattended.plants import Plant
from tests.unattended.playing import Played, play
from tests.unattended.trouble import KINDS

__all__ = ["main"]

_EACH = 10
_TOLD = 60
_WIDTH = 240
_SEEDS = 6
"""Within so many a planted mistake has to come to light."""

_MINUTES = 6
_MS_PER_MINUTE = 60_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    count: int
    seed: int
    minutes: int | None
    only: str | None
    chat: bool
    mistakes: bool
    trace: bool


class Tally:
    """What came about in all stories together."""

    def __init__(self) -> None:
        self.stories = self.minutes = self.opens = self.executions = self.commands = self.slowest_ms = 0
        self.asked = self.thoughts = 0
        self.counts: Counter[str] = Counter()

    def take(self, played: Played) -> None:
        """Add a story."""
        verdict = played.verdict
        self.stories += 1
        self.minutes += played.scene.lived_ms // _MS_PER_MINUTE
        self.opens += verdict.opens
        self.executions += verdict.executions
        self.commands += verdict.commands
        self.slowest_ms = max(self.slowest_ms, verdict.slowest_ack_ms)
        self.counts += played.scene.counts
        if played.scene.chat is not None:
            arrivals = played.scene.chat.provider.arrivals
            self.asked += len(arrivals)
            self.thoughts += len(played.scene.chat.decisions)
            self.counts.update(f"answer: {arrival.served.plan}" for arrival in arrivals)

    def line(self, spent_ms: int) -> str:
        """Say it in one line."""
        thoughts = f"{self.asked:,} questions for {self.thoughts:,} thoughts, " if self.asked else ""
        return (
            f"{self.stories:>5,} stories of {self.minutes:,} minutes: {self.opens:,} opens, {self.executions:,} "
            f"executions, {self.commands:,} commands (slowest answer {self.slowest_ms:,} ms), {thoughts}{spent_ms:,} ms"
        )


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run the command; 1 where a story went wrong, or a mistake was not found."""
    options = _parsed(arguments)
    install_decimal_traps()
    if options.mistakes:
        return max(_look_for(plant, options) for plant in (*PLANTED, *PLANTED_CHAT))
    clock, tally = clock or SystemClock(), Tally()
    began = clock.boottime_ms()
    kinds: Sequence[str] = (*KINDS, *CHAT_KINDS) if options.chat else KINDS
    if options.only is not None:
        kinds = (*options.only.split(","), *(("chat",) if options.chat else ()))
    for number in range(options.count):
        played = play(options.seed + number, kinds=kinds, minutes=options.minutes)
        tally.take(played)
        if played.verdict.faults:
            return _told(played, options)
        if tally.stories % _EACH == 0:
            _say(tally.line(clock.boottime_ms() - began))
    _say(tally.line(clock.boottime_ms() - began))
    for what, count in sorted(tally.counts.items()):
        _say(f"{count:>9,} {what}")
    return 0


def _look_for(plant: Plant, options: Options) -> int:
    name = type(plant.mistake).__name__
    for number in range(_SEEDS):
        seed = options.seed + number
        minutes = options.minutes or _MINUTES
        faults = play(seed, kinds=plant.kinds, minutes=minutes, mistake=plant.mistake).verdict.faults
        found = [fault for fault in faults if plant.words in fault]
        if found:
            _say(f"{name}: seed {seed}: {found[0]}"[:_WIDTH])
            return 0
    _say(f"{name} did its work for {_SEEDS} seeds and nobody noticed")
    return 1


def _parsed(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m tests.unattended", description="Play stories of a deployment in trouble, and judge them."
    )
    parser.add_argument("--count", type=int, default=100, help="how many stories (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the first story; the next ones count on (1)")
    parser.add_argument("--minutes", type=int, help="how long trouble lasts in each; drawn where it is not given")
    parser.add_argument("--only", help=f"kinds of trouble, with commas between them: {', '.join(KINDS)}")
    parser.add_argument(
        "--chat", action="store_true", help=f"let a chat model decide; more kinds: {', '.join(CHAT_KINDS)}"
    )
    parser.add_argument("--mistakes", action="store_true", help="play the planted mistakes instead")
    parser.add_argument("--trace", action="store_true", help="tell everything of a story that went wrong")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)


def _told(played: Played, options: Options) -> int:
    lines = [f"{at} {number} {line.event} {line.message}" for at, number, line in played.scene.said]
    for line in lines if options.trace else lines[-_TOLD:]:
        _say(line[:_WIDTH])
    _say(f"seed {played.seed} with {', '.join(played.kinds) or 'no trouble'}:")
    for fault in played.verdict.faults:
        _say(f"  {fault}")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
