"""Operate paper accounts at random for as long as asked, and say how much of everything came about."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.conservation.accounts import Dice, FollowedAccount

__all__ = ["main", "operate"]

ACCOUNT_OPERATIONS = 500
"""Operations of one account, after which another is opened."""

_PROGRESS = 50_000


def operate(operations: int, *, seed: int, told: Callable[[int], None] = lambda _done: None) -> Counter[str]:
    """Do so many operations on one account after another and return what came about; `told` hears how many are done.

    Raises:
        OutOfBalance: an account lost or made money.
    """
    dice, seen = Dice(seed), Counter[str]()
    for done in range(0, operations, ACCOUNT_OPERATIONS):
        account = FollowedAccount(dice)
        for _ in range(min(ACCOUNT_OPERATIONS, operations - done)):
            account.operate()
        seen += account.seen
        seen["accounts"] += 1
        told(min(done + ACCOUNT_OPERATIONS, operations))
    return seen


def main(clock: Clock | None = None) -> int:
    """Read the command line, operate, and print progress and the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.conservation", description=__doc__)
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
