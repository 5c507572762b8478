"""The venue as a process of its own: `python -m tests.drills.venue SETUP`, until it is killed."""

import sys
from decimal import Decimal
from pathlib import Path

import anyio
import msgspec

from agentic_core.domain.times import MINUTE_MS
from agentic_core.system import install_decimal_traps
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.limits import LIMITS_OFF
from agentic_hl.venue.server import serve
from agentic_hl.venue.venue import Venue, VenueOptions
from tests.drills.books import BookKeeper
from tests.drills.doors import DoorServer
from tests.drills.pace import Pace, ScaledClock
from tests.support.hyperliquid_desk import OWNER, WALLET, approve

__all__ = ["VenueSetup"]

_PULSE_MS = 50


class VenueSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the venue of a drill is run."""

    pace: Pace
    seed: int
    deposit_usd: Decimal
    books: str
    """The file that what happens to the account is written to."""
    requests: str
    """The file that every action is written to."""
    port: int = 0


async def _run(setup: VenueSetup) -> None:
    clock = ScaledClock(setup.pace)
    now = clock.now()
    options = VenueOptions(engine=Options(prices=Generated(history_minutes=120)), limits=LIMITS_OFF)
    venue = Venue(seed=setup.seed, now=now - now % MINUTE_MS, options=options)
    venue.advance(now)
    venue.deposit(OWNER.address, setup.deposit_usd, now)
    approve(venue, now, wallet=WALLET)
    BookKeeper(venue, OWNER.address, Path(setup.books))
    # So often by the clock on the wall, or the pulse alone would keep this machine busy.
    pulse_ms = _PULSE_MS * setup.pace.factor
    server = DoorServer(venue, clock, pulse_ms=pulse_ms, file=Path(setup.requests))
    await serve(server, port=setup.port, started=_tell)


def _tell(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    install_decimal_traps()
    anyio.run(_run, msgspec.json.decode(sys.argv[1], type=VenueSetup))
