"""What every store promises of its hints that a deployment's commands are worth a look."""

from collections.abc import AsyncIterator

import anyio
import pytest

from agentic_core.domain import CommandKind, DeploymentId
from agentic_core.ports.notices import CommandNotices, Hint, Listening, NoticeStore, Polling
from agentic_core.store.memory import MemoryStore
from agentic_core.system import SystemClock
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, uuid_of
from tests.support.unit_work import units_of

PORTS = ("agentic_core.ports.notices.CommandNotices", "agentic_core.ports.notices.NoticeStore")

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

SOON_S = 5.0
"""Far more than any hint may take."""


@pytest.fixture
async def notices(subject: StoreUnderTest) -> AsyncIterator[CommandNotices]:
    """Yield the hints for the deployment."""
    store: NoticeStore = units_of(subject)
    async with store.command_notices(DEPLOYMENT, SystemClock()) as opened:
        yield opened


async def test_notices_begin_with_a_hint_at_once(notices: CommandNotices) -> None:
    """Whatever was queued before anybody listened is found by reading."""
    with anyio.fail_after(SOON_S):
        assert await anext(aiter(notices)) is Hint.STARTED


async def test_notices_never_end_and_come_without_any_command(notices: CommandNotices) -> None:
    """Nobody relies on being told."""
    seen = []
    with anyio.fail_after(SOON_S):
        async for hint in notices:
            seen.append(hint)
            if len(seen) == 4:
                break
    assert seen == [Hint.STARTED, Hint.DUE, Hint.DUE, Hint.DUE]


async def test_notices_say_how_they_come(subject: StoreUnderTest, notices: CommandNotices) -> None:
    """A database tells; where nobody could tell anything, the table is looked at four times a second."""
    is_memory = isinstance(subject.store, MemoryStore)
    assert notices.delivery == (Polling(every_ms=250, why="the store is in memory") if is_memory else Listening())


async def test_command_is_in_the_table_at_the_hint_that_follows_it(
    subject: StoreUnderTest, notices: CommandNotices
) -> None:
    """Each time, in the order they were queued."""
    commands = subject.store.commands
    hints = aiter(notices)
    assert await anext(hints) is Hint.STARTED
    for number in range(1, 4):
        await commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
        with anyio.fail_after(SOON_S):
            assert await anext(hints) in {Hint.TOLD, Hint.DUE}
        assert [command.seq for command in await commands.pending(DEPLOYMENT)] == list(range(1, number + 1))


async def test_notices_whose_waiter_was_called_off_go_on(notices: CommandNotices) -> None:
    """Whoever waits may stop waiting, and ask again."""
    hints = aiter(notices)
    assert await anext(hints) is Hint.STARTED
    with anyio.move_on_after(0.05) as scope:
        await anext(hints)
    assert scope.cancelled_caught
    with anyio.fail_after(SOON_S):
        assert await anext(hints) is Hint.DUE


async def test_notices_of_an_unknown_deployment_are_as_patient_as_others(subject: StoreUnderTest) -> None:
    """Whether it exists is not theirs to know."""
    stranger = DeploymentId(uuid_of("stranger"))
    async with units_of(subject).command_notices(stranger, SystemClock()) as opened:
        assert await anext(aiter(opened)) is Hint.STARTED
