"""The venue's two networks, and what each changes on the wire."""

from enum import StrEnum

__all__ = ["Network"]


class Network(StrEnum):
    """A network of the venue, spelled as in user-signed actions."""

    MAINNET = "Mainnet"
    TESTNET = "Testnet"

    @property
    def source(self) -> str:
        """What an L1 signature names the network by."""
        return "a" if self is Network.MAINNET else "b"

    @property
    def rest_url(self) -> str:
        """Where `/info` and `/exchange` are."""
        return f"https://{_HOSTS[self]}"

    @property
    def stream_url(self) -> str:
        """Where the websocket is."""
        return f"wss://{_HOSTS[self]}/ws"


_HOSTS = {Network.MAINNET: "api.hyperliquid.xyz", Network.TESTNET: "api.hyperliquid-testnet.xyz"}
