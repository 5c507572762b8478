"""Make random actions with the official SDK and with us, and compare what is packed, hashed, signed and sent."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping

from agentic_core.ports.clock import Clock
from agentic_core.system import SystemClock, install_decimal_traps
from tests.differential.account_cases import ACCOUNT_CASES
from tests.differential.cases import Draw
from tests.differential.comparing import Differs, compare, drawn_terms
from tests.differential.draws import Draws
from tests.differential.foreign_cases import FOREIGN_CASES
from tests.differential.multi_sig_cases import compare_multi_sig
from tests.differential.order_cases import ORDER_CASES
from tests.differential.owner_cases import OWNER_CASES

__all__ = ["KINDS", "main", "run"]

KINDS: Mapping[str, Draw] = {**ORDER_CASES, **ACCOUNT_CASES, **OWNER_CASES, **FOREIGN_CASES}
"""Every action of one key, by name."""

_MULTI_SIG = "multiSig"
_PROGRESS = 5_000


def run(actions: int, *, seed: int, told: Callable[[int], None] = lambda _done: None) -> Counter[str]:
    """Compare so many actions, each on both networks, and return how many there were of each kind.

    Raises:
        Differs: we do not make of an action what the SDK makes of it.
    """
    draws, seen = Draws(seed), Counter[str]()
    names = [*KINDS, *(8 * ["order"]), _MULTI_SIG]
    for done in range(1, actions + 1):
        kind = draws.of(names)
        if kind == _MULTI_SIG:
            compare_multi_sig(draws)
        else:
            compare(kind, KINDS[kind](draws), drawn_terms(draws))
        seen[kind] += 1
        told(done)
    return seen


def main(clock: Clock | None = None) -> int:
    """Read the command line, compare, and print progress and the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--actions", type=int, default=100_000, help="how many actions (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="where the dice begin (1)")
    options = parser.parse_args()
    install_decimal_traps()
    clock = clock or SystemClock()
    began = clock.boottime_ms()

    def tell(done: int) -> None:
        if done % _PROGRESS == 0:
            sys.stdout.write(f"{done:>10,} actions identical, {(clock.boottime_ms() - began) / 1_000:.0f} s\n")
            sys.stdout.flush()

    try:
        seen = run(options.actions, seed=options.seed, told=tell)
    except Differs as exc:
        sys.stdout.write(f"{exc}\n")
        return 1
    seconds = (clock.boottime_ms() - began) / 1_000
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(seen.items()))
    sys.stdout.write(
        f"{options.actions:,} actions identical to the official SDK's on both networks in {seconds:.0f} s: {counts}\n"
    )
    return 0
