"""What both stores promise about the books of paper accounts."""

import pytest

from agentic_core.domain import AccountKey, Fence, Instant
from agentic_core.errors import Fenced, UsageError
from agentic_core.ports.paper_books import PaperRecord
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, PAPER

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.paper_books.PaperBooks",)

BOOKS = PaperRecord(account=PAPER, as_of=AT, state='{"resting": []}')


async def test_books_come_back_as_written_and_the_newest_replace_the_others(subject: StoreUnderTest) -> None:
    """One record for each account, milliseconds included."""
    books = subject.store.paper
    assert await books.read(PAPER) is None
    await books.write(subject.fence, BOOKS)
    assert await books.read(PAPER) == BOOKS
    later = PaperRecord(account=PAPER, as_of=Instant(AT + 1), state='{"resting": ["0xab"]}')
    await books.write(subject.fence, later)
    assert await books.read(PAPER) == later


async def test_books_of_a_lost_lease_are_refused(subject: StoreUnderTest) -> None:
    """What another runner wrote stays."""
    await subject.store.paper.write(subject.fence, BOOKS)
    stale = Fence(account=PAPER, epoch=subject.fence.epoch - 1)
    with pytest.raises(Fenced):
        await subject.store.paper.write(stale, PaperRecord(account=PAPER, as_of=AT, state="{}"))
    assert await subject.store.paper.read(PAPER) == BOOKS


async def test_books_of_another_account_are_refused(subject: StoreUnderTest) -> None:
    """A lease covers its account only."""
    other = PaperRecord(account=AccountKey("paper:other"), as_of=AT, state="{}")
    with pytest.raises(UsageError, match="the books of 'paper:other'"):
        await subject.store.paper.write(subject.fence, other)
