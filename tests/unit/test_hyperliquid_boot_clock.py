"""How the venue's clock is read before a start: the quickest of a few questions counts."""

import pytest

from agentic_core.domain import Instant
from agentic_hl.broker import BootFacts, BootReader, ClockReading, LeverageWanted, boot_findings
from tests.support.clocks import VirtualClock
from tests.support.hyperliquid_desk import OWNER, WALLET, HyperliquidDesk
from tests.support.markets import AT, BTC

pytestmark = pytest.mark.anyio


class ReadAt(VirtualClock):
    """A clock that reads what is given, one after the other, and then stands still."""

    def __init__(self, *readings: int) -> None:
        super().__init__()
        self._readings = list(readings)

    def now(self) -> Instant:
        """Return the next reading, in ms from the venue's time."""
        return Instant(AT + (self._readings.pop(0) if self._readings else 0))


async def facts_read(*readings: int) -> BootFacts:
    """Return what is read by our clock's readings, two for each question about the venue's."""
    desk = HyperliquidDesk()
    reader = BootReader(desk.access.rest, desk.access.metas, ReadAt(*readings))
    return await reader.read(OWNER.address, WALLET.address, {BTC: LeverageWanted(value=10)})


def reading(asked: int, answered: int) -> ClockReading:
    """Return a reading of the venue's clock, in ms from its own time."""
    return ClockReading(venue_time=AT, asked_at=Instant(AT + asked), answered_at=Instant(AT + answered))


async def test_boot_clock_is_asked_again_where_the_question_had_to_wait() -> None:
    """A wait for weight of four seconds is no clock that is off."""
    facts = await facts_read(-4_000, 0, 0, 40)
    assert facts.clock == reading(0, 40)
    assert boot_findings(facts) == ()


async def test_boot_clock_that_answers_at_once_is_asked_once() -> None:
    """A second reading is not needed, however good it might be."""
    assert (await facts_read(-300, 0, 0, 1)).clock == reading(-300, 0)


async def test_boot_clock_that_is_always_slow_tells_the_best_it_has_and_refuses() -> None:
    """Three questions are enough to know that the way is slow."""
    facts = await facts_read(-9_000, 0, -3_000, 0, -5_000, 0, 0, 1)
    assert facts.clock == reading(-3_000, 0)
    assert [finding.check.value for finding in boot_findings(facts)] == ["clock"]


async def test_boot_clock_set_back_during_a_question_is_no_quick_answer() -> None:
    """It would look as if the answer came before the question."""
    assert (await facts_read(5_000, 0, 0, 60)).clock == reading(0, 60)
