"""Fixtures: a served venue, somebody with the official SDK at it, and the SDK's websocket."""

from collections.abc import Iterator

import pytest

from tests.support.sdk_desk import Desk, Ears, desk_of
from tests.support.venue_room import VenueRoom, open_room


@pytest.fixture
def room() -> Iterator[VenueRoom]:
    """Serve a venue that has no limits, whose prices stand still."""
    with open_room() as opened:
        yield opened


@pytest.fixture
def anna(room: VenueRoom) -> Desk:
    """Give somebody with 100,000 USD; BTC is quoted 94,990 at 95,010 and a little beyond."""
    room.set_house("BTC", bids=[("94990", "1"), ("94980", "2")], asks=[("95010", "1"), ("95020", "2")])
    return desk_of(room)


@pytest.fixture
def ears(room: VenueRoom) -> Iterator[Ears]:
    """Give the SDK's websocket."""
    heard = Ears(room)
    yield heard
    heard.close()
