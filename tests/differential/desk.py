"""The official SDK, which makes and signs every action by itself, with a letter box in place of the network."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hyperliquid.exchange import Exchange
from hyperliquid.utils.signing import sign_l1_action, sign_user_signed_action

from agentic_hl.wire.messages.listings import Meta, PerpDex, SpotMeta
from agentic_hl.wire.names import Universe
from agentic_hl.wire.network import Network

__all__ = ["COINS", "UNIVERSE", "Desk", "Sent", "desk", "wallet"]

_PERPS = ("BTC", "ETH", "ATOM", "MATIC", "kPEPE", "SOL")
_BUILDER_PERPS = ("xyz:TSLA", "xyz:NVDA")
_META = {"universe": [{"name": name, "szDecimals": 2, "maxLeverage": 20} for name in _PERPS]}
_BUILDER_META = {"universe": [{"name": name, "szDecimals": 3, "maxLeverage": 10} for name in _BUILDER_PERPS]}
_SPOT_META = {
    "tokens": [
        {"name": name, "index": index, "szDecimals": 2, "weiDecimals": 8}
        for name, index in (("USDC", 0), ("PURR", 1), ("HYPE", 150), ("LATE", 512))
    ],
    "universe": [
        {"name": "PURR/USDC", "index": 0, "tokens": [1, 0]},
        {"name": "@107", "index": 107, "tokens": [150, 0]},
        {"name": "@300", "index": 300, "tokens": [512, 150]},
    ],
}
_BUILDER_FROM = 110_000

UNIVERSE = Universe.of(
    msgspec.convert(_META, Meta),
    msgspec.convert(_SPOT_META, SpotMeta),
    dexs=[None, PerpDex(name="xyz")],
    dex_metas={"xyz": msgspec.convert(_BUILDER_META, Meta)},
)
"""The same lists as the SDK's, read by us."""

COINS = (*_PERPS, *_BUILDER_PERPS, "PURR/USDC", "@107", "HYPE/USDC", "@300", "LATE/HYPE")

_URLS = {Network.MAINNET: "https://api.hyperliquid.xyz", Network.TESTNET: "https://api.hyperliquid-testnet.xyz"}


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What the SDK would have sent."""

    network: Network
    action: Mapping[str, Any]
    nonce: int
    signature: Mapping[str, Any]
    vault: str | None
    """The account that the desk acts for."""
    answer: object
    """What the SDK's method returned."""


class Desk(Exchange):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's `Exchange`, unchanged but for where its requests go."""

    posted: Mapping[str, Any]

    def __init__(self, network: Network) -> None:
        super().__init__(wallet(1), _URLS[network], meta=_META, spot_meta=_SPOT_META)
        self.info.set_perp_meta(_BUILDER_META, _BUILDER_FROM)
        self.network = network

    def post(self, url_path: str, payload: Mapping[str, Any]) -> dict[str, object]:
        """Keep a request."""
        assert url_path == "/exchange"
        self.posted = payload
        return {}

    def hand_in(self, action: Mapping[str, object], nonce: int, *, with_vault: bool) -> None:
        """Sign and keep an action for which the SDK has no method."""
        vault = self.vault_address if with_vault else None
        is_mainnet = self.network is Network.MAINNET
        signature = sign_l1_action(self.wallet, action, vault, nonce, self.expires_after, is_mainnet)
        self._post_action(action, signature, nonce)

    def hand_in_signed(self, action: dict[str, object], fields: Mapping[str, str], name: str, nonce: int) -> None:
        """Sign field by field and keep an action for which the SDK has no method."""
        types = [{"name": key, "type": kind} for key, kind in fields.items()]
        is_mainnet = self.network is Network.MAINNET
        primary = f"HyperliquidTransaction:{name}"
        signature = sign_user_signed_action(self.wallet, action, types, primary, is_mainnet)
        self._post_action(action, signature, nonce)

    def sent(self, answer: object) -> Sent:
        """Return the request that was kept last."""
        return Sent(
            network=self.network,
            action=self.posted["action"],
            nonce=self.posted["nonce"],
            signature=self.posted["signature"],
            vault=self.vault_address,
            answer=answer,
        )


@cache
def desk(network: Network) -> Desk:
    """Return the desk of a network; its wallet, vault and expiry are set before each use."""
    return Desk(network)


@cache
def wallet(number: int) -> LocalAccount:
    """Return one of many wallets."""
    made: LocalAccount = Account.from_key(f"0x{number:064x}")
    return made
