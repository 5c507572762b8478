"""The smallest scenario that still exceeds the bound."""

from collections.abc import Iterator

from tests.adversary.attack import world_of
from tests.adversary.climb import Attempt, ratios
from tests.adversary.configurations import Configuration
from tests.adversary.scenario import BEYOND, WHOLE, Fill, Scenario, Turn, Wish

__all__ = ["shrunk"]


def shrunk(configuration: Configuration, attempt: Attempt, figure: int) -> Attempt:
    """Return an attempt that exceeds the same figure and of which nothing can be left out."""
    world, bound = world_of(configuration), configuration.bound()
    smaller: Attempt | None = attempt
    while smaller is not None:
        attempt, smaller = smaller, None
        for simpler in _simpler(attempt.scenario):
            reached = ratios(world.play(simpler), bound)
            if reached[figure] > 1:
                smaller = Attempt(simpler, reached)
                break
    return attempt


def _simpler(scenario: Scenario) -> Iterator[Scenario]:
    for place in range(len(scenario)):
        if len(scenario) > 1:
            yield scenario[:place] + scenario[place + 1 :]
    for place, turn in enumerate(scenario):
        for plainer in _plainer(turn):
            yield (*scenario[:place], plainer, *scenario[place + 1 :])


def _plainer(turn: Turn) -> Iterator[Turn]:
    # Each is strictly plainer than the turn, so that this comes to an end.
    if turn.wish is not Wish.NOTHING:
        yield turn._replace(wish=Wish.NOTHING, share=WHOLE, fill=Fill.WORST, symbol=0, buy=True)
        yield from _plainer_wish(turn)
    yield from _plainer_moves(turn)
    if turn.midnight:
        yield turn._replace(midnight=False)
    if turn.funding:
        yield turn._replace(funding=0)


def _plainer_wish(turn: Turn) -> Iterator[Turn]:
    if turn.share not in {1, WHOLE}:
        yield turn._replace(share=WHOLE)
        yield turn._replace(share=1)
    if turn.fill is not Fill.MARK:
        yield turn._replace(fill=Fill.MARK)


def _plainer_moves(turn: Turn) -> Iterator[Turn]:
    if any(turn.moves):
        yield turn._replace(moves=(), against=False, depth=WHOLE)
    for symbol, move in enumerate(turn.moves):
        if abs(move) not in {0, WHOLE}:
            for rounder in (0, WHOLE if move > 0 else -WHOLE):
                yield turn._replace(moves=(*turn.moves[:symbol], rounder, *turn.moves[symbol + 1 :]))
    if turn.depth not in {WHOLE, BEYOND}:
        yield turn._replace(depth=BEYOND)
        yield turn._replace(depth=WHOLE)
