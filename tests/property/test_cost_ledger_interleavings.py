"""10,000 interleavings of calls, crashes, cancels and unknown prices: no cap is ever passed, to the microcent."""

from hypothesis import given

from agentic_core.domain import Fence, Instant, parse_instant
from agentic_core.store.memory import MemoryStore
from tests.costs.playing import Ground, play
from tests.costs.script import BYTES, Script, script
from tests.support.both_ledgers import sync
from tests.support.dice import rolls
from tests.support.examples import thorough
from tests.support.stored_values import DEPLOYMENT, PAPER

BEGINS = parse_instant("2022-01-27T12:00:00Z")
"""A few days before a month ends."""


@thorough
@given(rolls(script, BYTES))
def test_costs_settled_and_held_never_pass_a_cap_in_any_interleaving(rolled: Script) -> None:
    """At every step, added up call by call; what fits a position is granted, and what has no bound never."""
    store = MemoryStore(lambda: Instant(0))
    lease = sync(store.leases.acquire(PAPER, "runner-1", 1_000))
    assert lease is not None
    fence = Fence(account=PAPER, epoch=lease.epoch)
    sync(play(Ground(store=store, fence=fence, deployment=DEPLOYMENT, begins=BEGINS, name="one"), rolled))
