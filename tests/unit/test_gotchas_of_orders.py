"""What others' order code broke on and ours has an answer to: closes of nothing, networks, and whose key signs."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instant, Instrument, Price, Side, Size, Symbol
from agentic_core.errors import InputError
from agentic_core.execution.close_ladder import Closed, CloseLadder, PlaceClose, next_close_step
from agentic_core.execution.close_pricing import CloseView
from agentic_core.ports.wallet import WrongSignature
from agentic_hl.cli.place import NetworkChoice, place_of
from agentic_hl.wire.network import Network
from tests.support.wallet_room import CHAIN, WalletRoom, typed_signature

D = Decimal
ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)


def view(held: str) -> CloseView:
    """Return a read of ETH at 2,000 dollars."""
    return CloseView(
        instrument=ETH,
        read_at=Instant(0),
        mark=Price(D(2_000)),
        bid=Price(D(1_999)),
        ask=Price(D(2_001)),
        held=Size(D(held)),
    )


def test_close_of_no_units_closes_none() -> None:
    """Zero is a size like any other; only None stands for everything."""
    nothing = CloseLadder(side=Side.SELL, wanted=Size(D(0)), collar_bps=100, begun_at=Instant(0))
    assert next_close_step(nothing, view("3"), Instant(0)) == Closed()
    everything = CloseLadder(side=Side.SELL, wanted=None, collar_bps=100, begun_at=Instant(0))
    step = next_close_step(everything, view("3"), Instant(0))
    assert isinstance(step, PlaceClose)
    assert step.size == 3


def test_close_of_what_is_not_held_is_a_result_and_no_order() -> None:
    """Flat already: the answer says so instead of being nothing."""
    ladder = CloseLadder(side=Side.SELL, wanted=None, collar_bps=100, begun_at=Instant(0))
    assert next_close_step(ladder, view("0"), Instant(0)) == Closed()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz",
        "https://api.hyperliquid.xyz/",
        "https://API.Hyperliquid.xyz",
        "https://api.hyperliquid.xyz.:443/",
        "http://api.hyperliquid.xyz/",
    ],
)
def test_address_of_the_main_network_is_recognised_however_it_is_written(url: str) -> None:
    """Case, port, a dot or slash at its end: none of them lets anything be signed for the other network."""
    assert place_of(NetworkChoice.TESTNET, url).network is Network.MAINNET


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3001",
        "https://api.hyperliquid-testnet.xyz/",
        "https://api.hyperliquid.xyz.example.org",
        "https://example.org/api.hyperliquid.xyz",
    ],
)
def test_any_other_address_is_a_test_network(url: str) -> None:
    """What was signed for it is worth nothing on the main one."""
    place = place_of(NetworkChoice.MAINNET, url)
    assert (place.network, place.rest_url) == (Network.TESTNET, url.rstrip("/"))


@pytest.mark.parametrize(
    ("choice", "network"), [(NetworkChoice.MAINNET, Network.MAINNET), (NetworkChoice.TESTNET, Network.TESTNET)]
)
def test_network_without_an_address_is_the_one_that_was_named(choice: NetworkChoice, network: Network) -> None:
    """Both doors are that network's own."""
    place = place_of(choice, None)
    assert (place.network, place.rest_url, place.stream_url) == (network, network.rest_url, network.stream_url)


def test_address_that_is_none_of_http_is_refused() -> None:
    """It is named, with how to write one."""
    with pytest.raises(InputError, match=r"api\.hyperliquid\.xyz: not an address of HTTP"):
        place_of(NetworkChoice.MAINNET, "api.hyperliquid.xyz")


@pytest.mark.anyio
async def test_agent_wallet_that_signs_its_own_approval_is_not_heard_by_the_venue() -> None:
    """What only the owner may do takes the owner's key; the wallet's own signature is told from it before it leaves."""
    room = WalletRoom()
    key = room.desk.draw()
    challenge = room.desk.approval(room.wallet(key), chain_id=CHAIN)
    refused = await room.desk.submit(challenge, typed_signature(challenge.typed_json, "0x" + key.reveal().hex()))
    assert isinstance(refused, WrongSignature)
    assert refused.signer == key.address
    assert room.posts == []
