"""The simulated Hyperliquid of one world."""

from collections.abc import Callable
from decimal import Decimal

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant
from agentic_core.ports.simulated_venue import CutLink, Fault, LagReads, MoveMark, VenueTruth
from agentic_hl.simulated.links import SimulatedLink, SimulatedStream
from agentic_hl.simulated.surroundings import Surroundings
from agentic_hl.simulated.truth import TruthBook
from agentic_hl.venue import fault_values
from agentic_hl.venue.commits import Answer
from agentic_hl.venue.engine.markets import price_at, price_down
from agentic_hl.venue.engine.options import Manual
from agentic_hl.venue.venue import Venue, VenueOptions

__all__ = ["SimulatedHyperliquid"]

_PLENTY = Decimal(1_000_000_000)
"""Units on either side of the mark where an order of any size executes at once."""
_FINEST = Decimal("0.000001")
"""No two prices of any market lie nearer to each other."""
_DEFAULTS = VenueOptions()


class SimulatedHyperliquid:
    """The whole venue in process: its time is the world's, and the truth is that of one account.

    Prices stand still until the options say otherwise or a `MoveMark` comes. From its first `MoveMark` on, a market
    sells at its mark and buys one price step below, to the depth that was given for each request: a book never shows
    bid and ask at one price.
    """

    def __init__(
        self,
        world: Surroundings,
        *,
        account: str,
        deposit: Decimal = Decimal(100_000),
        options: VenueOptions = _DEFAULTS,
        seed: int = 0,
    ) -> None:
        """Open the venue in a world; the account whose truth is told begins with a deposit."""
        self._world = world
        self.venue = Venue(seed=seed, now=world.clock.now(), options=options)
        self._faults = world.link_faults()
        self._truth = TruthBook(account.lower(), self.venue.queries.markets.names)
        self.venue.listen(self._truth.hear)
        self.venue.deposit(account, deposit, world.clock.now())
        self._marks: dict[int, MoveMark] = {}
        self._streams: dict[int, SimulatedStream] = {}
        self._pulse_due: int | None = None
        self._stands = isinstance(options.engine.prices, Manual) and not options.block_ms
        # Whether nobody but actions changes what the house quotes.
        self._is_used = False

    # ── the port ─────────────────────────────────────────────────────────────────────────────────────────────────

    def connect(self, name: str) -> SimulatedLink:
        """Open a link for one process; it is both of the live adapter's transports."""
        return SimulatedLink(name, self._world, self._faults, self)

    def inject(self, fault: Fault) -> None:
        """Make something go wrong, or move a mark."""
        self._world.record("fault", type(fault).__name__)
        match fault:
            case LagReads(by_ms=lag):
                self.spoil(fault_values.LaggedReads(by_ms=lag))
            case MoveMark():
                self._move_mark(fault)
            case CutLink(link=link):
                self._faults.inject(fault)
                for stream in [stream for stream in self._streams.values() if link in {"", stream.name}]:
                    stream.end("the link is cut")
            case _:
                self._faults.inject(fault)
        self._deliver()

    def truth(self) -> VenueTruth:
        """Return what is so now."""
        now = self._now()
        self.venue.advance(now)
        return self._truth.tell(now)

    # ── what only this venue has ─────────────────────────────────────────────────────────────────────────────────

    def spoil(self, fault: fault_values.Fault) -> None:
        """Make one of the venue's own faults happen, which the port has no word for."""
        self.venue.inject(fault, self._now())
        self._deliver()

    # ── the venue's end of the links ─────────────────────────────────────────────────────────────────────────────

    def serve(self, link: str, path: str, body: bytes, answer: Callable[[Answer], None]) -> None:
        """Take a request that arrived."""
        now = self._now()
        self.venue.advance(now)
        if self._is_used or not self._stands:
            self._requote()
        self._is_used = path == "/exchange"
        self.venue.submit(path, body, now, answer, peer=link)
        self._deliver()

    def open(self, stream: SimulatedStream) -> int | None:
        """Open a connection for a stream."""
        number = self.venue.hub.connect(self._now(), peer=stream.name)
        if number is not None:
            self._streams[number] = stream
            self._world.after(0, self._deliver)
        return number

    def hear(self, number: int, text: bytes) -> None:
        """Take a message of a stream, which may hold an action."""
        self._requote()
        self._is_used = True
        self.venue.hub.receive(number, text, self._now())
        self._deliver()

    def hang_up(self, number: int) -> None:
        """Forget a stream."""
        self._streams.pop(number, None)
        self.venue.hub.disconnect(number)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _now(self) -> Instant:
        return self._world.clock.now()

    def _move_mark(self, fault: MoveMark) -> None:
        asset = self._asset(fault.symbol)
        self._marks[asset] = fault
        px = price_at(fault.price, self.venue.engine.markets[asset])
        self.venue.advance(self._now())
        # What the new mark triggers executes there, however few prices the house quotes by itself.
        self.venue.engine.set_price(asset, oracle=px, mark=px, mid=px, spread=Decimal(0), levels=1)
        self._requote()

    def _requote(self) -> None:
        for asset, moved in self._marks.items():
            market, size = self.venue.engine.markets[asset], _PLENTY if moved.depth is None else moved.depth
            ask = price_at(moved.price, market)
            bid = price_down(ask - _FINEST, market)
            self.venue.engine.set_house(asset, [(bid, size)], [(ask, size)])
        if self._marks:
            self.venue.settle(self._now())

    def _asset(self, symbol: Symbol) -> int:
        return self.venue.queries.markets.asset(str(symbol))

    def _deliver(self) -> None:
        now = self._now()
        for number, stream in list(self._streams.items()):
            for content in self.venue.hub.take(number, now):
                stream.deliver(content)
            ended = self.venue.hub.ended(number)
            if ended is not None:
                stream.end(f"the venue ended it: {ended}")
        self._pulse()

    def _pulse(self) -> None:
        # Time has to be told to the venue only while somebody listens, or while an action waits for its block.
        now = self._now()
        due = self.venue.next_due(now) if self._streams else self.venue.block_due
        if due is None or (self._pulse_due is not None and now < self._pulse_due <= due):
            return
        self._pulse_due = max(due, now + 1)
        self._world.after(self._pulse_due - now, self._beat)

    def _beat(self) -> None:
        now = self._now()
        if self._pulse_due is not None and self._pulse_due <= now:
            self._pulse_due = None
        self.venue.advance(now)
        self._deliver()
