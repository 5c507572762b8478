"""Let commands, halts and the loss of the lease cross each other at every step, and judge what comes of it."""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from agentic_core.system import SystemClock, install_decimal_traps
from tests.crossings.table import BEGINS, FIRST, told_of_all

__all__ = ["main"]


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    others: int
    seconds: int
    stride: int
    seed: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 where anything went wrong."""
    options = _parsed(arguments)
    install_decimal_traps()
    clock = SystemClock()
    ends_ms = clock.boottime_ms() + 1_000 * options.seconds
    stories = wrong = 0
    for begins in BEGINS:
        for first in FIRST:
            every = told_of_all(first, begins, others=options.others, stride=options.stride, seed=options.seed)
            for found in every:
                stories, wrong = stories + 1, wrong + bool(found)
                for fault in found:
                    _say(fault)
                if clock.boottime_ms() > ends_ms:
                    _say(f"{stories} stories, {wrong} of them wrong; the time was over in {first} of a {begins} one")
                    return 1 if wrong else 0
    _say(f"{stories} stories, {wrong} of them wrong; all there are")
    return 1 if wrong else 0


def _parsed(arguments: Sequence[str] | None) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m tests.crossings", description=__doc__)
    parser.add_argument("--others", type=int, default=2, help="how many other things happen at once (2)")
    parser.add_argument("--seconds", type=int, default=600, help="when to end at the latest (600)")
    parser.add_argument("--stride", type=int, default=1, help="play every so manieth story (1)")
    parser.add_argument("--seed", type=int, default=1, help="of the order in which tasks run, and of the stride (1)")
    return msgspec.convert(vars(parser.parse_args(arguments)), _Options)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
