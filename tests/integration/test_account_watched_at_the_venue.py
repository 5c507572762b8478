"""Our orders and everybody else's on one account of the simulated venue, watched over its real streams."""

from decimal import Decimal

import pytest

from agentic_core.domain import (
    Accepted,
    ClientOrderId,
    FillKind,
    IntentKind,
    IntentState,
    Price,
    Side,
    Size,
    TimeInForce,
)
from agentic_core.domain.account_events import LiquidationTold
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.drift import Aligned
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.account_hand import OWNER, books_of
from tests.support.account_place import KEY, AccountPlace, play

STRANGER = ClientOrderId("0x" + "5" * 32)
DAY = 86_400_000


def test_order_of_ours_is_booked_once_and_called_nothing_else() -> None:
    """Its answer and the stream both tell its executions."""

    async def story(place: AccountPlace) -> None:
        cloid, outcome = await place.buy()
        assert isinstance(outcome, Accepted)
        await place.pass_time(5)
        assert place.life(cloid).state is IntentState.BOOKED
        assert await place.ledger() == place.books() != {}
        found = await place.guard.check()
        assert found.drift == Aligned()
        assert place.halts == []
        assert {line.event for line in place.said} == {
            LogEvent.ORDER_PLACED,
            LogEvent.ORDER_FILLED,
            LogEvent.RECONCILED,
        }
        (line,) = place.lines(LogEvent.RECONCILED)
        assert line.facts["equity_usd"] == str(place.venue.venue.engine.margin(OWNER.address).account_value.normalize())

    play(story)


def test_resting_order_that_executes_later_is_learned_from_the_stream() -> None:
    """Without a question: nobody attends to it meanwhile."""

    async def story(place: AccountPlace) -> None:
        cloid = await place.rest()
        assert place.life(cloid).state is IntentState.RESTING
        place.move("45000")
        await place.world.clock.sleep(2)
        assert place.life(cloid).filled == Decimal("0.0026")
        assert await place.ledger() == place.books()

    play(story)


@pytest.mark.parametrize("left", ["0.0026", "0.0010", "0"])
def test_reduce_only_order_that_ends_with_the_position_is_learned_of_and_booked_as_what_it_did(left: str) -> None:
    """The owner sells by hand: it shrinks without a word, and ends; what it executed before is known by its fills."""

    async def story(place: AccountPlace) -> None:
        await place.buy()
        exit_, _ = await place.buy(
            side=Side.SELL, reduce_only=True, time_in_force=TimeInForce.GTC, limit_price=Price(Decimal(47_000))
        )
        assert place.life(exit_).state is IntentState.RESTING
        sold = Decimal("0.0026") - Decimal(left)
        if sold:
            await place.by_hand(place.hand.order(f"-{sold}", "46000", now=place.now))
        if Decimal(left):
            place.move("47500")
        for _ in range(20):
            await place.pass_time(1)
        assert place.held() == 0
        assert place.life(exit_).filled == Decimal(left)
        assert place.life(exit_).state is (IntentState.BOOKED if Decimal(left) else IntentState.DEAD)
        assert await place.ledger() == place.books()
        assert (await place.guard.check()).drift == Aligned()
        assert place.lines(LogEvent.INTENT_CONTRADICTION) == []

    play(story)


def test_trading_by_hand_is_booked_and_told_and_halts_nothing() -> None:
    """The owner may; the guard finds ledger and position alike."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.order("0.05", "47000", now=place.now))
        await place.pass_time(2)
        (line,) = place.lines(LogEvent.EXTERNAL_FILL)
        assert (line.facts["kind"], line.facts["owner"]) == ("external", "user")
        assert await place.ledger() == place.books() != {}
        assert (await place.guard.check()).drift == Aligned()
        assert place.halts == []

    play(story)


@pytest.mark.parametrize("rests", [True, False])
def test_program_that_names_its_orders_is_a_second_writer(rests: bool) -> None:
    """Whether its order rests or executes at once; one alarm for one name."""

    async def story(place: AccountPlace) -> None:
        price = "46000" if rests else "47000"
        await place.by_hand(place.hand.order("0.05", price, cloid=STRANGER, rests=rests, now=place.now))
        await place.pass_time(2)
        await place.guard.check()
        assert place.reasons() == [HaltReason.SECOND_WRITER]
        assert str(STRANGER) in place.halts[0][1]
        assert len(place.lines(LogEvent.SECOND_WRITER)) == 1
        assert await place.ledger() == place.books()

    play(story)


def test_second_runner_that_sends_our_intents_past_the_store_is_noticed() -> None:
    """It holds the wallet's key and our intent; that it was sent is nowhere on record."""

    async def story(place: AccountPlace) -> None:
        await place.send_past_the_store(await place.prepare())
        await place.world.clock.sleep(1)
        assert place.reasons() == [HaltReason.SECOND_WRITER]
        assert "an intent of ours, prepared and never sent" in place.halts[0][1]
        assert await place.ledger() == place.books() != {}

    play(story)


