"""What everybody promises who reads an account about its money: every dollar that came or went, and where it went."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest

from agentic_core.domain import FundingPayment, Instant, Size, Usd
from agentic_core.domain.account_events import Transfer
from agentic_hl.venue.terms import Mode, Tif
from agentic_hl.wire.actions import SubAccountTransfer, UsdClassTransfer, UsdSend, Withdraw
from agentic_hl.wire.network import Network
from tests.support.account_desk import DESKS, OTHER, SUB, AccountDesk
from tests.support.markets import AT, BTC, ETH

PORTS = ("agentic_core.ports.account_reads.AccountReads",)
pytestmark = pytest.mark.anyio

D = Decimal
HOUR_MS = 3_600_000
FIRST_HOUR = 1_640_998_800_000
"""2022-01-01 01:00Z, the first funding after the desk opens."""

LATER_MS = 1_000


@pytest.fixture(params=sorted(DESKS))
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[AccountDesk]:
    """Yield an account that is read in each way in turn."""
    async with DESKS[request.param]() as made:
        yield made


# ── funding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("held", "rate", "received"), [("2", "0.0001", "-0.02"), ("-2", "0.0001", "0.02"), ("2", "-0.0001", "0.02")]
)
async def test_account_reads_show_funding_as_it_was_paid(
    desk: AccountDesk, held: str, rate: str, received: str
) -> None:
    """Who is long pays a positive rate: units times oracle price times the rate of the hour."""
    desk.place(held, "100", tif=Tif.IOC)
    desk.venue.engine.set_funding(0, D(rate))
    before = desk.money
    desk.pass_time(HOUR_MS)
    (paid,) = await desk.reads.funding(AT)
    assert paid == FundingPayment(
        symbol=BTC, time=Instant(FIRST_HOUR), size=Size(D(held)), rate=D(rate), amount=Usd(D(received))
    )
    assert desk.money - before == D(received)


async def test_account_reads_of_funding_begin_where_they_are_asked_to(desk: AccountDesk) -> None:
    """With what was paid in that very instant, oldest first, and nothing while the account was flat."""
    desk.pass_time(HOUR_MS)
    desk.place("2", "100", tif=Tif.IOC)
    desk.place("-30", "10", coin="ETH", tif=Tif.IOC)
    desk.pass_time(3 * HOUR_MS)
    second, third = Instant(FIRST_HOUR + HOUR_MS), Instant(FIRST_HOUR + 2 * HOUR_MS)
    assert [paid.time for paid in await desk.reads.funding(AT)][:3] == [second, second, third]
    assert {(paid.symbol, paid.time) for paid in await desk.reads.funding(third)} == {
        (symbol, Instant(third + hour * HOUR_MS)) for symbol in (BTC, ETH) for hour in (0, 1)
    }
    assert await desk.reads.funding(Instant(third + HOUR_MS + 1)) == ()


async def test_account_reads_show_every_funding_once_however_many(desk: AccountDesk) -> None:
    """More than any answer holds, two of them in each hour, so that an answer ends between two of the same."""
    hours = 301
    desk.place("1", "100", tif=Tif.IOC)
    desk.pass_time(HOUR_MS)
    desk.place("10", "10", coin="ETH", tif=Tif.IOC)
    before = desk.money
    desk.pass_time((hours - 1) * HOUR_MS)
    paid = await desk.reads.funding(AT)
    assert len(paid) == len(desk.books.fundings) == 2 * hours - 1
    assert len({(each.symbol, each.time) for each in paid}) == len(paid)
    assert sum(each.amount for each in paid[1:]) == desk.money - before


# ── money that came or went otherwise ────────────────────────────────────────────────────────────────────────────────


def deposit(desk: AccountDesk) -> None:
    """Bring 250 dollars."""
    desk.venue.deposit(desk.books.address, D(250), desk.now)


def withdraw(desk: AccountDesk) -> None:
    """Take 40 dollars out, of which the venue keeps one."""
    desk.sign(Withdraw(destination=OTHER.address, amount="40", nonce=desk.now, network=Network.TESTNET))


def send(desk: AccountDesk) -> None:
    """Give 30 dollars to somebody else."""
    desk.sign(UsdSend(destination=OTHER.address, amount="30", nonce=desk.now, network=Network.TESTNET))


def receive(desk: AccountDesk) -> None:
    """Get 20 dollars of somebody else."""
    desk.give("20")


def put_apart(desk: AccountDesk) -> None:
    """Move 50 dollars to a sub-account."""
    desk.sign(SubAccountTransfer(sub_account=SUB, is_deposit=True, usd=50_000_000))


MOVES: dict[str, tuple[Callable[[AccountDesk], None], str]] = {
    "deposit": (deposit, "250"),
    "get": (receive, "20"),
    "give": (send, "-30"),
    "put apart": (put_apart, "-50"),
    "withdraw": (withdraw, "-40"),
}


@pytest.mark.parametrize("move", sorted(MOVES))
async def test_account_reads_show_what_the_account_gained_by_a_transfer(desk: AccountDesk, move: str) -> None:
    """As the books have it, fees included; negative where the money went."""
    happen, amount = MOVES[move]
    desk.pass_time(LATER_MS)
    before, at = desk.money, desk.now
    happen(desk)
    shown = await desk.reads.transfers(at)
    assert [(moved.amount, moved.at) for moved in shown] == [(D(amount), at)]
    assert desk.money - before == D(amount)


@pytest.mark.parametrize(("to_perp", "amount"), [(True, "60"), (False, "-60")])
async def test_account_reads_show_money_that_changes_sides_of_the_account(*, to_perp: bool, amount: str) -> None:
    """Where perpetuals and spot are apart, the traded account is the side of the perpetuals."""
    desk = AccountDesk()
    desk.sign(UsdClassTransfer(amount="100", to_perp=False, nonce=desk.now, network=Network.TESTNET))
    desk.pass_time(LATER_MS)
    before, at = desk.money, desk.now
    desk.sign(UsdClassTransfer(amount="60", to_perp=to_perp, nonce=at, network=Network.TESTNET))
    (moved,) = await desk.reads.transfers(at)
    assert (moved.amount, moved.kind) == (D(amount), "accountClassTransfer")
    assert desk.money - before == D(amount)


async def test_account_reads_of_transfers_begin_where_they_are_asked_to(desk: AccountDesk) -> None:
    """With what moved in that very instant, oldest first, each under a name of its own."""
    moments = []
    for _ in range(3):
        desk.pass_time(LATER_MS)
        moments.append(desk.now)
        deposit(desk)
        receive(desk)
    shown = await desk.reads.transfers(moments[1])
    assert [moved.at for moved in shown] == [moments[1], moments[1], moments[2], moments[2]]
    assert len({moved.transfer_id for moved in shown}) == 4
    assert await desk.reads.transfers(Instant(moments[2] + 1)) == ()


async def test_account_reads_name_a_transfer_the_same_whenever_they_are_asked(desk: AccountDesk) -> None:
    """So that it is counted once, however often it is read."""
    desk.pass_time(LATER_MS)
    withdraw(desk)
    shown: tuple[Transfer, ...] = await desk.reads.transfers(AT)
    desk.pass_time(LATER_MS)
    deposit(desk)
    assert (await desk.reads.transfers(AT))[: len(shown)] == shown


async def test_account_reads_show_every_transfer_once_however_many(desk: AccountDesk) -> None:
    """More than any answer holds, and answers end within a millisecond in which several moved."""
    for number in range(601):
        desk.venue.deposit(desk.books.address, D(number + 1), desk.now)
        if number % 3 == 0:
            desk.pass_time(1)
    shown = await desk.reads.transfers(AT)
    assert len(shown) == len({moved.transfer_id for moved in shown}) == 602
    assert sum(moved.amount for moved in shown) == desk.money


# ── all of it ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_account_reads_account_for_every_dollar(desk: AccountDesk) -> None:
    """Transfers, funding, and what closed less its fees, add up to the money of a flat account, to the last digit."""
    desk.place("3", "100", tif=Tif.IOC)
    desk.place("-70", "10", coin="ETH", tif=Tif.IOC)
    for coin, price in (("BTC", "104.3"), ("ETH", "9.71"), ("BTC", "97.9")):
        desk.pass_time(HOUR_MS)
        desk.quote(coin, price)
        for happen, _ in MOVES.values():
            happen(desk)
            desk.pass_time(LATER_MS)
        desk.place("-1.7" if coin == "BTC" else "30", price, coin=coin, tif=Tif.IOC)
    desk.place("0.4", "97.9", tif=Tif.IOC)
    desk.place("40", "9.71", coin="ETH", tif=Tif.IOC)
    assert not any(position.szi for position in desk.books.positions.values())
    fills = (await desk.reads.fills(AT)).fills
    funding = await desk.reads.funding(AT)
    transfers = await desk.reads.transfers(AT)
    assert (len(fills), len(funding), len(transfers)) == (7, 6, 16)
    traded = sum(each.closed_pnl - each.fee for each in fills)
    moved = sum(each.amount for each in transfers)
    assert moved + traded + sum(each.amount for each in funding) == desk.money
    assert desk.unreadable == []


async def test_account_reads_show_no_transfer_where_only_the_shelf_of_the_money_changed() -> None:
    """Switching how the account keeps its money moves none."""
    desk = AccountDesk()
    desk.pass_time(LATER_MS)
    at = desk.now
    desk.set_mode(Mode.UNIFIED)
    assert await desk.reads.transfers(at) == ()
