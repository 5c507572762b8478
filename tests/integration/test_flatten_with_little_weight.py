"""Getting flat where others use most of what the address may ask for: slower, but it ends."""

import pytest

from agentic_core.ports.budgets import Bucket
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import ETH


@pytest.mark.parametrize(("per_minute", "seconds_max"), [(480, 60), (320, 120)])
def test_flatten_is_proven_with_a_part_of_the_weight(per_minute: int, seconds_max: int) -> None:
    """Reads that get their weight late are waited for, and heavy questions have their turn beside light ones."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.enter("3", symbol=ETH)
        await place.pass_time(90)
        report = await place.exits.flatten("test")
        assert report.is_flat
        assert [place.held(), place.held(ETH)] == [0, 0]
        assert place.orders() == []
        assert report.ended_at - report.begun_at <= seconds_max * 1_000
        assert place.pages == []

    play(story, Shape(weight=Bucket(name="weight", capacity=per_minute // 4, per_minute=per_minute)))
