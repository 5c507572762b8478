"""Everybody trades one account while streams lose words and reads lag: the ledger is the venue's books in the end.

Our orders, orders by hand and orders of another program execute; frames of every channel vanish, channels fall silent,
links are cut, reads are seconds old. The guard looks again and again: what it finds missing it books, and what it reads
never wins over what is newer, so that no position is ever called drifted.
"""

import pytest

from agentic_core.domain.trading import HaltReason
from agentic_core.logevents import LogEvent
from tests.support.guarded_night import play_guarded

SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_guarded_account_is_what_the_books_have_and_is_never_called_drifted(seed: int) -> None:
    """Each execution once, each order as it is, no contradiction, and no halt but for the other program."""
    assert play_guarded(seed).faults == []


def test_trouble_of_the_guard_is_real() -> None:
    """Over the seeds, executions go unheard, checks have to leave fields open, and the other program is noticed."""
    nights = [play_guarded(seed) for seed in SEEDS[:10]]
    assert sum(night.unheard for night in nights) > 20
    assert sum(night.undecided for night in nights) > 5
    assert sum(night.checks for night in nights) > 100
    assert any(HaltReason.SECOND_WRITER in night.place.reasons() for night in nights)
    said = {line.event for night in nights for line in night.place.said}
    assert said >= {LogEvent.STREAM_LOST, LogEvent.STREAM_RESTORED, LogEvent.EXTERNAL_FILL, LogEvent.RECONCILED}
