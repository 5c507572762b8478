"""The pre-trade check beside nautilus_trader's: our whole risk engine against its RiskEngine, in one run.

    uv pip install --group bench
    python -m tests.bench.pretrade [--rounds 9] [--batches 15] [--checks 500]

Both sides look at an account with positions in two symbols, at fresh prices, and at different orders each time; every
batch counts what passed. Processor time is compared, so that others on the machine matter less. Ours is the
shipped engine on the account as a turn sees it (frozen at the mark) and the live market view, every rule on, each
verdict with its numbers. The text is what a model writes for a skill without a stop of its own. Theirs is set up
twice, because it makes all its checks only for a cash account: for the margin account that a perpetual has, it leaves
out everything about notional and balance. The bars are set against all its checks; the ratio to the other set-up
stands beside it.

Exit code 0: both bars are met, 1: one is not, 2: the peer is not installed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from agentic_core.domain import Approved, Denied, ProposedAction
from agentic_core.risk import RULES, process
from tests.bench.nautilus_peer import VERSION, Peer, Venue, peer_version
from tests.bench.paired import Pair, Timing, judged, machine, timed_in_turn
from tests.support.pretrade_scenes import (
    USUAL_LIMITS,
    MovingScene,
    Scene,
    moving_scene,
    proposal,
    proposal_json,
    protective_stops,
    scene,
)

CHECK_BAR, TEXT_BAR = 1.5, 8.0
_TOO_MANY_UNITS = 3
INSTALL = "uv pip install --group bench"
_ASKED_ELSEWHERE = frozenset(
    {"R1_CLOSE_HAS_SIDE", "R3_STATE_MOVED", "R3_OFF_LEASH", "R4_NO_ACCOUNT", "R4_TOO_LATE", "R6_LEVERAGE_CHANGE"}
)
"""Rules of a close, or of the gate before the broker: no part of the check that is timed."""


PAIRS = (
    Pair("one order, its objects ready", "check: ours", "check: all its checks", CHECK_BAR),
    Pair("a proposal as text", "text: ours", "text: all its checks", TEXT_BAR),
    Pair("a proposal as text, with a stop and a limit price", "text: ours, stop and limit", "text: all its checks"),
    Pair("one order, against its margin account", "check: ours", "check: its margin account"),
    Pair("a proposal as text, against its margin account", "text: ours", "text: its margin account"),
    Pair("one order, ours with two resting stops", "check: ours, two stops rest", "check: all its checks"),
    Pair("one order, ours at a new mark each time", "check: ours, a new mark each", "check: all its checks"),
    Pair("an order that is denied", "denied: ours", "denied: all its checks"),
)


def asked(at: Scene, actions: Sequence[ProposedAction], answer: type[Approved | Denied]) -> Callable[[], float]:
    """Return a batch: ask our engine about ready proposals, which all get the same kind of answer."""
    account, market, limits, state = at.account.freeze(), at.market, at.limits, at.state

    def batch() -> float:
        verdicts: list[object] = []
        keep = verdicts.append
        began = time.thread_time()
        for action in actions:
            keep(process(action, account, market, limits, state))
        return _per_check(time.thread_time() - began, verdicts, len(actions), answer)

    return batch


def asked_in_text(at: Scene, texts: Sequence[bytes]) -> Callable[[], float]:
    """Return a batch: read proposals as a chat model writes them, and ask our engine."""
    account, market, limits, state = at.account.freeze(), at.market, at.limits, at.state
    decode = msgspec.json.Decoder(ProposedAction).decode

    def batch() -> float:
        verdicts: list[object] = []
        keep = verdicts.append
        began = time.thread_time()
        for text in texts:
            keep(process(decode(text), account, market, limits, state))
        return _per_check(time.thread_time() - began, verdicts, len(texts), Approved)

    return batch


def asked_on_the_move(at: MovingScene, actions: Sequence[ProposedAction]) -> Callable[[], float]:
    """Return a batch: move to the next mark before every check, as a backtest does; the move is timed too."""
    account, market, limits, state = at.account, at.market, at.limits, at.state

    def batch() -> float:
        verdicts: list[object] = []
        keep = verdicts.append
        began = time.thread_time()
        for index, action in enumerate(actions):
            at.move(index)
            keep(process(action, account, market, limits, state))
        return _per_check(time.thread_time() - began, verdicts, len(actions), Approved)

    return batch


def subjects(checks: int) -> dict[str, Callable[[], float]]:
    """Set both sides up.

    Raises:
        ModuleNotFoundError: the peer is not installed.
    """
    spot, perpetual = Peer(Venue.SPOT, orders=checks), Peer(Venue.PERPETUAL, orders=checks)
    still, guarded = scene(), scene()
    usual = msgspec.structs.replace(still, limits=USUAL_LIMITS)
    guarded.account.open_intents = protective_stops()
    actions = [proposal(number) for number in range(checks)]
    texts = [proposal_json(number) for number in range(checks)]
    large = [proposal(number, whole=_TOO_MANY_UNITS) for number in range(checks)]
    return {
        "check: ours": asked(still, actions, Approved),
        "check: all its checks": spot.check,
        "check: its margin account": perpetual.check,
        "check: ours, two stops rest": asked(guarded, actions, Approved),
        "check: ours, a new mark each": asked_on_the_move(moving_scene(checks), actions),
        "denied: ours": asked(still, large, Denied),
        "denied: all its checks": spot.deny,
        "text: ours": asked_in_text(usual, [proposal_json(number, limit="") for number in range(checks)]),
        "text: ours, stop and limit": asked_in_text(still, texts),
        "text: all its checks": spot.propose,
        "text: its margin account": perpetual.propose,
    }


def report(timings: dict[str, Timing], console: Console) -> bool:
    """Print what was measured, and tell whether every bar is met."""
    table = Table(title="microseconds of processor time per check")
    for heading in ("subject", "least", "median", "rounds from", "to"):
        table.add_column(heading, justify="left" if heading == "subject" else "right")
    for name, timing in timings.items():
        row = (timing.least, timing.median, min(timing.rounds), max(timing.rounds))
        table.add_row(name, *(f"{one:.2f}" for one in row))
    console.print(table)
    return judged(PAIRS, timings, console)


def describe(console: Console) -> None:
    """Say what is compared, and which rules each side evaluates.

    Raises:
        ModuleNotFoundError: the peer is not installed.
    """
    found = peer_version()
    console.print(machine())
    ours = [rule.id for rule in RULES if rule.id not in _ASKED_ELSEWHERE]
    console.print(f"ours, every rule of an open: {len(ours)}, in exact decimals: {', '.join(ours)}")
    console.print(f"nautilus_trader {found}" + ("" if found == VERSION else f" (the bars are meant for {VERSION})"))
    for title, venue in (("all its checks (cash account)", Venue.SPOT), ("its margin account", Venue.PERPETUAL)):
        console.print(f"{title}: {len(venue.checks)}: {', '.join(venue.checks)}")


def _per_check(took: float, verdicts: Sequence[object], expected: int, answer: type[object]) -> float:
    found = sum(isinstance(verdict, answer) for verdict in verdicts)
    if found != expected:
        message = f"{found} of {expected} verdicts were {answer.__name__}, the first is {verdicts[0]}"
        raise AssertionError(message)
    return took / expected * 1e6


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=15)
    parser.add_argument("--checks", type=int, default=500)
    options = parser.parse_args()
    console = Console(width=120)
    try:
        describe(console)
        timings = timed_in_turn(subjects(options.checks), rounds=options.rounds, batches=options.batches)
    except ModuleNotFoundError as missing:
        console.print(f"{missing.name} is not installed, so there is nothing to compare with: {INSTALL}")
        return 2
    return 0 if report(timings, console) else 1


if __name__ == "__main__":
    sys.exit(main())
