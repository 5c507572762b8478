"""The command of the injection gate: what it tells, when it fails, and the page it writes."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import pytest

from tests.injection.command import main
from tests.injection.corpus import CHANNELS, PAYLOADS, READERS
from tests.injection.figures import Done, Figures, Scope, Work, faults, gathered
from tests.injection.page import PAGE, page

_ROOT = Path(__file__).resolve().parents[2]
_LESS = 200
_MEASURES = ("search", "live")


def few(work: Callable[[Work], Done], works: Sequence[Work]) -> Iterable[Done]:
    """Do a small part of each piece."""
    for kind, number, amount in works:
        yield work((kind, number, amount // _LESS if kind in _MEASURES else amount * _LESS))


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Measure a little of everything."""
    return gathered(Scope(pieces=4, plays=4_000, days=260_000), few)


def test_gate_finds_nothing_amiss(figures: Figures) -> None:
    """No fault is told where everything holds."""
    assert faults(figures) == []


def test_gate_tells_an_escape_by_its_name(figures: Figures) -> None:
    """The attack and what it did are in the sentence."""
    tally = msgspec.structs.replace(figures.tally, escapes=("memory:tell/plain: canary leaked",))
    assert faults(msgspec.structs.replace(figures, tally=tally)) == ["escape: memory:tell/plain: canary leaked"]


def test_gate_tells_a_corpus_that_does_not_bite(figures: Figures) -> None:
    """An undefended host that withstands more than a fifth of the attacks shows nothing."""
    tally = msgspec.structs.replace(figures.tally, undefended=figures.tally.trusted)
    (told,) = faults(msgspec.structs.replace(figures, tally=tally))
    assert told.startswith("only 0 of ")


def test_gate_tells_days_that_are_missing(figures: Figures) -> None:
    """Fewer than a thousand are not enough."""
    (told,) = faults(msgspec.structs.replace(figures, lived={}))
    assert told == "only 0 days were played, 1000 are asked for"


def test_command_fails_and_writes_nothing_where_something_is_amiss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One, the sentence, and no page."""
    assert main(["--write", "--plays", "3200", "--days", "1600"], few, tmp_path) == 1
    assert "days were played, 1000 are asked for" in capsys.readouterr().out
    assert [*tmp_path.iterdir()] == []


def test_command_writes_the_page_where_nothing_is_amiss(tmp_path: Path) -> None:
    """Zero, and the page where it belongs."""
    path = tmp_path / PAGE
    path.parent.mkdir(parents=True)
    assert main(["--write", "--plays", "3200", "--days", "260000"], few, tmp_path) == 0
    assert path.read_text(encoding="utf-8").startswith("# The injection gate\n")


def test_page_that_is_kept_is_of_this_corpus_and_of_the_whole_of_it(figures: Figures) -> None:
    """It names the number of payloads and of attacks, and every door without an escape."""
    kept = (_ROOT / PAGE).read_text(encoding="utf-8")
    lines = page(figures).splitlines()
    assert f"{len(PAYLOADS):,} payloads:" in kept
    assert f"{len(PAYLOADS) * len(CHANNELS):,} attacks," in kept
    assert [line for line in lines if line.startswith("#")] == [one for one in kept.splitlines() if one.startswith("#")]
    doors = [line for line in kept.splitlines() if any(f"| `{tool}` |" in line for tool in READERS.values())]
    assert len(doors) == len(CHANNELS)
    assert all(line.endswith("| 0 | 0 |") for line in doors)
