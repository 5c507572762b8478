"""What has to be clear before a process may trade, each fact alone; whatever is unclear refuses."""

from types import MappingProxyType

import pytest
from msgspec.structs import replace

from agentic_core.domain import Instant, Symbol
from agentic_hl.broker import (
    BootFacts,
    BootRules,
    ClockReading,
    LeverageWanted,
    ListingRead,
    Unread,
    boot_findings,
)
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.account import AgentWallet, RoleOwner, UserRole

ACCOUNT, WALLET = Address("0x" + "a1" * 20), Address("0x" + "b2" * 20)
OTHER = "0x" + "c3" * 20
BTC = Symbol("BTC")
NOW = Instant(1_790_000_000_000)
DAY = 86_400_000
SILENT = Unread(cause="nobody answers")


def wallet(days: int | None, address: str = WALLET) -> AgentWallet:
    """Return an agent wallet that is valid for so many days more."""
    return AgentWallet(name="desk", address=address, valid_until=None if days is None else NOW + days * DAY)


def clock(venue_ahead: int, took: int = 0) -> ClockReading:
    """Return a reading that took so long, of a venue so much ahead of when it was asked."""
    return ClockReading(
        venue_time=NOW, asked_at=Instant(NOW - venue_ahead), answered_at=Instant(NOW - venue_ahead + took)
    )


def traded(leverage: int = 5, symbol: Symbol = BTC) -> dict[Symbol, LeverageWanted]:
    """Return what one symbol is to be traded at."""
    return {symbol: LeverageWanted(value=leverage)}


GOOD = BootFacts(
    account=ACCOUNT,
    wallet=WALLET,
    role=UserRole(role="agent", belongs_to=RoleOwner(user="0x" + "A1" * 20)),
    mode="default",
    wallets=(wallet(90), wallet(-5, OTHER)),
    clock=clock(0),
    listing=ListingRead(version="11", leverage_max=MappingProxyType({BTC: 40})),
    wanted=traded(),
)


def told(facts: BootFacts, rules: BootRules | None = None) -> list[tuple[str, str]]:
    """Return what was found, without words."""
    findings = boot_findings(facts, rules or BootRules())
    assert all(finding.message for finding in findings)
    return [(finding.check.value, finding.severity.value) for finding in findings]


def test_boot_with_every_fact_clear_finds_nothing() -> None:
    """Addresses are compared in any case, and wallets of others do not matter."""
    assert told(GOOD) == []


@pytest.mark.parametrize("mode", ["default", "disabled", "unifiedAccount"])
def test_boot_accepts_modes_whose_money_can_be_read(mode: str) -> None:
    """Unified accounts are among them."""
    assert told(replace(GOOD, mode=mode)) == []


NOT_AN_AGENT = ["user", "vault", "subAccount", "missing", "Agent", ""]
REFUSALS: dict[str, tuple[BootFacts, str]] = {
    **{f"role {role!r}": (replace(GOOD, role=UserRole(role=role)), "role") for role in NOT_AN_AGENT},
    "role unread": (replace(GOOD, role=SILENT), "role"),
    "other master": (replace(GOOD, role=UserRole(role="agent", belongs_to=RoleOwner(user=OTHER))), "master"),
    "no master": (replace(GOOD, role=UserRole(role="agent")), "master"),
    "portfolio margin": (replace(GOOD, mode="portfolioMargin"), "mode"),
    "old mode": (replace(GOOD, mode="dexAbstraction"), "mode"),
    "new mode": (replace(GOOD, mode="somethingNew"), "mode"),
    "mode unread": (replace(GOOD, mode=SILENT), "mode"),
    "expired": (replace(GOOD, wallets=(wallet(-1),)), "validity"),
    "expires now": (replace(GOOD, wallets=(wallet(0),)), "validity"),
    "no end told": (replace(GOOD, wallets=(wallet(None),)), "validity"),
    "one end of two told": (replace(GOOD, wallets=(wallet(90), wallet(None))), "validity"),
    "unnamed wallet": (replace(GOOD, wallets=()), "validity"),
    "wallets unread": (replace(GOOD, wallets=SILENT), "validity"),
    "clock ahead": (replace(GOOD, clock=clock(2_001)), "clock"),
    "clock behind": (replace(GOOD, clock=clock(-2_001)), "clock"),
    "slow reading": (replace(GOOD, clock=clock(0, took=2_001)), "clock"),
    "clock set back meanwhile": (replace(GOOD, clock=clock(0, took=-1)), "clock"),
    "listing unread": (replace(GOOD, listing=SILENT), "listing"),
    "not listed": (replace(GOOD, wanted=traded(symbol=Symbol("NOSUCH"))), "listing"),
    "too much leverage": (replace(GOOD, wanted=traded(41)), "leverage"),
    "no leverage": (replace(GOOD, wanted=traded(0)), "leverage"),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_boot_refuses_whatever_is_wrong_or_unclear(name: str) -> None:
    """One fact is enough, and it is the only one named."""
    facts, check = REFUSALS[name]
    assert told(facts) == [(check, "refuses")]


def test_boot_without_the_venue_clock_cannot_tell_validity_either() -> None:
    """Our own clock is no witness of whether a wallet still counts."""
    assert told(replace(GOOD, clock=SILENT)) == [("validity", "refuses"), ("clock", "refuses")]


@pytest.mark.parametrize("ahead", [2_000, -2_000])
def test_boot_allows_a_clock_as_far_off_as_the_limit(ahead: int) -> None:
    """The limit itself is allowed."""
    assert told(replace(GOOD, clock=clock(ahead))) == []


def test_boot_clock_limit_is_what_the_rules_say() -> None:
    """A stricter rule finds what the default lets pass."""
    facts = replace(GOOD, clock=clock(600))
    assert told(facts, BootRules(clock_ms_max=500)) == [("clock", "refuses")]


@pytest.mark.parametrize(("days", "found"), [(15, []), (14, [("validity", "warns")]), (1, [("validity", "warns")])])
def test_boot_warns_of_a_wallet_that_ends_within_fourteen_days(days: int, found: list[tuple[str, str]]) -> None:
    """It still starts, and says for how long."""
    assert told(replace(GOOD, wallets=(wallet(days),))) == found


def test_boot_warns_when_the_listings_are_not_those_last_seen() -> None:
    """The same version is silent."""
    assert told(GOOD, BootRules(listing_version="11")) == []
    assert told(GOOD, BootRules(listing_version="10")) == [("listing", "warns")]
