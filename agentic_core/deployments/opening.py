"""With what the account of a deployment is opened: which venue its broker is, and the key that signs."""

from contextlib import AbstractAsyncContextManager
from typing import assert_never

from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.trading import BrokerKind
from agentic_core.errors import ConfigError
from agentic_core.ports.environment import Environment
from agentic_core.ports.live_venue import LiveVenue, OpenVenue, VenueWish
from agentic_core.ports.secrets import SecretStore
from agentic_core.ports.venue_door import KeyOf, SigningPlace
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import WalletStore
from agentic_core.settings import wrapping_keys
from agentic_core.store.vault import LeasedKeyOpener, WrappingKeys

__all__ = ["by_broker", "key_opener", "signing_address"]


def by_broker(*, paper: OpenVenue, live: OpenVenue) -> OpenVenue:
    """Return what opens each deployment at the venue of its broker."""

    def open_venue(wish: VenueWish) -> AbstractAsyncContextManager[LiveVenue]:
        match wish.deployment.broker_kind:
            case BrokerKind.PAPER:
                return paper(wish)
            case BrokerKind.HYPERLIQUID_MAINNET:
                return live(wish)
            case never:
                assert_never(never)

    return open_venue


def key_opener(
    secrets: SecretStore, wallets: WalletStore, environment: Environment, place: SigningPlace, *, holder: str
) -> KeyOf:
    """Return what opens the sealed key of a deployment with the wrapping keys of this process.

    The store hands it only to whoever holds the lease. It is only used for the network its wallet was approved at:
    what is signed for another one is an order as well, of somebody nobody knows.

    Args:
        secrets: where sealed keys are.
        wallets: where it says whose they are.
        environment: has the wrapping keys of this deployment.
        place: what is signed for.
        holder: by what name this process holds the lease.
    """

    async def open_key(wish: VenueWish) -> WalletKey:
        under = WrappingKeys.from_text(wish.deployment.id, wrapping_keys(environment.mapping()))
        key = await LeasedKeyOpener(secrets, under, place.address_of).open(wish.fence, holder)
        wallet = await wallets.find(key.address)
        approved = "unknown" if wallet is None else wallet.network
        if approved != place.network:
            where = f"its agent wallet {key.address} is of {approved}, and this process signs for {place.network}"
            cure = "set HYPERLIQUID_URL or HYPERLIQUID_NETWORK to where it was approved"
            raise ConfigError(f"deployment {wish.deployment.id} signs nothing here: {where}; {cure}")
        return key

    return open_key


async def signing_address(wallets: WalletStore, record: DeploymentRecord, network: str) -> str | None:
    """Return the address a deployment signs with; None where it signs nothing, or its wallet is gone."""
    if record.hyperliquid_agent_id is None:
        return None
    watched = await wallets.watched(network)
    return next((each.address for each in watched if each.id == record.hyperliquid_agent_id), None)
