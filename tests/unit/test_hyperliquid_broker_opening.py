"""Opening the live broker: only where everything is clear."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from agentic_core.domain import Accepted, Side, Symbol
from agentic_core.errors import ConfigError, VenueUnavailable
from agentic_hl.broker import BootRules, LeverageWanted, OpenedBroker, OpeningTerms, open_broker
from agentic_hl.rest import Answered
from agentic_hl.venue.fault_values import ClockSkew, ExpiredWallet
from agentic_hl.venue.terms import Mode
from agentic_hl.wire.network import Network
from tests.support.hyperliquid_desk import OWNER, WALLET, GivenEnvironment, HyperliquidDesk, NothingRemembered, sendable
from tests.support.markets import ACCOUNT, AT, BTC, ETH, order

pytestmark = pytest.mark.anyio

LIVE = GivenEnvironment({"HYPERLIQUID_LIVE_ENABLED": "true"})
AS_IT_IS: Mapping[Symbol, LeverageWanted] = MappingProxyType({BTC: LeverageWanted(value=10)})


def terms(wanted: Mapping[Symbol, LeverageWanted] = AS_IT_IS) -> OpeningTerms:
    """Return what is to be traded, with each symbol's leverage."""
    return OpeningTerms(key=ACCOUNT, address=OWNER.address, network=Network.TESTNET, leverage=wanted)


async def opened(
    desk: HyperliquidDesk, given: OpeningTerms | None = None, *, environment: GivenEnvironment = LIVE
) -> OpenedBroker:
    """Open the broker of a desk."""
    return await open_broker(given or terms(), WALLET, desk.access, NothingRemembered(), environment)


async def test_opened_broker_of_an_account_in_order_trades_at_once() -> None:
    """Nothing is left to do, and nothing is warned of."""
    desk = HyperliquidDesk()
    found = await opened(desk)
    assert (found.mode, found.warnings) == ("default", ())
    desk.posted.clear()
    assert isinstance(await found.broker.send(sendable(order(0, Side.BUY, "2", "101"))), Accepted)
    assert desk.posted[0][0] == "/exchange"


async def test_broker_is_opened_without_a_question_about_each_symbol() -> None:
    """Each costs weight that the start has not; what a symbol is set to is looked at before it is opened."""
    desk = HyperliquidDesk()
    await opened(desk, terms({BTC: LeverageWanted(value=4), ETH: LeverageWanted(value=4)}))
    assert not [body for _, body in desk.posted if b"activeAssetData" in body]


async def test_opened_broker_tells_how_the_account_keeps_its_money() -> None:
    """A unified account is read as one, from the first look at it."""
    desk = HyperliquidDesk()
    desk.venue.engine.set_mode(OWNER.address, Mode.UNIFIED)
    found = await opened(desk)
    assert found.mode == "unifiedAccount"
    assert (await found.broker.account()).equity == 10_000


async def test_opened_broker_hands_warnings_out_and_trades() -> None:
    """The listings are not those that were last seen."""
    desk = HyperliquidDesk()
    given = replace(terms(), rules=BootRules(listing_version="of last year"))
    found = await opened(desk, given)
    (warning,) = found.warnings
    assert warning.severity.value == "warns"
    assert "of last year" in warning.message
    assert isinstance(await found.broker.send(sendable(order(0, Side.BUY, "2", "101"))), Accepted)


async def test_broker_is_not_opened_and_every_reason_is_told_at_once() -> None:
    """Whoever repairs one of them need not start again to hear of the next."""
    desk = HyperliquidDesk()
    desk.venue.inject(ExpiredWallet(address=WALLET.address), AT)
    desk.venue.inject(ClockSkew(by_ms=5_000), AT)
    with pytest.raises(ConfigError) as refusal:
        await opened(desk, terms({BTC: LeverageWanted(value=41)}))
    message = str(refusal.value)
    assert message.startswith(f"{OWNER.address} cannot be traded: ")
    assert message.count("; ") >= 3
    for word in ("clock", "41", WALLET.address):
        assert word in message
    assert desk.actions == 0


async def test_broker_of_a_silent_venue_is_not_opened() -> None:
    """What cannot be read refuses, and is no reason to give up for good."""
    desk = HyperliquidDesk()
    desk.instead["/info"] = Answered(status=403, body=b"<html>blocked</html>", content_type="text/html")
    with pytest.raises(VenueUnavailable, match="cannot be traded"):
        await opened(desk)
    assert desk.actions == 0


async def test_broker_is_not_opened_while_the_clocks_differ() -> None:
    """Either of them may be set right again."""
    desk = HyperliquidDesk()
    desk.venue.inject(ClockSkew(by_ms=5_000), AT)
    with pytest.raises(VenueUnavailable, match="5000 ms ahead of ours"):
        await opened(desk)
    assert desk.actions == 0


async def test_broker_that_is_not_switched_on_asks_the_venue_nothing() -> None:
    """The reason names the switch."""
    desk = HyperliquidDesk()
    with pytest.raises(ConfigError, match="HYPERLIQUID_LIVE_ENABLED is not set"):
        await opened(desk, environment=GivenEnvironment({}))
    assert desk.posted == []
