"""Which venue a command talks to, as options of the command line."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import typer

from agentic_core.errors import InputError
from agentic_hl.wire.network import Network

__all__ = ["NetworkChoice", "NetworkOption", "Place", "UrlOption", "place_of"]


class NetworkChoice(StrEnum):
    """A network as it is typed."""

    MAINNET = "mainnet"
    TESTNET = "testnet"


NetworkOption = Annotated[NetworkChoice, typer.Option("--network", help="Which of the venue's networks.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Another venue, such as http://localhost:3001, in place of a network."),
]

_NETWORKS = {NetworkChoice.MAINNET: Network.MAINNET, NetworkChoice.TESTNET: Network.TESTNET}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a venue is."""

    name: str
    network: Network
    """What is signed for; a venue of one's own is a test network."""
    rest_url: str
    stream_url: str


def place_of(choice: NetworkChoice, url: str | None) -> Place:
    """Return where the venue is.

    Raises:
        InputError: the address is not one of HTTP.
    """
    if url is None:
        network = _NETWORKS[choice]
        return Place(name=str(choice), network=network, rest_url=network.rest_url, stream_url=network.stream_url)
    if not url.startswith(("http://", "https://")):
        message = f"--url {url}: not an address of HTTP; write it like http://localhost:3001"
        raise InputError(message)
    rest_url = url.rstrip("/")
    is_main = _host_of(rest_url) == _host_of(Network.MAINNET.rest_url)
    network = Network.MAINNET if is_main else Network.TESTNET
    return Place(name=rest_url, network=network, rest_url=rest_url, stream_url=f"ws{rest_url[len('http') :]}/ws")


def _host_of(url: str) -> str:
    # As names are resolved: in any case, with or without the root's dot, whatever port or path follows.
    return (urlsplit(url).hostname or "").removesuffix(".")
