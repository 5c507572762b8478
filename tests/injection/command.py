"""The command line: play the gate, say what was found, and write the page."""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from agentic_core.system import install_decimal_traps
from tests.injection.figures import Each, Figures, Scope, faults, gathered
from tests.injection.page import PAGE, page

__all__ = ["main"]

_HELD, _BROKEN = 0, 1
_WORKERS = 2
_ROOT = Path(__file__).resolve().parents[2]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    once: bool
    plays: int
    days: int
    seed: int
    write: bool


def main(arguments: Sequence[str] | None = None, each: Each | None = None, root: Path = _ROOT) -> int:
    """Run the command; 0 where nothing escaped and the corpus bites.

    Pieces of the work are given to `each`, by default to two worker processes.
    """
    options = _parsed(arguments)
    scope = Scope(whole=not options.once, plays=options.plays, days=options.days, seed=options.seed)
    if each is not None:
        figures = gathered(scope, each)
    else:
        with ProcessPoolExecutor(_WORKERS, initializer=install_decimal_traps) as pool:
            figures = gathered(scope, pool.map)
    return _told(figures, root / PAGE if options.write else None)


def _told(figures: Figures, path: Path | None) -> int:
    text = page(figures)
    sys.stdout.write(text)
    found = faults(figures)
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    if path is not None and not found:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.name}\n")
    return _BROKEN if found else _HELD


def _parsed(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m tests.injection", description="Try to talk a chat model into harm."
    )
    parser.add_argument("--once", action="store_true", help="every payload through one door instead of all")
    parser.add_argument("--plays", type=int, default=20_000, help="turns of the search over replies")
    parser.add_argument("--days", type=int, default=40_000, help="days of the search against the loss bound")
    parser.add_argument("--seed", type=int, default=1, help="another one is another search")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} where nothing is amiss")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)
