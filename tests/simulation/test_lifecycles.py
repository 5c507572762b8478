"""Ten thousand orders from their writing down to their last fill, in stories full of trouble, judged by the venue.

From each seed, two hands open, add, close and take to flat on three markets, with the shipped parts between them and
the venue and the database. Requests are lost, delayed, repeated and answered with errors though they were carried out;
streams fall silent and break; reads lag; the venue halts and reopens; the owner trades and cancels by hand; processes
die at any step and overlap. The database fails before and after it wrote, goes away, takes the lease back, and comes
back from a backup; disks report errors and are torn. Every story ends at flat.
"""

from collections import Counter
from pathlib import Path

import pytest

from agentic_core.logevents import LogEvent
from tests.lifecycles.command import main
from tests.lifecycles.planted import PLANTED
from tests.lifecycles.planted_copies import PLANTED_COPIES
from tests.lifecycles.planted_stores import PLANTED_STORES
from tests.lifecycles.plants import Plant
from tests.lifecycles.playing import play
from tests.lifecycles.store_trouble import STORE_KINDS
from tests.lifecycles.trouble import KINDS

STORIES = range(1, 265)
PIECES = 12
LIFECYCLES = 10_000
"""Of all pieces together; each has to have its share."""

MISTAKES = (*PLANTED, *PLANTED_STORES, *PLANTED_COPIES)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "simulation.md"
SEEDS_UNTIL_CAUGHT = 12
TURNS = 40


def _lived(piece: int) -> tuple[Counter[str], Counter[LogEvent]]:
    counts, said, faults, lifecycles = Counter[str](), Counter[LogEvent](), {}, 0
    for seed in STORIES[piece::PIECES]:
        played = play(seed)
        counts += played.scene.counts
        said.update(line.event for line in played.scene.said)
        faults[seed] = played.verdict.faults
        lifecycles += played.verdict.lifecycles
    assert {seed: found for seed, found in faults.items() if found} == {}
    assert lifecycles >= LIFECYCLES // PIECES
    return counts, said


@pytest.mark.parametrize("piece", range(1, PIECES))
def test_orders_in_trouble_end_in_time_and_the_ledger_is_the_books(piece: int) -> None:
    """Nothing that executed is called dead, is booked twice or not at all, or has no record; nothing stays bare."""
    assert _lived(piece)[0]["crashes"] > 0


@pytest.mark.parametrize("plant", MISTAKES, ids=lambda plant: type(plant.bug).__name__)
def test_planted_mistake_is_caught(plant: Plant) -> None:
    """Within a few seeds, for what it is; without the mistake the same stories end well."""
    for seed in range(SEEDS_UNTIL_CAUGHT):
        faults = play(seed, kinds=plant.kinds, turns=TURNS, bug=plant.bug).verdict.faults
        if any(plant.words in fault for fault in faults):
            assert play(seed, kinds=plant.kinds, turns=TURNS).verdict.faults == ()
            return
    pytest.fail(f"{type(plant.bug).__name__} did its work for {SEEDS_UNTIL_CAUGHT} seeds and nobody noticed")


def test_trouble_is_real_and_the_first_piece_ends_as_the_others_do() -> None:
    """Every kind comes about, and so does everything that it is meant to bring about."""
    counts, said = _lived(0)
    assert counts["crashes"] > 8
    assert counts["overlaps"] > 4
    assert counts["opens unresolved"] > 8
    assert counts["opens denied R3_UNRESOLVED_ORDER"] > 5
    assert counts["orders by hand"] > 8
    assert {kind for kind in KINDS if counts[f"trouble {kind}"]} >= {"commits", "frames", "silence", "lag", "post_only"}
    assert {kind for kind in STORE_KINDS if counts[f"trouble {kind}"]} == {*STORE_KINDS}
    assert min(counts[f"ended by {error}"] for error in ("StoreUnavailable", "JournalBroken", "DatabaseRestored")) > 4
    assert min(counts[what] for what in ("units stored", "units given up", "leases not given")) > 4
    expected = {
        *(LogEvent.ORDER_UNRESOLVED, LogEvent.ORDER_REJECTED, LogEvent.ORDER_CANCELLED, LogEvent.EXTERNAL_FILL),
        *(LogEvent.STOP_PLACED, LogEvent.STOP_CANCELLED, LogEvent.POSITION_NAKED, LogEvent.FLATTENED),
        *(LogEvent.STREAM_LOST, LogEvent.STREAM_RESTORED, LogEvent.RECONCILED, LogEvent.JOURNAL_RECOVERED),
    }
    assert set(said) >= expected


def test_reference_page_names_every_kind_of_trouble_and_counts_the_mistakes() -> None:
    """Nobody has to read the code to know what was tried."""
    page = PAGE.read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert f"out of {len(KINDS)} kinds" in page
    assert f"{len(MISTAKES)} planted mistakes" in page


def test_story_plays_the_same_twice() -> None:
    """To the last event; another seed plays differently."""
    first, again, other = (play(seed).scene.world.trace.digest for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_lifecycles_command_counts_what_it_plays(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes on until so many came about, of one kind of trouble if asked, and says what happened."""
    assert main(["--count", "20", "--seed", "3", "--only", "loss"]) == 0
    told = capsys.readouterr().out
    assert "lifecycles and" in told
    assert "trouble weather" in told
    assert "trouble commits" not in told
