"""Which venue a command or a process talks to."""

from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from agentic_core.errors import ConfigError, InputError
from agentic_core.ports.environment import Environment
from agentic_hl.wire.network import Network

__all__ = ["NetworkChoice", "Place", "configured_place", "place_of"]


class NetworkChoice(StrEnum):
    """A network as it is typed."""

    MAINNET = "mainnet"
    TESTNET = "testnet"


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


def configured_place(environment: Environment) -> Place:
    """Return where the environment says that the venue is: `HYPERLIQUID_URL`, else the `HYPERLIQUID_NETWORK`.

    Raises:
        ConfigError: one of them cannot be read.
    """
    named = environment.get("HYPERLIQUID_NETWORK") or NetworkChoice.MAINNET
    try:
        return place_of(NetworkChoice(named), environment.get("HYPERLIQUID_URL") or None)
    except InputError as exc:
        raise ConfigError(str(exc).replace("--url", "HYPERLIQUID_URL")) from exc
    except ValueError as exc:
        names = ", ".join(NetworkChoice)
        raise ConfigError(f"HYPERLIQUID_NETWORK is {named!r}; set it to one of {names}") from exc


def _host_of(url: str) -> str:
    # As names are resolved: in any case, with or without the root's dot, whatever port or path follows.
    return (urlsplit(url).hostname or "").removesuffix(".")
