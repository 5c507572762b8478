"""The command line: search, say how far it has come, and judge."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from zlib import crc32

import msgspec

from agentic_core.system import SystemClock, install_decimal_traps
from tests.adversary.attack import BAR, Piece, attacked, better, exceeded, shortfalls
from tests.adversary.climb import FIGURES, Attempt
from tests.adversary.configurations import CONFIGURATIONS, Configuration
from tests.adversary.shrink import shrunk
from tests.adversary.table import percent, results, story

__all__ = ["main"]

_HELD, _BROKEN = 0, 1
_WORKERS = 2
_PIECE = 5_000
"""How many scenarios a worker plays before it tells its best ones."""

Each = Callable[[Callable[[Piece], tuple[Attempt, ...]], Sequence[Piece]], Iterable[tuple[Attempt, ...]]]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    evaluations: int
    seconds: float | None
    seed: int
    config: str | None


def main(
    arguments: Sequence[str] | None = None,
    configurations: Sequence[Configuration] = CONFIGURATIONS,
    each: Each | None = None,
) -> int:
    """Run the command; 0 where no figure was exceeded and enough of each was reached.

    Pieces are given to `each`, by default to two worker processes.
    """
    options = _parsed(arguments, configurations)
    chosen = [one for one in configurations if options.config in {None, one.name}]
    if each is not None:
        return _Search(options, chosen, each).run()
    with ProcessPoolExecutor(_WORKERS, initializer=install_decimal_traps) as pool:
        return _Search(options, chosen, pool.map).run()


def _parsed(arguments: Sequence[str] | None, configurations: Sequence[Configuration]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.adversary", description="Try to lose more than the bound.")
    parser.add_argument("--evaluations", type=int, default=1_000_000, help="how many scenarios to play in all")
    parser.add_argument("--seconds", type=float, help="stop after this time, however many were played")
    parser.add_argument("--seed", type=int, default=1, help="another one is another search")
    parser.add_argument("--config", choices=[one.name for one in configurations], help="attack this one alone")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)


class _Search:
    # Rounds of a piece for each configuration, or of enough for all workers, from the best of the round before on.

    def __init__(self, options: Options, configurations: Sequence[Configuration], each: Each) -> None:
        self._options = options
        self._configurations = configurations
        self._each = each
        self._clock = SystemClock()
        self._started_ms = self._clock.boottime_ms()
        self._pieces = max(1, _WORKERS // len(configurations))
        self._reached: dict[str, tuple[Attempt, ...]] = {}
        self._played = 0

    def run(self) -> int:
        share = -(-self._options.evaluations // len(self._configurations) // self._pieces)
        for done in range(0, share, _PIECE):
            self._round(done, min(share - done, _PIECE))
            sys.stdout.write(f"{self._progress()}\n")
            sys.stdout.flush()
            if self._tell_exceeded():
                return _BROKEN
            if self._options.seconds is not None and self._seconds() >= self._options.seconds:
                break
        return self._judged()

    def _round(self, done: int, evaluations: int) -> None:
        pieces = [
            Piece(one, (self._options.seed, crc32(one.name.encode()), done, number), evaluations, self._known(one))
            for one in self._configurations
            for number in range(self._pieces)
        ]
        for piece, attempts in zip(pieces, self._each(attacked, pieces), strict=True):
            self._reached[piece.configuration.name] = better(self._known(piece.configuration), attempts)
            self._played += evaluations

    def _known(self, configuration: Configuration) -> tuple[Attempt, ...]:
        return self._reached.get(configuration.name, ())

    def _seconds(self) -> float:
        return (self._clock.boottime_ms() - self._started_ms) / 1_000

    def _progress(self) -> str:
        best, least = [], []
        for place, figure in enumerate(FIGURES):
            ratios = [(attempts[place].ratios[place], name) for name, attempts in self._reached.items()]
            best.append(f"{figure} {percent(max(ratios)[0])}")
            least.append((min(ratios), figure))
        (ratio, name), figure = min(least)
        rate = self._played / max(self._seconds(), 0.001)
        return (
            f"{self._played:>9,} evaluations, {rate:,.0f} a second; best: {', '.join(best)}; "
            f"furthest from its bound: {name}, {figure} {percent(ratio)}"
        )

    def _tell_exceeded(self) -> bool:
        broken = False
        for configuration in self._configurations:
            found = exceeded(self._reached[configuration.name])
            if found is not None:
                broken = True
                self._tell_story(configuration, *found)
        return broken

    def _tell_story(self, configuration: Configuration, figure: int, attempt: Attempt) -> None:
        smallest = shrunk(configuration, attempt, figure)
        loss, least = percent(attempt.ratios[figure]), percent(smallest.ratios[figure])
        sys.stdout.write(
            f"\n{configuration.name} ({configuration.about}): {FIGURES[figure]} is exceeded, {loss} of the bound. "
            f"The smallest scenario found, {least} of it, holdings and equity in dollars:\n\n"
            f"{story(configuration, smallest)}\n"
        )

    def _judged(self) -> int:
        sys.stdout.write(f"\n{results(self._reached, self._configurations)}\n")
        short = [(name, fall) for name, attempts in self._reached.items() for fall in shortfalls(attempts)]
        for name, (figure, ratio) in short:
            sys.stdout.write(
                f"{name}: only {percent(ratio)} of the {figure} figure was reached, the bar is {percent(BAR)}\n"
            )
        return _BROKEN if short else _HELD
