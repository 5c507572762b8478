"""Whoever gives and takes agent wallets their rights: store, vault, leases and a diary around the simulated venue."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agentic_core.deployments.approval import ApprovalOpened, WalletActive, open_approval, submit_approval
from agentic_core.deployments.wallet_check import check_wallets
from agentic_core.deployments.wallet_services import WalletServices
from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.secrets import KeyScope
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import (
    AgentWalletRecord,
    MasterWallet,
    PendingWallet,
    RevocationPlane,
    VaultKeyId,
    WalletStore,
)
from agentic_core.store.memory.wallets import MemoryWallets
from tests.support.stored_values import USER, hash_of, uuid_of
from tests.support.wallet_room import CHAIN, OWNER, WalletRoom, typed_signature

__all__ = ["BrokenWallets", "Line", "WalletFlow"]

Line = tuple[LogEvent, LogLevel, dict[str, str | int | None]]
_T = TypeVar("_T")


class BrokenWallets(MemoryWallets):
    """A store of which some methods fail while the test names them."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()

    async def stage(self, pending: PendingWallet) -> None:
        """Keep a wallet, if it works."""
        self._work("stage")
        await super().stage(pending)

    async def activate(self, address: str, *, valid_until: Instant, at: Instant) -> AgentWalletRecord:
        """Make a wallet active, if it works."""
        self._work("activate")
        return await super().activate(address, valid_until=valid_until, at=at)

    async def revoke(self, address: str, *, at: Instant) -> AgentWalletRecord:
        """Revoke a wallet, if it works."""
        self._work("revoke")
        return await super().revoke(address, at=at)

    async def reached(self, address: str, plane: RevocationPlane, *, at: Instant) -> AgentWalletRecord:
        """Note a plane, if it works."""
        self._work("reached")
        return await super().reached(address, plane, at=at)

    def _work(self, method: str) -> None:
        if method in self.broken:
            message = f"the database went away during {method}"
            raise StoreUnavailable(message)


class WalletFlow:
    """One user with one account; `services` is as a process has it that was just started."""

    def __init__(self, store: WalletStore | None = None) -> None:
        self.room = WalletRoom()
        self.store: WalletStore = store or MemoryWallets()
        self.vault: dict[VaultKeyId, WalletKey | None] = {}
        """Keys by their names; None for one that was destroyed."""
        self.no_lease: list[str] = []
        """Addresses of which the lease was taken away, in order."""
        self.in_use: str | None = None
        """Why no wallet may lose its name now."""
        self.failing: set[str] = set()
        """Of the vault and the leases: `seal`, `destroy`, `revoke_lease`."""
        self.said: list[Line] = []
        self.services = self.started()

    def started(self) -> WalletServices:
        """Return what a process has that was just started."""
        return WalletServices(
            desk=self.room.another_desk(),
            store=self.store,
            seal=self._seal,
            destroy=self._destroy,
            revoke_lease=self._revoke_lease,
            why_in_use=self._why_in_use,
            now=self.room.clock.now,
            say=self._say,
        )

    def restart(self) -> None:
        """Forget all that is not kept."""
        self.services = self.started()

    async def master(self) -> MasterWallet:
        """Pair the account."""
        return await self.store.pair(USER, OWNER, sig_hash=hash_of("proof"), at=self.room.clock.now())

    async def opened(self, *, name: str = "desk", days: int = 90) -> PendingWallet:
        """Ask for a wallet."""
        master = await self.master()
        until = Instant(self.room.clock.now() + days * DAY_MS)
        outcome = await open_approval(self.services, master, name=name, valid_until=until, chain_id=CHAIN)
        assert isinstance(outcome, ApprovalOpened)
        return outcome.pending

    async def active(self, *, name: str = "desk", days: int = 90) -> AgentWalletRecord:
        """Return a wallet that trades."""
        pending = await self.opened(name=name, days=days)
        signature = typed_signature(pending.challenge.typed_json)
        outcome = await self.wait(lambda: submit_approval(self.services, pending.wallet.address, signature))
        assert isinstance(outcome, WalletActive)
        return outcome.wallet

    async def wait(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Let the time pass that it takes."""
        return await self.room.wait(work)

    async def look(self) -> list[Line]:
        """Check all wallets once, and return what is said."""
        before = len(self.said)
        services = self.services
        now = self.room.clock.now()
        await self.room.wait(
            lambda: check_wallets(services.desk, self.store, network="Testnet", now=now, say=self._say), within_ms=0
        )
        return self.said[before:]

    async def known(self, address: str) -> AgentWalletRecord:
        """Return a wallet as it is kept."""
        found = await self.store.find(address)
        assert found is not None
        return found

    def key(self, wallet: AgentWalletRecord | PendingWallet) -> WalletKey:
        """Return a wallet's key from the vault."""
        key = self.vault[wallet.vault_key_id]
        assert key is not None
        return key

    async def _seal(self, key: WalletKey, scope: KeyScope) -> VaultKeyId:
        self._work("seal")
        name = VaultKeyId(uuid_of(f"key {len(self.vault)}"))
        self.vault[name] = key
        return name

    async def _destroy(self, name: VaultKeyId) -> None:
        self._work("destroy")
        self.vault[name] = None

    async def _revoke_lease(self, wallet: AgentWalletRecord) -> None:
        self._work("revoke_lease")
        self.no_lease.append(wallet.address)

    async def _why_in_use(self, _wallet: AgentWalletRecord) -> str | None:
        return self.in_use

    def _say(
        self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None
    ) -> None:
        assert message
        self.said.append((event, level, facts))

    def _work(self, what: str) -> None:
        if what in self.failing:
            message = f"{what} does not work"
            raise OSError(message)
