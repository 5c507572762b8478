"""The simulated venue on a real socket, in a thread of its own, whose time passes only when a test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import ceil
from threading import Event
from typing import NamedTuple, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from agentic_core.system import SystemClock
from agentic_hl.venue.entities import Account, Order, Position
from agentic_hl.venue.fault_values import Fault
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.venue import Venue, VenueOptions

__all__ = ["COINS", "DEADLINE_S", "Shape", "VenueRoom", "open_room"]

DEADLINE_S = 20.0
"""How long a test waits for what must come."""

COINS = {name: asset for asset, name in enumerate(("BTC", "ETH", "ATOM", "MATIC", "DYDX", "SOL", "XRP", "kPEPE"))}
"""Asset ids of the venue's own markets."""

_BEAT_S = 0.05
_DAY_MS = 86_400_000
_TEN_PAST_TEN_MS = (10 * 60 + 10) * 60_000
_DEFAULTS = VenueOptions()

_T = TypeVar("_T")


class Shape(NamedTuple):
    """How many of what an account has: live orders, fills, positions that are not flat."""

    orders: int
    fills: int
    positions: int


class RoomClock:
    """Stands at ten past ten of today until it is moved, so that the SDK's nonces lie in the venue's window."""

    def __init__(self) -> None:
        today = SystemClock().now() // _DAY_MS * _DAY_MS
        self._now = today + _TEN_PAST_TEN_MS
        self._moved = anyio.Event()

    def now(self) -> int:
        """Return the venue's present."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let so much time pass; a beat of the server is over at any move."""
        due = self._now + ceil(seconds * 1_000)
        await self._moved.wait()
        while self._now < due and seconds > _BEAT_S:
            await self._moved.wait()

    def move(self, ms: int) -> None:
        """Let time pass; who slept wakes up."""
        self._now += ms
        moved, self._moved = self._moved, anyio.Event()
        moved.set()


class VenueRoom:
    """A venue that is served, and a look into its books."""

    def __init__(self, portal: BlockingPortal, options: VenueOptions) -> None:
        self._portal = portal
        self._clock = portal.call(RoomClock)
        self.venue = Venue(seed=7, now=self._clock.now(), options=options)
        self.server = Server(self.venue, self._clock)
        self.port = 0

    @property
    def url(self) -> str:
        """What takes the place of the real address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def now(self) -> int:
        """The venue's time in ms."""
        return self._clock.now()

    def ask(self, question: Callable[[Venue], _T]) -> _T:
        """Do something with the venue, in its own thread."""
        return self._portal.call(question, self.venue)

    def pass_time(self, ms: int) -> None:
        """Let time pass at the venue, and everything happen that is due."""
        self._portal.call(self._move, ms)

    def _move(self, ms: int) -> None:
        self._clock.move(ms)
        self.venue.advance(self._clock.now())

    # ── what only whoever runs the venue may do ──────────────────────────────────────────────────────────────────

    def deposit(self, address: str, usd: str) -> None:
        """Bring money to an account."""
        self.ask(lambda venue: venue.deposit(address, Decimal(usd), self.now))
        self.pass_time(0)

    def set_price(self, coin: str, price: str) -> None:
        """Move oracle, mark and the middle of the book."""
        self.ask(lambda venue: venue.set_price(coin, oracle=Decimal(price), now=self.now))
        self.pass_time(0)

    def set_house(self, coin: str, *, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
        """Let the house quote these prices and sizes alone."""
        sides = [[(Decimal(px), Decimal(sz)) for px, sz in side] for side in (bids, asks)]
        self.ask(lambda venue: venue.engine.set_house(COINS[coin], *sides))

    def set_funding(self, coin: str, rate: str) -> None:
        """Fix the hourly rate."""
        self.ask(lambda venue: venue.engine.set_funding(COINS[coin], Decimal(rate)))

    def spoil(self, fault: Fault) -> None:
        """Make something go wrong."""
        self.ask(lambda venue: venue.inject(fault, self.now))
        self.pass_time(0)

    # ── the books ────────────────────────────────────────────────────────────────────────────────────────────────

    def account(self, address: str) -> Account:
        """Return an account as the books have it."""
        account = self.ask(lambda venue: venue.engine.account(address.lower()))
        assert account is not None, f"{address} has no account"
        return account

    def orders(self, address: str) -> list[Order]:
        """Return an account's live orders, oldest first."""
        return self.ask(lambda venue: list(venue.engine.orders_of(address.lower())))

    def order(self, address: str, ref: int | str) -> Order:
        """Return one order, live or not."""
        order = self.ask(lambda venue: venue.engine.order(address.lower(), ref))
        assert order is not None, f"there is no order {ref}"
        return order

    def position(self, address: str, coin: str) -> Position | None:
        """Return what is held; None is flat."""
        held = self.account(address).positions.get(COINS[coin])
        return held if held is not None and held.szi else None

    def held(self, address: str, coin: str) -> Decimal:
        """Return the signed units held."""
        position = self.position(address, coin)
        return Decimal(0) if position is None else position.szi

    def shape(self, address: str) -> Shape:
        """Count what an account has."""
        account = self.account(address)
        held = [position for position in account.positions.values() if position.szi]
        return Shape(len(self.orders(address)), len(account.fills), len(held))


@contextmanager
def open_room(options: VenueOptions = _DEFAULTS) -> Iterator[VenueRoom]:
    """Serve a venue on a free port of this machine."""
    with start_blocking_portal("asyncio") as portal:
        room = VenueRoom(portal, options)
        listening = Event()

        def started(port: int) -> None:
            room.port = port
            listening.set()

        async def run() -> None:
            await serve(room.server, started=started)

        running = portal.start_task_soon(run)
        assert listening.wait(DEADLINE_S)
        try:
            yield room
        finally:
            running.cancel()
