"""A deployment that nobody watches, in trouble: the shipped runner, judged by the venue, the database and the wire.

Each seed kills, freezes, suspends and doubles processes, steps clocks, takes the database and the venue away, loses
hints and answers, and lets people order everything at any moment; then all is well, and somebody trades again until a
human ends it. What is played at length is played by `python -m tests.unattended`.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.unattended.command import main
from tests.unattended.planted import PLANTED
from tests.unattended.plants import Plant
from tests.unattended.playing import play
from tests.unattended.trouble import KINDS

STORIES = range(1, 4)
MINUTES = 7
QUICK = 5
"""Minutes in which a planted mistake has to show."""

SEEDS_UNTIL_CAUGHT = 3
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "simulation.md"


def test_deployment_in_trouble_keeps_its_word() -> None:
    """Nothing doubled, lost, late or untrue, and in the end it is as the last human wanted it."""
    played = [play(seed, minutes=MINUTES) for seed in STORIES]
    assert {each.seed: each.verdict.faults for each in played if each.verdict.faults} == {}
    counts = sum((each.scene.counts for each in played), start=Counter[str]())
    assert sum(each.verdict.opens for each in played) > len(STORIES)
    assert counts["killed"] > len(STORIES)
    assert {kind for kind in KINDS if counts[f"trouble {kind}"]} >= {"kills", "freezes", "outages", "streams"}


@pytest.mark.parametrize("plant", PLANTED[::4], ids=lambda plant: type(plant.mistake).__name__)
def test_planted_mistake_of_the_runtime_is_caught(plant: Plant) -> None:
    """Within a few seeds, for what it is; all of them are looked for by `python -m tests.unattended --mistakes`."""
    for seed in range(1, SEEDS_UNTIL_CAUGHT + 1):
        faults = play(seed, kinds=plant.kinds, minutes=QUICK, mistake=plant.mistake).verdict.faults
        if any(plant.words in fault for fault in faults):
            return
    pytest.fail(f"{type(plant.mistake).__name__} did its work for {SEEDS_UNTIL_CAUGHT} seeds and nobody noticed")


def test_unattended_story_plays_the_same_twice() -> None:
    """To the last event; another seed plays differently."""
    kinds = ("kills", "outages", "commands")
    first, again, other = (play(seed, kinds=kinds, minutes=2).scene.world.trace.digest for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_unattended_command_counts_what_it_plays(capsys: pytest.CaptureFixture[str]) -> None:
    """It plays as many as it is asked to, with one kind of trouble if asked, and says what happened."""
    assert main(["--count", "1", "--seed", "3", "--only", "hints", "--minutes", "2"]) == 0
    told = capsys.readouterr().out
    assert "1 stories of" in told
    assert "trouble hints" in told
    assert "trouble kills" not in told


def test_reference_page_names_every_kind_of_trouble_and_counts_the_mistakes_of_the_runtime() -> None:
    """Nobody has to read the code to know what was tried."""
    page = PAGE.read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert f"{len(KINDS)} kinds of trouble" in page
    assert f"{len(PLANTED)} planted mistakes of the runtime" in page
