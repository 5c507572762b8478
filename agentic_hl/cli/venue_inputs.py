"""What the command line of the simulated venue takes, read."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import msgspec

from agentic_core.domain.money import exact
from agentic_core.errors import InputError
from agentic_core.ports.files import Files
from agentic_hl.cli.candle_market import read_market
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Generated, Manual, Options, Prices, Recorded
from agentic_hl.venue.exchange.acting import ExchangeOptions
from agentic_hl.venue.limits import LIMITS_OFF, Limits
from agentic_hl.venue.protocol.signatures import Network
from agentic_hl.venue.streams import StreamOptions
from agentic_hl.venue.venue import VenueOptions

__all__ = ["SignedFor", "VenueInputs", "options_of", "read_deposits", "read_sources"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_FIRST_COIN = "BTC"


class SignedFor(StrEnum):
    """For which network an action has to be signed."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    BOTH = "both"


_NETWORKS = {
    SignedFor.MAINNET: (Network.MAINNET,),
    SignedFor.TESTNET: (Network.TESTNET,),
    SignedFor.BOTH: (Network.TESTNET, Network.MAINNET),
}


class VenueInputs(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue is to be run."""

    seed: int
    deposits: tuple[tuple[str, Decimal], ...]
    sources: tuple[tuple[int, Path], ...]
    """Asset ids and their candle files."""
    history: int
    still: bool
    limits: bool
    block_ms: int
    web_stream: bool
    signed_for: SignedFor


def read_deposits(typed: Sequence[str]) -> tuple[tuple[str, Decimal], ...]:
    """Read `ADDRESS=USD`.

    Raises:
        InputError: it is none.
    """
    return tuple(_deposit(text) for text in typed)


def read_sources(typed: Sequence[str]) -> tuple[tuple[int, Path], ...]:
    """Read `COIN=FILE`, or a file alone.

    Raises:
        InputError: there is no such coin, or it was named twice.
    """
    found: dict[int, Path] = {}
    for text in typed:
        coin, separator, file = text.partition("=")
        if not separator:
            coin, file = _FIRST_COIN, text
        asset = next((market.index for market in MARKETS if market.name == coin), None)
        if asset is None:
            message = f"--candles {text}: there is no coin {coin} here; say one of {_coins()}"
            raise InputError(message)
        if asset in found:
            message = f"--candles {text}: {coin} has a file already; give each coin one"
            raise InputError(message)
        found[asset] = Path(file)
    return tuple(found.items())


def options_of(inputs: VenueInputs, files: Files, now: int) -> VenueOptions:
    """Return the options of a venue that begins now; recorded candles are read.

    Raises:
        InputError: both still prices and candles were asked for, or a file cannot be read.
    """
    return VenueOptions(
        engine=Options(prices=_prices(inputs, files, now)),
        exchange=ExchangeOptions(networks=_NETWORKS[inputs.signed_for]),
        limits=Limits() if inputs.limits else LIMITS_OFF,
        block_ms=inputs.block_ms,
        streams=StreamOptions(refused=frozenset()) if inputs.web_stream else StreamOptions(),
    )


def _prices(inputs: VenueInputs, files: Files, now: int) -> Prices:
    if inputs.sources:
        if inputs.still:
            raise InputError("--still and --candles say different things; give one of them")
        return Recorded(
            candles={asset: read_market(files, path, now=now, history=inputs.history) for asset, path in inputs.sources}
        )
    return Manual() if inputs.still else Generated(history_minutes=inputs.history)


def _deposit(text: str) -> tuple[str, Decimal]:
    address, _, usd = text.partition("=")
    if _ADDRESS.fullmatch(address) is None:
        message = f"--deposit {text}: {address or 'nothing'} is no address; write 0x, 40 hex digits, = and USD"
        raise InputError(message)
    amount = exact(usd, "--deposit")
    if amount <= 0:
        message = f"--deposit {text}: {usd} is no deposit; name more than 0 USD"
        raise InputError(message)
    return address.lower(), amount


def _coins() -> str:
    return ", ".join(market.name for market in MARKETS if not market.delisted)
