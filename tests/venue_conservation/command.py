"""Operate simulated venues at random for as long as asked, and say how much of everything came about."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.conservation.accounts import Dice
from tests.venue_conservation.crowd import Crowd

__all__ = ["main", "operate"]

VENUE_OPERATIONS = 2_000
"""Operations at one venue, after which another is opened."""

_PROGRESS = 20_000


def operate(operations: int, *, seed: int, told: Callable[[int], None] = lambda _done: None) -> Counter[str]:
    """Do so many operations at one venue after another and return what came about; `told` hears how many are done.

    Raises:
        OutOfBalance: a venue lost or made money or units.
    """
    dice, seen = Dice(seed), Counter[str]()
    for done in range(0, operations, VENUE_OPERATIONS):
        crowd = Crowd(dice)
        for _ in range(min(VENUE_OPERATIONS, operations - done)):
            crowd.operate()
        seen += crowd.seen
        seen["venues"] += 1
        told(min(done + VENUE_OPERATIONS, operations))
    return seen


def main(clock: Clock | None = None) -> int:
    """Read the command line, operate, and print progress and the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.venue_conservation", description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000, help="how many operations (1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="where the dice begin (1)")
    options = parser.parse_args()
    install_decimal_traps()
    clock = clock or SystemClock()
    began = clock.boottime_ms()

    def tell(done: int) -> None:
        if done % _PROGRESS == 0:
            sys.stdout.write(f"{done:>10,} operations in balance, {(clock.boottime_ms() - began) / 1_000:.0f} s\n")
            sys.stdout.flush()

    seen = operate(options.operations, seed=options.seed, told=tell)
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(seen.items()))
    seconds = (clock.boottime_ms() - began) / 1_000
    sys.stdout.write(f"{options.operations:,} operations, every one in balance, in {seconds:.0f} s: {counts}\n")
    return 0
