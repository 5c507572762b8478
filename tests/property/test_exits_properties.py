"""Whatever the venue does, exits end: one order at a time, never more than is held, never naked for too long."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentic_core.domain import (
    ClientOrderId,
    Instant,
    Instrument,
    IntentKind,
    IntentState,
    Position,
    Price,
    Side,
    Size,
    Symbol,
    Trigger,
    TriggerKind,
    Usd,
)
from agentic_core.execution.close_ladder import (
    AwaitOutcome,
    Closed,
    CloseLadder,
    LookAgain,
    PageHuman,
    PlaceClose,
    RecallOrder,
    next_close_step,
    placed,
    take_close_outcome,
)
from agentic_core.execution.close_moves import CloseOutcome
from agentic_core.execution.close_pricing import CloseView
from agentic_core.execution.flat_proof import FlatProof, FlatRead, take_read
from agentic_core.execution.life import Life
from agentic_core.execution.protection import FlattenNow, PlaceStop, ReplaceStops, protect
from agentic_core.execution.stop_pricing import Carried, liquidation_estimate, stop_of
from tests.support.intents import made

D = Decimal
ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)
ENDS = {CloseOutcome.FILLED: 100, CloseOutcome.PARTLY_FILLED: 60, CloseOutcome.RESTS: 30}
"""How much of an order has executed by then, in percent."""

Fate = tuple[CloseOutcome, int]
FATES = st.lists(st.tuples(st.sampled_from(CloseOutcome), st.integers(0, 6_000)), max_size=60)


class Room:
    """A venue that does what it is told, and judges every order."""

    def __init__(self, side: Side, held: Decimal, mark: int, fates: list[Fate]) -> None:
        """Hold a position that an order of the side closes."""
        self.side, self.held, self.mark, self.fates = side, held, D(mark), fates
        self.now = Instant(0)
        self.live: tuple[ClientOrderId, Decimal, Decimal] | None = None
        self.orders = 0

    def view(self) -> CloseView:
        """Return what there is to see."""
        mark = Price(self.mark)
        return CloseView(
            instrument=ETH, read_at=self.now, mark=mark, bid=None, ask=None, held=Size(-self.held * self.side.sign)
        )

    def place(self, order: PlaceClose) -> ClientOrderId:
        """Take an order, which has to be the only one and neither too large nor too small."""
        assert self.live is None
        assert D(0) < order.size <= self.held
        worth = min(order.limit_price, self.mark)
        assert order.size == self.held or min(order.size, self.held - order.size) * worth >= 10
        assert ETH.is_legal_price(order.limit_price)
        self.orders += 1
        cloid = ClientOrderId(f"c{self.orders}")
        self.live = (cloid, order.size, D(0))
        return cloid

    def next_news(self) -> tuple[ClientOrderId, CloseOutcome, Size]:
        """Let the next thing happen to the order that is out."""
        assert self.live is not None
        cloid, size, before = self.live
        outcome, passed = self.fates.pop(0) if self.fates else (CloseOutcome.UNMATCHED, 1)
        executed = max(before, ETH.size_down(size * ENDS.get(outcome, 0) / 100))
        executed = size if outcome is CloseOutcome.FILLED else executed
        self.held -= executed - before
        self.now = Instant(self.now + passed)
        still = outcome in {CloseOutcome.RESTS, CloseOutcome.UNRESOLVED}
        self.live = (cloid, size, executed) if still else None
        return cloid, outcome, Size(executed)


def climb(room: Room, ladder: CloseLadder) -> tuple[CloseLadder, Closed | PageHuman]:
    """Climb until it ends."""
    for _ in range(1_000):
        view = room.view()
        match next_close_step(ladder, view, room.now):
            case LookAgain(at=at):
                room.now = Instant(max(at, room.now + 1))
            case PlaceClose() as order:
                ladder = placed(ladder, order, room.place(order), room.now)
            case AwaitOutcome() | RecallOrder():
                cloid, outcome, executed = room.next_news()
                ladder = take_close_outcome(ladder, cloid, outcome, executed, room.now)
            case Closed() | PageHuman() as end:
                return ladder, end
    raise AssertionError(ladder)


@given(
    side=st.sampled_from(Side),
    units=st.integers(1, 100_000),
    share=st.one_of(st.none(), st.integers(1, 100_000)),
    mark=st.integers(10, 90_000),
    fates=FATES,
)
def test_close_ends_flat_or_with_a_page(
    side: Side, units: int, share: int | None, mark: int, fates: list[Fate]
) -> None:
    """One order at a time, in sum never more than is held, within the bounds of orders and of time."""
    held = D(units) / 10_000
    room = Room(side, held, mark, fates)
    wanted = None if share is None else Size(D(share) / 10_000)
    begun = CloseLadder(side=side, wanted=wanted, collar_bps=100, begun_at=Instant(0))
    ladder, end = climb(room, begun)
    assert ladder.closed == held - room.held <= held
    assert room.orders == ladder.orders <= 100
    # One piece of news may be six seconds late, and nothing is waited for beyond it.
    assert room.now <= 120_000 + 6_000
    assert room.live is None or (isinstance(end, PageHuman) and end.live == room.live[0])


@given(units=st.integers(1, 100_000), fates=FATES)
def test_close_of_everything_is_closed_only_when_flat(units: int, fates: list[Fate]) -> None:
    """It never says closed while a position is left, unless the venue itself said that there was none."""
    room = Room(Side.SELL, D(units) / 10_000, 2_000, [fate for fate in fates if fate[0] != CloseOutcome.NO_POSITION])
    _, end = climb(room, CloseLadder(side=Side.SELL, wanted=None, collar_bps=100, begun_at=Instant(0)))
    assert isinstance(end, PageHuman) or room.held == 0


LONG = Position(symbol=Symbol("ETH"), size=Size(D(1)), entry_cost=Usd(D(2_000)))
STATES = st.sampled_from(IntentState)


@st.composite
def stops(draw: st.DrawFn) -> list[Life]:
    """Draw stops of every state, right and wrong ones, and cancels of some."""
    lives = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        price = Price(D(draw(st.sampled_from([1_500, 1_800, 1_801, 1_900]))))
        changes: dict[str, object] = {
            "cloid": ClientOrderId(name),
            "kind": IntentKind.STOP,
            "side": draw(st.sampled_from(Side)),
            "trigger": Trigger(kind=TriggerKind.STOP, price=price, position_sized=draw(st.booleans())),
        }
        prepared = made("cover")
        prepared = replace(prepared, intent=replace(prepared.intent, **changes))
        lives.append(Life(prepared=prepared, state=draw(STATES)))
        if draw(st.booleans()):
            cancel = made(cloid=ClientOrderId(f"x{name}"), kind=IntentKind.CANCEL, target=ClientOrderId(name))
            lives.append(Life(prepared=cancel, state=draw(STATES)))
    return lives


@given(looks=st.lists(st.tuples(stops(), st.integers(0, 6_000), st.booleans()), max_size=30))
def test_naked_time_never_passes_the_limit_without_a_flatten(looks: list[tuple[list[Life], int, bool]]) -> None:
    """Looking again when told, no position is without a resting stop for ten seconds and left alone."""
    now, naked, bare_from = Instant(0), None, None
    for lives, passed, held in looks:
        wanted = stop_of(LONG, ETH, 1_000) if held else None
        found = protect(wanted, lives, D(2_000), naked, now)
        resting = [life for life in lives if life.state is IntentState.RESTING and life.intent.kind is IntentKind.STOP]
        bare = held and not resting
        bare_from = (now if bare_from is None else bare_from) if bare else None
        span = 0 if bare_from is None else now - bare_from
        assert span < 10_000 or isinstance(found.action, FlattenNow)
        closing = [life for life in lives if life.intent.kind is IntentKind.STOP and life.intent.side is Side.SELL]
        alive = [life for life in closing if not life.is_terminal]
        assert not (alive and isinstance(found.action, PlaceStop))
        assert not (any(life.is_unresolved for life in alive) and isinstance(found.action, ReplaceStops))
        naked = found.naked
        until = found.flatten_at()
        now = Instant(now + passed if until is None else max(now, min(now + passed, until)))


@given(beats=st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 4_999)), min_size=1, max_size=20))
def test_stops_that_do_not_last_never_restart_the_count(beats: list[tuple[int, int]]) -> None:
    """A venue that takes each stop and cancels it again is flattened ten seconds after the first naked moment."""
    stop = stop_of(LONG, ETH, 1_000)
    assert stop is not None
    changes: dict[str, object] = {"side": stop.side, "kind": IntentKind.STOP, "trigger": stop.trigger}
    prepared = made("cover")
    resting = Life(prepared=replace(prepared, intent=replace(prepared.intent, **changes)), state=IntentState.RESTING)
    now, naked = Instant(0), None
    for bare_ms, covered_ms in beats:
        found = protect(stop, [], D(2_000), naked, now)
        assert (now >= 10_000) == isinstance(found.action, FlattenNow)
        found = protect(stop, [resting], D(2_000), found.naked, Instant(now + bare_ms))
        assert not isinstance(found.action, FlattenNow)
        found = protect(stop, [resting], D(2_000), found.naked, Instant(now + bare_ms + covered_ms))
        naked, now = found.naked, Instant(now + bare_ms + covered_ms)


@given(
    units=st.integers(-100_000, 100_000).filter(bool),
    entry=st.integers(10, 90_000),
    leverage=st.integers(1, 25),
    distance=st.integers(1, 9_999),
    isolated=st.booleans(),
    equity=st.integers(0, 1_000_000),
)
def test_stop_always_fires_before_the_liquidation(
    units: int, entry: int, leverage: int, distance: int, *, isolated: bool, equity: int
) -> None:
    """Whatever carries a position, the mark reaches its stop first."""
    size = D(units) / 10_000
    held = Position(symbol=ETH.symbol, size=Size(size), entry_cost=Usd(abs(size) * entry))
    at = Carried(
        mark=Price(D(entry)), leverage=leverage, isolated=isolated, equity=Usd(D(equity)), reserved=Usd(D(100))
    )
    liquidation = liquidation_estimate(held, ETH, at)
    found = stop_of(held, ETH, distance, liquidation=liquidation)
    assert found is not None
    assert liquidation is None or (found.trigger.price - liquidation) * found.side.sign < 0


READS = st.lists(st.tuples(st.integers(-1_000, 3_000), st.sampled_from(["clear", "left", "failed"])), max_size=20)


@given(steps=READS)
def test_flat_is_proven_only_by_two_agreeing_reads(steps: list[tuple[int, str]]) -> None:
    """What is proven rests on two clear reads two seconds apart with nothing else between or after them."""
    proof, at, streak = FlatProof(not_before=Instant(0)), 0, list[int]()
    for passed, what in steps:
        at += passed
        left = ("1",) if what == "left" else ()
        proof = take_read(proof, None if what == "failed" else FlatRead(read_at=Instant(at), orders=left))
        streak = [*streak, at] if what == "clear" and at >= 0 else []
        assert not proof.is_proven or max(streak) - min(streak) >= 2_000


@given(steps=READS)
def test_flat_is_always_proven_after_two_more_clear_reads(steps: list[tuple[int, str]]) -> None:
    """Whatever was read before, an account that stays flat is found flat."""
    proof = FlatProof(not_before=Instant(0))
    for passed, what in steps:
        proof = take_read(proof, FlatRead(read_at=Instant(passed)) if what == "clear" else None)
    for at in (100_000, 102_000):
        proof = take_read(proof, FlatRead(read_at=Instant(at)))
    assert proof.is_proven
    assert not take_read(proof, None).is_proven
