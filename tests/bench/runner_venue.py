"""The venue of a runner's bench as a process of its own: `python -m tests.bench.runner_venue SETUP`, until killed.

It lists as many markets as the bench needs, counts no weight, and writes a line for every request that it heard.
"""

import sys
from collections.abc import Callable
from decimal import Decimal
from io import FileIO
from pathlib import Path

import anyio
import msgspec

from agentic_core.domain.times import MINUTE_MS
from agentic_core.system import SystemClock, install_decimal_traps
from agentic_hl.venue.commits import Answer, asked_kind
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.terms import Market, Tier
from agentic_hl.venue.venue import Venue, VenueOptions
from tests.bench.workers import tell
from tests.drills.pace import Pace, ScaledClock
from tests.support.hyperliquid_desk import OWNER, WALLET, approve

__all__ = ["Heard", "RunnerVenueSetup", "symbols_of"]

_PULSE_MS = 50
_TEN_TIMES = 10
_MADE_UP = Market(
    index=0,
    name="",
    sz_decimals=2,
    max_leverage=_TEN_TIMES,
    margin_table_id=_TEN_TIMES,
    tiers=(Tier(lower_bound=Decimal(0), max_leverage=_TEN_TIMES),),
)


class RunnerVenueSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the venue is run."""

    pace: Pace
    symbols: int
    """How many markets are traded."""
    deposit_usd: Decimal
    heard: str
    """The file to which every request is written."""
    step_ms: int = 3_000
    """How often prices move, in the venue's time."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    at_ms: int
    """The time since boot, of this machine."""
    what: str
    """The question's type; `exchange` for an action."""


class _Listening(Venue):
    # What a venue is asked costs weight, so the bench wants to know what that was.
    def listen_to_requests(self, hear: Callable[[str], None]) -> None:
        self._hear = hear

    def submit(self, path: str, body: bytes, now: int, answer: Callable[[Answer], None], *, peer: str = "") -> None:
        self._hear(asked_kind(body) if path == "/info" else path.strip("/"))
        super().submit(path, body, now, answer, peer=peer)


def symbols_of(count: int) -> tuple[str, ...]:
    """Return the names of so many markets.

    >>> symbols_of(4)
    ('BTC', 'ETH', 'B2', 'B3')
    """
    return ("BTC", "ETH", *(f"B{number}" for number in range(2, count)))[:count]


def _markets(count: int) -> tuple[Market, ...]:
    made = (
        msgspec.structs.replace(_MADE_UP, index=number, name=name)
        for number, name in enumerate(symbols_of(count)[2:], start=2)
    )
    return (*MARKETS[: min(count, 2)], *made)


async def _run(setup: RunnerVenueSetup, file: FileIO) -> None:
    clock, real = ScaledClock(setup.pace), SystemClock()
    now = clock.now()
    prices = Generated(step_ms=setup.step_ms, history_minutes=600)
    venue = _Listening(
        seed=7,
        now=now - now % MINUTE_MS,
        markets=_markets(setup.symbols),
        options=VenueOptions(engine=Options(prices=prices, start_prices={})),
    )

    def hear(what: str) -> None:
        file.write(msgspec.json.encode(Heard(at_ms=real.boottime_ms(), what=what)) + b"\n")

    venue.listen_to_requests(hear)
    venue.advance(now)
    venue.deposit(OWNER.address, setup.deposit_usd, now)
    approve(venue, now, wallet=WALLET)
    # So often by the clock on the wall, or the pulse alone would keep this machine busy.
    await serve(Server(venue, clock, pulse_ms=_PULSE_MS * setup.pace.factor), started=tell)


def main() -> None:
    """Serve until this process is killed."""
    install_decimal_traps()
    setup = msgspec.json.decode(sys.argv[1], type=RunnerVenueSetup)
    with Path(setup.heard).open("ab", buffering=0) as file:
        anyio.run(_run, setup, file)


if __name__ == "__main__":
    main()
