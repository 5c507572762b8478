"""The account's feed over minutes of trouble: what happened is told once, and whole means whole.

From each seed the owner trades by hand, rests orders and stops, cancels, moves money and changes leverage, and funding
is paid; meanwhile links slow down, break and fall silent, questions are refused, snapshots come again, frames come late
or never. Then all that was told has to be what the venue's own books have, to the last cent.
"""

from collections import Counter

import pytest

from agentic_core.domain.account_events import FillTold, LeverageTold, OrderTold, StreamTold, ToldStatus, TransferTold
from agentic_hl.stream import LinkChanged
from tests.support.followed_night import Bug, play_account

SEEDS = range(80)


@pytest.mark.parametrize("seed", SEEDS)
def test_account_feed_in_trouble_tells_everything_once_and_is_right_in_the_end(seed: int) -> None:
    """Executions, funding, money, orders, leverage and the account; never whole before what was missed was told."""
    assert play_account(seed).faults == []


def test_trouble_of_the_account_is_real() -> None:
    """Over the seeds, links are lost for every reason there is, and everything happens that can be told."""
    judges = [play_account(seed).judge for seed in SEEDS[:20]]
    reasons = {event.reason for judge in judges for event in judge.others if isinstance(event, LinkChanged)}
    assert reasons >= {"connected", "the link is cut", "no pong within 10000 ms", "the venue ended it: dropped"}
    kinds = Counter(type(event) for judge in judges for event in judge.events)
    assert kinds[FillTold] > 300
    assert kinds[StreamTold] > 100
    assert kinds[TransferTold] > 100
    assert kinds[LeverageTold] > 50
    statuses = {told.status for judge in judges for told in judge.of(OrderTold)}
    assert statuses >= {ToldStatus.OPEN, ToldStatus.FILLED, ToldStatus.CANCELED, ToldStatus.REJECTED}


def test_seed_of_an_account_plays_the_same_twice() -> None:
    """To the last event; another seed plays differently."""
    first, again, other = play_account(7), play_account(7), play_account(8)
    assert first.judge.events == again.judge.events
    assert first.world.trace.digest == again.world.trace.digest
    assert first.world.trace.digest != other.world.trace.digest


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        (Bug.DEAF, "called whole"),
        (Bug.BLIND, "rest no longer"),
        (Bug.FORGETFUL, "was told twice"),
    ],
)
def test_bug_planted_into_the_account_feed_is_noticed(bug: str, words: str) -> None:
    """Within a few seeds, for what it is."""
    found = [fault for seed in SEEDS[:5] for fault in play_account(seed, bug=bug).faults]
    assert any(words in fault for fault in found)
