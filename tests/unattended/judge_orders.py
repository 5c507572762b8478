"""Whether no order was doubled or lost, and the ledger is what the venue's books say, to the last digit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from agentic_core.domain import Fill, IntentKind, IntentState
from tests.lifecycles.venue_books import Row
from tests.lifecycles.written import Line
from tests.unattended.scene import Scene

__all__ = ["faults_of_orders"]

_NOTHING_DONE = frozenset({IntentState.REJECTED, IntentState.DEAD})


def faults_of_orders(scene: Scene, fills: Iterable[Fill], lines: Iterable[Line]) -> Iterator[str]:
    """Compare the venue's books with the ledger and with what was written down of every order."""
    yield from _ledger(scene, fills)
    kinds, states = dict[str, str](), dict[str, str]()
    for line in lines:
        if "cloid" in line.body and "state" in line.body:
            cloid = str(line.body["cloid"])
            kinds.setdefault(cloid, str(line.body.get("kind", "")))
            states[cloid] = str(line.body["state"])
    yield from _orders(scene, kinds, states)


def _ledger(scene: Scene, fills: Iterable[Fill]) -> Iterator[str]:
    ours = Counter(_row(fill) for fill in fills)
    theirs = Counter(scene.books.row(fill) for fill in scene.books.fills)
    yield from (f"the venue executed {row}, which is not in the ledger" for row in theirs - ours)
    yield from (f"the ledger holds {row}, which the venue never executed" for row in ours - theirs)


def _row(fill: Fill) -> Row:
    return (str(fill.symbol), fill.cloid, fill.side, fill.size, fill.price, fill.fee, fill.time)


def _orders(scene: Scene, kinds: Mapping[str, str], states: Mapping[str, str]) -> Iterator[str]:
    for cloid, numbers in scene.books.taken.items():
        most = 2 if kinds.get(cloid) == IntentKind.STOP else 1
        if len(numbers) > most:
            yield f"{cloid} is {len(numbers)} orders at the venue"
        if cloid not in states:
            yield f"the venue took {cloid}, of which nothing was written down"
        elif scene.books.executed(cloid) and states[cloid] in _NOTHING_DONE:
            yield f"{cloid} was called {states[cloid]}, and {scene.books.executed(cloid)} of it executed"
