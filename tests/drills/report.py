"""The figures of a drill."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tests.drills.cycles import Played
from tests.drills.doors import Asked
from tests.drills.judging import OrderRow

__all__ = ["Figures", "figures_of", "lines_of"]

_SURELY_LEFT = frozenset({"sent", "unknown"})


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted and measured; times in the drill's milliseconds."""

    cycles: int
    orders: int
    """That reached the venue: opens and closes, without stops."""
    stops: int
    with_order: int
    """Cycles whose own runner got an order to the venue."""
    unresolved: int
    """Kills that left the fate of an order or a stop open."""
    sent: int
    """Of them, those where it had begun to be sent."""
    while_booting: int
    faults_made: int
    takeovers_ms: tuple[int, ...]
    """Kill to ready, sorted."""
    settled_ms: tuple[int, ...]
    """Of each order left open: from the takeover to its end, sorted; 0 where its end was known before."""
    settled_since_kill_ms: tuple[int, ...]


def figures_of(played: Played, requests: Sequence[Asked], rows: Mapping[str, OrderRow]) -> Figures:
    """Count and measure."""
    kinds = {name: rows[name].kind for each in requests for name in each.names if name in rows}
    doors = {each.door for each in requests for name in each.names if kinds.get(name) == "order"}
    counted = Counter(kinds.values())
    since_lease, since_kill = [], []
    for cycle in played.cycles:
        taken_at = min((at for at in played.leases_at if at > cycle.killed_at), default=cycle.killed_at)
        for name in cycle.unresolved:
            settled_at = rows[name].settled_at
            if settled_at is not None:
                since_lease.append(max(0, settled_at - taken_at))
                since_kill.append(settled_at - cycle.killed_at)
    return Figures(
        cycles=len(played.cycles),
        orders=counted["order"],
        stops=counted["stop"],
        with_order=sum(cycle.name in doors for cycle in played.cycles),
        unresolved=sum(bool(cycle.unresolved) for cycle in played.cycles),
        sent=sum(not _SURELY_LEFT.isdisjoint(cycle.unresolved.values()) for cycle in played.cycles),
        while_booting=sum(cycle.cut.while_booting for cycle in played.cycles),
        faults_made=sum(cycle.cut.fault is not None for cycle in played.cycles if not cycle.cut.while_booting),
        takeovers_ms=tuple(sorted(played.takeovers_ms)),
        settled_ms=tuple(sorted(since_lease)),
        settled_since_kill_ms=tuple(sorted(since_kill)),
    )


def lines_of(figures: Figures) -> Iterator[str]:
    """Tell them in words."""
    yield f"{figures.cycles} runners killed, {figures.while_booting} of them while booting"
    yield f"the venue mistreated an order in {figures.faults_made} of their lives"
    yield f"{figures.orders} orders and {figures.stops} stops reached the venue"
    yield f"{figures.with_order} of the killed had got an order there"
    yield f"{figures.unresolved} kills left the fate of an order or a stop open"
    yield f"{figures.sent} of them after it had begun to be sent"
    yield f"kill to ready: {_spread(figures.takeovers_ms)}"
    yield f"takeover to the end of an order left open: {_spread(figures.settled_ms)}"
    yield f"kill to the end of an order left open: {_spread(figures.settled_since_kill_ms)}"


def _spread(values: Sequence[int]) -> str:
    if not values:
        return "none"
    return f"p50 {values[len(values) // 2]:,} ms, most {values[-1]:,} ms, of {len(values)}"
