"""A deployment whose chat model decides, in trouble: the shipped runner, judged by the provider's log and the database.

The provider lives in the world of the story and speaks over the wire; it is slow, silent, broken, foolish and dear, and
what it costs is untold, wrong or told late, while everything else goes wrong as well. What is played at length is
played by `python -m tests.unattended --chat`.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.unattended.chat.oracle import CHAT_KINDS
from tests.unattended.chat.planted import PLANTED_CHAT
from tests.unattended.command import main
from tests.unattended.plants import Plant
from tests.unattended.playing import play
from tests.unattended.trouble import KINDS

STORIES = range(1, 5)
MINUTES = 4
QUICK = 3
"""Minutes in which a planted mistake has to show."""

SEEDS_UNTIL_CAUGHT = 2
QUICKEST = frozenset({"ReservedAfterwards", "BrokenOffReleased", "UnusableIsHold", "SameCallAgain", "TapedLater"})
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "simulation.md"


def test_chat_model_in_trouble_costs_what_was_held_and_does_what_was_allowed() -> None:
    """Nothing asked unpaid or twice, nothing unusable taken for a wish, nothing late, and every cost is there."""
    played = [play(seed, kinds=(*KINDS, *CHAT_KINDS), minutes=MINUTES) for seed in STORIES]
    assert {each.seed: each.verdict.faults for each in played if each.verdict.faults} == {}
    plans = Counter[str]()
    for each in played:
        assert each.scene.chat is not None
        plans.update(arrival.served.plan for arrival in each.scene.chat.provider.arrivals)
    assert plans["answer"] > len(STORIES)
    assert plans.total() > plans["answer"]


@pytest.mark.parametrize(
    "plant",
    [plant for plant in PLANTED_CHAT if type(plant.mistake).__name__ in QUICKEST],
    ids=lambda plant: type(plant.mistake).__name__,
)
def test_planted_mistake_with_a_chat_model_is_caught(plant: Plant) -> None:
    """Within a few seeds, for what it is; all of them are looked for by `python -m tests.unattended --mistakes`."""
    for seed in range(1, SEEDS_UNTIL_CAUGHT + 1):
        faults = play(seed, kinds=plant.kinds, minutes=QUICK, mistake=plant.mistake).verdict.faults
        if any(plant.words in fault for fault in faults):
            return
    pytest.fail(f"{type(plant.mistake).__name__} did its work for {SEEDS_UNTIL_CAUGHT} seeds and nobody noticed")


def test_chat_story_plays_the_same_twice() -> None:
    """To the last byte that reached the provider."""
    first, again = (play(5, kinds=("garble", "costs"), minutes=1).scene for _ in range(2))
    assert first.world.trace.digest == again.world.trace.digest
    assert first.chat is not None
    assert again.chat is not None
    assert [(one.at, one.body, one.served) for one in first.chat.provider.arrivals] == [
        (one.at, one.body, one.served) for one in again.chat.provider.arrivals
    ]


def test_unattended_command_lets_a_chat_model_decide(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--chat`, whatever kinds are asked for, it says how often somebody was asked and what came of it."""
    assert main(["--chat", "--count", "1", "--seed", "2", "--only", "prices", "--minutes", "1"]) == 0
    told = capsys.readouterr().out
    assert "trouble prices" in told
    assert "answer: answer" in told


def test_reference_page_names_every_trouble_of_a_chat_model_and_counts_its_mistakes() -> None:
    """Nobody has to read the code to know what was tried."""
    page = PAGE.read_text()
    assert [kind for kind in CHAT_KINDS if f"`{kind}`" not in page] == []
    assert f"{len(CHAT_KINDS)} more kinds of trouble" in page
    assert f"{len(PLANTED_CHAT)} planted mistakes with a chat model" in page
