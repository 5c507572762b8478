"""With what an account is opened: the venue of its broker, and a key that fits wallet, network and account."""

from contextlib import AbstractAsyncContextManager

import pytest

from agentic_core.deployments.opening import by_broker, key_opener, signing_address
from agentic_core.domain import BrokerKind, DayCounters, DeploymentRecord, Fence, SkillId, Usd
from agentic_core.domain.money import ZERO
from agentic_core.domain.times import Instant
from agentic_core.errors import ConfigError, Fenced
from agentic_core.ports.account_memory import Remembered
from agentic_core.ports.live_venue import LiveVenue, VenueWish
from agentic_core.ports.venue_door import SigningPlace
from agentic_core.store.memory import MemoryStore
from agentic_core.store.vault import KeyRing
from tests.support.embedded_postgres import GivenEnvironment
from tests.support.sealed_keys import HOLDER, KEY, ROOT_A, KeyRoom, address_of
from tests.support.stored_values import AT, BTC, deployment
from tests.support.turns import LIMITS

pytestmark = pytest.mark.anyio

HERE = SigningPlace(network="Mainnet", address_of=address_of)
ELSEWHERE = SigningPlace(network="Testnet", address_of=address_of)


class NothingRemembered:
    """An account without a past."""

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return a day that begins with nothing."""
        return Remembered(day=DayCounters(day=0, baseline=Usd(ZERO)), peak=Usd(ZERO))


def wish(record: DeploymentRecord, fence: Fence) -> VenueWish:
    """Return the wish of a deployment for a venue."""
    return VenueWish(
        deployment=record, fence=fence, symbols=(BTC,), limits=LIMITS, memory=NothingRemembered(), since=AT
    )


def wrapping(record: DeploymentRecord, root: str = ROOT_A) -> GivenEnvironment:
    """Return the environment of a deployment's process."""
    keys = KeyRing.from_text(root).wrapping_keys(record.id)
    return GivenEnvironment({"AGENTIC_WRAPPING_KEY": keys.to_text()})


async def refusal(store: MemoryStore, asked: VenueWish, place: SigningPlace = HERE) -> str:
    """Ask for the key, and return why it is not handed out."""
    opener = key_opener(store.secrets, store.wallets, wrapping(asked.deployment), place, holder=HOLDER)
    with pytest.raises(ConfigError) as refused:
        await opener(asked)
    return str(refused.value)


async def test_key_is_handed_to_the_process_of_its_deployment() -> None:
    """With the lease, the wrapping keys, and a wallet of the network that is signed for."""
    store = MemoryStore()
    _, record, fence = await KeyRoom(store).ready()
    opener = key_opener(store.secrets, store.wallets, wrapping(record), HERE, holder=HOLDER)
    key = await opener(wish(record, fence))
    assert (key.address, key.reveal()) == (KEY.address, KEY.reveal())


async def test_key_of_another_network_is_not_used() -> None:
    """A wallet of the real venue never signs for a simulated one, nor the other way round."""
    store = MemoryStore()
    wallet, record, fence = await KeyRoom(store).ready()
    words = await refusal(store, wish(record, fence), ELSEWHERE)
    assert f"its agent wallet {wallet.address} is of Mainnet, and this process signs for Testnet" in words
    assert "HYPERLIQUID_URL" in words


async def test_key_is_not_handed_out_without_the_wrapping_keys() -> None:
    """The setting is named; a root key in its place opens nothing."""
    store = MemoryStore()
    _, record, fence = await KeyRoom(store).ready()
    opener = key_opener(store.secrets, store.wallets, GivenEnvironment({}), HERE, holder=HOLDER)
    with pytest.raises(ConfigError, match="set AGENTIC_WRAPPING_KEY"):
        await opener(wish(record, fence))


async def test_key_is_not_handed_out_without_the_lease() -> None:
    """An older epoch is refused by the store."""
    store = MemoryStore()
    _, record, fence = await KeyRoom(store).ready()
    stale = Fence(account=fence.account, epoch=fence.epoch - 1)
    opener = key_opener(store.secrets, store.wallets, wrapping(record), HERE, holder=HOLDER)
    with pytest.raises(Fenced):
        await opener(wish(record, stale))


@pytest.mark.parametrize(("network", "found"), [("Mainnet", KEY.address), ("Testnet", None)])
async def test_signing_address_is_the_wallets(network: str, found: str | None) -> None:
    """Of the network that is signed for; elsewhere it signs nothing."""
    store = MemoryStore()
    _, record, _ = await KeyRoom(store).ready()
    assert await signing_address(store.wallets, record, network) == found


async def test_paper_signs_with_no_address() -> None:
    """There is no wallet to look for."""
    assert await signing_address(MemoryStore().wallets, deployment(SkillId("s")), "Mainnet") is None


@pytest.mark.parametrize(("kind", "opened"), [(BrokerKind.PAPER, "paper"), (BrokerKind.HYPERLIQUID_MAINNET, "live")])
async def test_venue_is_the_one_of_the_broker(kind: BrokerKind, opened: str) -> None:
    """Paper never reaches the venue that takes money."""
    asked: list[str] = []

    def door(name: str) -> OpenNamed:
        return OpenNamed(name, asked)

    record = deployment(SkillId("s"), broker=kind)
    fence = Fence(account=record.account_key, epoch=1)
    by_broker(paper=door("paper"), live=door("live"))(wish(record, fence))
    assert asked == [opened]


class OpenNamed:
    """Notes that it was asked; nobody enters what it returns."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self._name = name
        self._asked = asked

    def __call__(self, wish: VenueWish) -> AbstractAsyncContextManager[LiveVenue]:
        """Return a venue that never opens."""
        self._asked.append(self._name)
        return _NeverOpened()


class _NeverOpened(AbstractAsyncContextManager[LiveVenue]):
    async def __aexit__(self, *_: object) -> None:
        """Do nothing."""
