"""The loop over the marks: what happens at one, in which status, and what is said of it."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TypeVar

import msgspec
import pytest

from agentic_core.domain import DeploymentStatus, HaltReason, Instant, Interval, Side, TickId, Usd
from agentic_core.errors import ConfigError, Fenced, StoreUnavailable, UsageError, VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.effects import Persist
from agentic_core.simulation.world import World
from tests.support.markets import BTC, held
from tests.support.ticker_room import TickerRoom, room
from tests.support.turns import DEPLOYMENT, Says, filled, open_of
from tests.support.turns import World as Replies

_Result = TypeVar("_Result")
D = Decimal
S = DeploymentStatus
MIDNIGHT = Instant(1_767_225_600_000)
MINUTE = Interval.M1.ms
BUY = open_of(Side.BUY, "0.01")


def played(main: Callable[[TickerRoom], Coroutine[object, object, _Result]], *, wish: bool = True) -> _Result:
    """Play something in a room whose skill buys at every mark, or never does anything."""

    async def inside(world: World) -> _Result:
        return await main(await room(world, Says(BUY if wish else None), Replies(*[filled] * 9)))

    return World(0, start=MIDNIGHT, shuffled=False).run(inside)


def marks(*numbers: int) -> list[Instant]:
    """Return marks by their numbers."""
    return [Instant(MIDNIGHT + number * MINUTE) for number in numbers]


def test_ticker_takes_the_turn_of_every_mark() -> None:
    """Look, decide, persist, send, record; then look again at what became of the account, and publish it."""

    async def main(place: TickerRoom) -> None:
        ticker = place.ticker()
        await place.live(ticker, 1.5)
        assert place.session.ended == ["observe", "Persist", "Send", "Record"] * 2
        assert (place.done, ticker.ticks) == (marks(0, 1), 2)
        decided = await place.store.decisions.recent(DEPLOYMENT, 9)
        assert [record.decision.decision_id for record in reversed(decided)] == [
            TickId(deployment=DEPLOYMENT, mark=mark).decision for mark in marks(0, 1)
        ]
        state = await place.store.states.read(DEPLOYMENT)
        assert state is not None
        assert (state.last_tick_at, state.equity_usd, state.marks) == (marks(1)[0], D(10_000), {BTC: D(50_000)})

    played(main)


def test_ticker_says_how_long_a_turn_took_and_how_late_it_began() -> None:
    """Where nothing was sent it says so quietly."""

    async def main(place: TickerRoom) -> None:
        async def slow(what: str) -> None:
            await place.clock.sleep({"observe": 1.0, "Send": 0.5}.get(what, 0))

        place.session.pause = slow
        await place.clock.sleep(2)
        await place.live(place.ticker(), 0.5)
        (line,) = [one for one in place.lines if one.event is LogEvent.TICK_FINISHED]
        assert (line.data, line.level) == ({"duration_ms": 1_500, "late_ms": 2_000}, LogLevel.INFO)
        assert line.trace_id == TickId(deployment=DEPLOYMENT, mark=MIDNIGHT).trace

    played(main)


def test_ticker_that_holds_says_so_quietly() -> None:
    """A line for every mark is for those who look for it."""

    async def main(place: TickerRoom) -> None:
        await place.live(place.ticker(), 0.5)
        (line,) = [one for one in place.lines if one.event is LogEvent.TICK_FINISHED]
        assert line.level is LogLevel.DEBUG

    played(main, wish=False)


def test_ticker_while_paused_looks_and_asks_nobody() -> None:
    """The account is watched and its state published; no turn is counted."""

    async def main(place: TickerRoom) -> None:
        await place.status(S.PAUSED)
        ticker = place.ticker()
        await place.live(ticker, 1.5)
        assert (place.session.ended, ticker.ticks) == (["observe", "observe"], 0)
        assert await place.store.states.read(DEPLOYMENT) is not None

    played(main)


@pytest.mark.parametrize("status", [S.RUNNING, S.PAUSED])
def test_ticker_latches_a_halt_that_is_due_and_closes_what_is_held(status: DeploymentStatus) -> None:
    """The same mark closes; the next one, with nothing held, lets the skill look for something to close."""

    async def main(place: TickerRoom) -> None:
        if status is not S.RUNNING:
            await place.status(status)
        place.session.account_now.equity = Usd(D(8_900))
        place.session.account_now.hold(held(BTC, "0.01", cost="500"))
        await place.live(place.ticker(), 1.5)
        assert [reason for reason, _ in place.halts] == [HaltReason.DAILY_LOSS]
        assert (place.standing.status, place.session.flattened) == (S.HALTED, ["halt:daily_loss"])
        assert place.session.ended == ["observe", "flatten", "observe", "Record"]
        assert place.said(LogEvent.ACTION_DENIED) == ["R3_HALTED: trading is halted; only reducing orders pass"]

    played(main)


@pytest.mark.parametrize(
    ("reason", "closes"),
    [(HaltReason.DRAWDOWN, True), (HaltReason.LIQUIDATION, True), (HaltReason.SECOND_WRITER, False)],
)
def test_ticker_goes_on_closing_only_after_halts_that_close(reason: HaltReason, closes: bool) -> None:
    """Where somebody else trades the account, what is held stays behind its stops until a human has looked."""

    async def main(place: TickerRoom) -> None:
        await place.status(S.HALTED, f"{reason}: by hand")
        place.session.account_now.hold(held(BTC, "0.01", cost="500"))
        await place.live(place.ticker(), 0.5)
        assert place.session.flattened == ([f"halt:{reason}"] if closes else [])

    played(main)


def test_ticker_counts_marks_that_a_turn_overran_as_one_skip() -> None:
    """A turn of three minutes leaves out the marks it covered, and says how many they were."""

    async def main(place: TickerRoom) -> None:
        async def slow(what: str) -> None:
            await place.clock.sleep(185 if what == "Send" and len(place.session.marks) == 1 else 0)

        place.session.pause = slow
        await place.live(place.ticker(), 4.5)
        assert place.session.marks == marks(0, 3, 4)
        (line,) = [one for one in place.lines if one.event is LogEvent.TICK_SKIPPED]
        assert line.data == {"marks": 2}
        assert line.message == "overrun: 2 mark(s) before 2026-01-01 00:03:00Z went by without a turn"

    played(main)


def test_ticker_does_not_take_a_mark_that_was_decided_before() -> None:
    """A runner that starts again within the grace of a mark finds what its predecessor decided."""

    async def main(place: TickerRoom) -> None:
        await place.live(place.ticker(), 0.05)
        again = place.ticker()
        await place.live(again, 1.5)
        turn = ["observe", "Persist", "Send", "Record"]
        assert place.session.ended == [*turn, "observe", *turn]
        assert (again.ticks, place.done) == (1, marks(0, 0, 1))

    played(main)


def test_ticker_does_not_take_a_mark_whose_orders_were_made_durable_before() -> None:
    """A predecessor that died between its orders and its record leaves the orders to tell."""

    async def main(place: TickerRoom) -> None:
        await place.live(place.ticker(), 0.05)
        (persist,) = place.session.replies.of(Persist)
        other = msgspec.structs.replace(place, store=type(place.store)(now=place.clock.now))
        lease = await other.store.leases.acquire(place.context.mandate.account, "ticker", 1 << 40)
        assert lease is not None
        fence = msgspec.structs.replace(place.context.fence, epoch=lease.epoch)
        await other.store.intents.prepare(fence, persist.decision, persist.intents, at=MIDNIGHT)
        context = msgspec.structs.replace(place.context, store=other.store, fence=fence)
        place.session.begun.clear()
        await other.live(msgspec.structs.replace(other, context=context).ticker(), 0.05)
        assert place.session.begun == ["observe"]

    played(main)


@pytest.mark.parametrize("error", [VenueUnavailable("no answer"), UsageError("a policy looked ahead")])
def test_ticker_says_what_failed_and_waits_for_the_next_mark(error: Exception) -> None:
    """What another mark may cure ends no deployment; the last known state is published all the same."""

    async def main(place: TickerRoom) -> None:
        place.session.fails = [error]
        await place.live(place.ticker(), 1.5)
        assert place.said(LogEvent.TICK_FAILED) == [f"{type(error).__name__}: {error}"]
        assert place.session.ended == ["observe", "observe", "Persist", "Send", "Record"]

    played(main)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Fenced("lost"), []),
        (StoreUnavailable("away"), []),
        (ConfigError("no key"), ["ConfigError: no key"]),
        (LookupError("a bug"), ["LookupError: a bug"]),
    ],
)
def test_ticker_lets_out_what_the_next_mark_would_not_cure(error: Exception, said: list[str]) -> None:
    """With the trace of its turn; where lease or database are lost, the turn is not what failed."""

    async def main(place: TickerRoom) -> None:
        place.session.fails = [error]
        with pytest.raises(type(error)) as caught:
            await place.ticker().run()
        assert caught.value.__notes__ == [f"trace {TickId(deployment=DEPLOYMENT, mark=MIDNIGHT).trace}"]
        assert place.said(LogEvent.TICK_FAILED) == said

    played(main)


def test_ticker_knows_no_state_before_it_looked_and_takes_in_what_others_read() -> None:
    """The newest account counts, whoever read it."""

    async def main(place: TickerRoom) -> None:
        ticker = place.ticker()
        assert ticker.state() is None
        place.session.account_now.equity = Usd(D(10_100))
        newer = await place.session.account()
        ticker.heard(newer)
        ticker.heard(msgspec.structs.replace(newer, equity=Usd(D(1)), as_of=Instant(MIDNIGHT - 1)))
        state = ticker.state()
        assert state is not None
        assert (state.equity_usd, state.day_pnl_usd, state.last_tick_at) == (D(10_100), D(100), None)

    played(main)


def test_ticker_takes_no_turn_while_the_guards_cannot_be_asked() -> None:
    """A database that is away for a moment ends nothing: the account is watched, and the lease says how long."""

    async def main(place: TickerRoom) -> None:
        async def away(mark: Instant) -> str | None:
            message = f"away at {mark}"
            raise StoreUnavailable(message)

        ticker = place.ticker(place.guards(away))
        await place.live(ticker, 0.5)
        assert (place.session.ended, ticker.ticks) == (["observe"], 0)
        assert place.said(LogEvent.TICK_SKIPPED) == [f"store: away at {MIDNIGHT}"]

    played(main)


def test_ticker_under_a_guard_looks_and_asks_nobody() -> None:
    """The reason stands in what is said of the turn."""

    async def main(place: TickerRoom) -> None:
        async def against(mark: Instant) -> str | None:
            return f"alert: nobody answered by {mark}"

        guards = place.guards(against)
        ticker = place.ticker(guards)
        await place.live(ticker, 0.5)
        assert (place.session.ended, ticker.ticks) == (["observe"], 0)
        assert f"alert: nobody answered by {MIDNIGHT}" in place.said(LogEvent.TICK_FINISHED)[0]

    played(main)
