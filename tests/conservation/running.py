"""Long random runs of something whose books are followed: as a function for the suite, as a command for the night."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.conservation.accounts import Dice

__all__ = ["Followed", "balance_command", "operate_many"]

_PROGRESS = 20_000


class Followed(Protocol):
    """Something that operates at random, and raises when its books are out of balance."""

    @property
    def seen(self) -> Counter[str]:
        """How often what came about."""

    def operate(self) -> None:
        """Do one operation."""


def operate_many(
    operations: int,
    *,
    seed: int,
    opened: Callable[[Dice], Followed],
    each: int,
    told: Callable[[int], None] = lambda _done: None,
) -> Counter[str]:
    """Do so many operations, opening another one after `each`; return what came about, and tell how many are done."""
    dice, seen = Dice(seed), Counter[str]()
    for done in range(0, operations, each):
        followed = opened(dice)
        for _ in range(min(each, operations - done)):
            followed.operate()
        seen += followed.seen
        seen["opened"] += 1
        told(min(done + each, operations))
    return seen


def balance_command(name: str, opened: Callable[[Dice], Followed], *, each: int, clock: Clock | None = None) -> int:
    """Read the command line, operate, and print progress and the end."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
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

    seen = operate_many(options.operations, seed=options.seed, opened=opened, each=each, told=tell)
    counts = ", ".join(f"{count:,} {word}" for word, count in sorted(seen.items()))
    seconds = (clock.boottime_ms() - began) / 1_000
    sys.stdout.write(f"{options.operations:,} operations, every one in balance, in {seconds:.0f} s: {counts}\n")
    return 0