def test_liquidation_halts_is_booked_and_leaves_no_drift() -> None:
    """Long on all the money at twenty times, and the price falls: by the notice, the fills and the ledger of money."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.order("4", "47000", now=place.now))
        place.move("44000")
        await place.pass_time(10)
        fills = await place.store.intents.fills(KEY)
        assert {fill.kind for fill in fills} == {FillKind.EXTERNAL, FillKind.LIQUIDATION}
        assert await place.ledger() == place.books()
        assert set(place.reasons()) == {HaltReason.LIQUIDATION}
        assert place.lines(LogEvent.LIQUIDATION)
        assert len(place.judge.of(LiquidationTold)) == 1
        assert place.held() == sum(fill.signed_size for fill in fills)

    play(story)


def test_transfers_move_the_baseline_and_not_the_profit() -> None:
    """A withdrawal with its fee, a gift to somebody and a deposit; the day's loss stays nothing."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.withdraw("2000", now=place.now))
        await place.by_hand(place.hand.send("500", now=place.now))
        place.venue.venue.deposit(OWNER.address, Decimal(1_000), place.now)
        await place.pass_time(5)
        amounts = [line.facts["amount_usd"] for line in place.lines(LogEvent.TRANSFER_SEEN)]
        assert amounts == ["-2000", "-500", "1000"]
        account = await place.broker.account()
        left = Decimal(8_500)
        assert account.equity == books_of(place.venue.venue.engine).cash == left
        assert account.day.baseline == account.peak == left
        assert place.halts == []

    play(story)


def test_funding_is_told_once_with_what_the_books_paid() -> None:
    """At the full hour, on a position held by hand, through streams that tell it twice."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.order("0.5", "47000", now=place.now))
        place.venue.venue.engine.set_funding(0, Decimal("0.0001"))
        await place.world.clock.sleep(3_610)
        (paid,) = books_of(place.venue.venue.engine).fundings
        (line,) = place.lines(LogEvent.FUNDING_PAID)
        assert Decimal(str(line.facts["amount_usd"])) == paid.usdc == Decimal("-2.32")
        assert line.facts["paid_at"] == paid.time

    play(story)


def test_leverage_that_the_owner_sets_is_told() -> None:
    """With what it was and is; what we set ourselves is not."""

    async def story(place: AccountPlace) -> None:
        prepared = await place.prepare(kind=IntentKind.LEVERAGE, leverage=10, size=Size(Decimal(0)))
        assert isinstance(await place.desk.submit(prepared), Accepted)
        await place.buy()
        await place.pass_time(6)
        assert [line.level for line in place.lines(LogEvent.SETTINGS_CHANGED)] == [LogLevel.INFO]
        await place.by_hand(place.hand.leverage(15, now=place.now))
        await place.pass_time(6)
        (line,) = [line for line in place.lines(LogEvent.SETTINGS_CHANGED) if line.level is LogLevel.WARN]
        assert (line.facts["before"], line.facts["after"]) == ("10x cross", "15x cross")
        assert place.halts == []

    play(story)


def test_mode_that_the_owner_changes_halts() -> None:
    """Into one in which this deployment does not run; the account that reads empty from then on is not told."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.mode("unifiedAccount", now=place.now))
        await place.pass_time(10)
        assert place.reasons() == [HaltReason.MODE_CHANGED]
        assert "from default to unifiedAccount" in place.halts[0][1]
        account = place.watch.account
        assert account is not None
        assert account.equity == 10_000

    play(story)
