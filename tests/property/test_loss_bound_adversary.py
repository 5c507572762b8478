"""An adversary never loses more than the bound, and comes near to each figure; `python -m tests.adversary` asks longer.

The faults planted after that show that the search would find a bound that is too low.
"""

from collections.abc import Sequence

import msgspec
import pytest

from agentic_core.domain import LossBound
from tests.adversary.attack import BAR, Piece, attacked, exceeded, shortfalls
from tests.adversary.climb import FIGURES, Attempt
from tests.adversary.command import main
from tests.adversary.configurations import CONFIGURATIONS, Configuration, named
from tests.adversary.shrink import shrunk

EVALUATIONS = 3_000
FEW = 600


def cut(bound: LossBound, place: int, percent: int) -> LossBound:
    """Return a bound of which one figure is a percentage of what it was."""
    field = f"{FIGURES[place]}_bps"
    figures: dict[str, int] = msgspec.structs.asdict(bound)
    return msgspec.structs.replace(bound, **{field: figures[field] * percent // 100})


def claiming(name: str, place: int, percent: int) -> Configuration:
    """Return a configuration whose bound has one figure changed."""
    configuration = named(name)
    return msgspec.structs.replace(configuration, claimed=cut(configuration.bound(), place, percent))


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda one: one.name)
def test_adversary_never_exceeds_the_bound_and_reaches_most_of_it(configuration: Configuration) -> None:
    """No figure is exceeded, and of each at least 60 % is lost."""
    attempts = attacked(Piece(configuration, (1,), EVALUATIONS))
    assert exceeded(attempts) is None
    assert not shortfalls(attempts)


@pytest.mark.parametrize("place", range(len(FIGURES)), ids=FIGURES)
@pytest.mark.parametrize("name", ["starter", "both-sides"])
def test_adversary_exceeds_a_figure_that_is_cut(name: str, place: int) -> None:
    """A figure of 55 % of what is right does not hold."""
    found = exceeded(attacked(Piece(claiming(name, place, 55), (1,), 2 * FEW)))
    assert found is not None
    assert found[0] == place


def test_adversary_exceeds_the_bound_where_nothing_halts() -> None:
    """Without halts nothing ends a slow loss."""
    world = msgspec.structs.replace(named("single"), halts=False)
    attempts = attacked(Piece(world, (1,), FEW))
    assert [attempt.ratios[place] > 1 for place, attempt in enumerate(attempts)] == [False, True, True]


def test_adversary_exceeds_the_bound_of_narrower_caps() -> None:
    """A gate that lets more pass than was bounded is found out."""
    world = msgspec.structs.replace(named("single"), claimed=named("starter").bound())
    assert exceeded(attacked(Piece(world, (1,), FEW))) is not None


def test_shrunk_scenario_still_exceeds_and_has_no_turn_too_many() -> None:
    """An open and a gap are enough to lose more than half of what an order can cost."""
    configuration = claiming("single", 0, 55)
    found = exceeded(attacked(Piece(configuration, (1,), FEW)))
    assert found is not None
    smallest = shrunk(configuration, found[1], found[0])
    assert smallest.ratios[0] > 1
    assert len(smallest.scenario) == 2


def test_command_passes_and_tables_what_was_reached(capsys: pytest.CaptureFixture[str]) -> None:
    """Zero, a line of progress, and a row for the configuration asked for."""
    assert main(["--config", "single", "--evaluations", "600"], each=map) == 0
    told = capsys.readouterr().out
    assert " 600 evaluations, " in told
    assert "| `single` | all of the equity in one symbol | 12.31, 26.40, 41.89 | " in told


def test_command_tells_the_scenario_that_exceeds(capsys: pytest.CaptureFixture[str]) -> None:
    """One, which figure it was, and the turns that did it."""
    assert main(["--evaluations", "600"], [claiming("single", 0, 55)], map) == 1
    told = capsys.readouterr().out
    assert "single (all of the equity in one symbol): order is exceeded, " in told
    assert " AAA at " in told


def test_command_names_the_figure_that_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure twice as large as it has to be is not reached."""
    assert main(["--evaluations", "600"], [claiming("single", 0, 200)], map) == 1
    assert f"of the order figure was reached, the bar is {100 * BAR:.1f} %" in capsys.readouterr().out


def test_command_refuses_a_configuration_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """The names that there are stand in the message."""
    with pytest.raises(SystemExit):
        main(["--config", "nobody"])
    told = capsys.readouterr().err
    assert "invalid choice: 'nobody'" in told
    assert "both-sides" in told


def test_command_stops_when_its_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    """A first round is always played; for a second one there is no time."""

    def each(_: object, pieces: Sequence[Piece]) -> list[tuple[Attempt, ...]]:
        return [attacked(piece._replace(evaluations=100)) for piece in pieces]

    assert main(["--config", "single", "--seconds", "0"], each=each) == 0
    assert capsys.readouterr().out.count(" evaluations, ") == 1
