"""The account and the boot facts as the live broker reads them off the simulated venue."""

from decimal import Decimal

import pytest

from agentic_core.domain import Accepted, Side, Symbol
from agentic_core.errors import VenueUnavailable
from agentic_hl.broker import BootReader, LeverageWanted, Unread, boot_findings
from agentic_hl.rest import Answered
from agentic_hl.venue.fault_values import ClockSkew, ExpiredWallet
from agentic_hl.venue.terms import Mode
from tests.support.hyperliquid_desk import OWNER, WALLET, HyperliquidDesk, broker_over, sendable
from tests.support.markets import AT, BTC, order

pytestmark = pytest.mark.anyio

D = Decimal


async def holding_two(mode: Mode) -> HyperliquidDesk:
    """Return a desk that bought two BTC at 100, which now stand at 110."""
    desk = HyperliquidDesk()
    desk.venue.engine.set_mode(OWNER.address, mode)
    assert isinstance(await desk.broker.send(sendable(order(0, Side.BUY, "2", "101"))), Accepted)
    desk.set("110")
    return desk


@pytest.mark.parametrize("mode", [Mode.DEFAULT, Mode.DISABLED, Mode.UNIFIED])
async def test_hyperliquid_account_is_read_in_every_mode_it_may_have(mode: Mode) -> None:
    """10,000 less 9 cents of fee and 20 dollars won; ten times of 220 dollars is 22 dollars of margin."""
    desk = await holding_two(mode)
    account = await broker_over(desk.access, mode=mode.value).account()
    assert (account.equity, account.margin_used, account.exposure()) == (D("10019.91"), D(22), D(220))
    assert (account.position(BTC).size, account.position(BTC).entry_cost) == (D(2), D(200))
    assert account.as_of == AT


async def test_hyperliquid_account_takes_what_the_venue_cannot_know_from_memory() -> None:
    """The day's baseline and the peak come from outside."""
    account = await HyperliquidDesk().broker.account()
    assert (account.day.baseline, account.peak, account.unresolved) == (D(10_000), D(10_000), 0)


@pytest.mark.parametrize("body", [b'{"marginSummary":{}}', b"<html>blocked</html>", b"null"])
async def test_hyperliquid_account_that_cannot_be_read_is_no_account(body: bytes) -> None:
    """It is never an empty one."""
    desk = HyperliquidDesk()
    answered = Answered(status=403, body=body, content_type="application/json")
    desk.instead["/info"] = answered
    with pytest.raises(VenueUnavailable):
        await desk.broker.account()


async def test_hyperliquid_order_that_the_venue_tells_in_new_words_is_not_absent() -> None:
    """Neither `order` nor `unknownOid`: nothing was learned."""
    desk = HyperliquidDesk()
    told = b'{"status":"archived","time":1640995260000}'
    desk.instead["/info"] = Answered(status=200, body=told, content_type="application/json")
    with pytest.raises(VenueUnavailable, match="archived"):
        await desk.broker.observe(sendable(order(0, Side.BUY, "2", "101")))


async def test_hyperliquid_account_whose_mode_the_owner_changed_is_no_account() -> None:
    """Its dollars lie elsewhere since, and an equity of zero would be wrong."""
    desk = await holding_two(Mode.UNIFIED)
    with pytest.raises(VenueUnavailable, match="mode"):
        await desk.broker.account()


WANTED = {BTC: LeverageWanted(value=10)}


async def test_hyperliquid_boot_reads_a_desk_in_order_as_clear() -> None:
    """The venue's own answers, through the wire, lead to no finding."""
    desk = HyperliquidDesk()
    reader = BootReader(desk.access.rest, desk.access.metas, desk.clock)
    assert boot_findings(await reader.read(OWNER.address, WALLET.address, WANTED)) == ()


async def found_after(change: str) -> list[str]:
    """Return what boot finds after something was changed."""
    desk = await holding_two(Mode.DEFAULT)
    account, wallet, wanted = OWNER.address, WALLET.address, dict(WANTED)
    match change:
        case "the wallet expired":
            desk.venue.inject(ExpiredWallet(address=WALLET.address), AT)
        case "the venue's clock is ahead":
            desk.venue.inject(ClockSkew(by_ms=5_000), AT)
        case "the owner's own key":
            wallet = OWNER.address
        case "another account":
            account = WALLET.address
        case "more leverage than is given":
            wanted = {BTC: LeverageWanted(value=41)}
        case "a delisted symbol":
            wanted = {Symbol("MATIC"): LeverageWanted(value=3)}
        case _:
            raise AssertionError(change)
    reader = BootReader(desk.access.rest, desk.access.metas, desk.clock)
    findings = boot_findings(await reader.read(account, wallet, wanted))
    return [f"{finding.check.value} {finding.severity.value}" for finding in findings]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("the wallet expired", ["role refuses", "validity refuses"]),
        ("the venue's clock is ahead", ["clock refuses"]),
        ("the owner's own key", ["role refuses", "validity refuses"]),
        ("another account", ["master refuses", "validity refuses"]),
        ("more leverage than is given", ["leverage refuses"]),
    ],
)
async def test_hyperliquid_boot_finds_what_is_wrong_at_the_venue(change: str, found: list[str]) -> None:
    """Each of them shows in the venue's own answers."""
    assert await found_after(change) == found


async def test_hyperliquid_boot_does_not_trade_a_delisted_symbol() -> None:
    """It is listed with its number and cannot be traded."""
    assert "listing refuses" in await found_after("a delisted symbol")


async def test_hyperliquid_boot_of_a_silent_venue_has_every_fact_unread() -> None:
    """Nothing is taken for granted, so everything refuses."""
    desk = HyperliquidDesk()
    desk.instead["/info"] = Answered(status=403, body=b"<html>blocked</html>", content_type="text/html")
    reader = BootReader(desk.access.rest, desk.access.metas, desk.clock)
    facts = await reader.read(OWNER.address, WALLET.address, WANTED)
    read = (facts.role, facts.mode, facts.wallets, facts.clock, facts.listing)
    assert all(isinstance(fact, Unread) for fact in read)
    assert {finding.severity.value for finding in boot_findings(facts)} == {"refuses"}
    assert len(boot_findings(facts)) == 5


async def test_hyperliquid_boot_out_of_time_asks_nothing_more() -> None:
    """What was not asked is unread."""
    desk = HyperliquidDesk()
    reader = BootReader(desk.access.rest, desk.access.metas, desk.clock, deadline_ms=0)
    facts = await reader.read(OWNER.address, WALLET.address, WANTED)
    assert isinstance(facts.role, Unread)
    assert desk.posted == []
