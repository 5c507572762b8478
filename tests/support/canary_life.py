"""The whole life of a key, with everything that is refused on the way, by logins of their own."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from hashlib import sha256

import psycopg

from agentic_core.domain import DeploymentId, DeploymentRecord, Fence
from agentic_core.errors import Conflict, Fenced, KeyUnavailable, NotFound, StoreError, UsageError
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import AgentWalletRecord, VaultKeyId
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.vault import KeyRing
from tests.support.by_hand import execute
from tests.support.canaries import Canary
from tests.support.logged_server import LoggedServer
from tests.support.sealed_keys import HOLDER, KEY, ROOT_A, ROOT_B, SCOPE, CountedEntropy, KeyRoom, key_of
from tests.support.stored_values import AT, DEPLOYMENT, USER
from tests.support.told import error_of

__all__ = ["KeyLife"]

_SPARE = key_of("nobody approves it")
_BOTH = f"{ROOT_B},{ROOT_A}"
_RUNNER = "agentic_runner_of_the_canary"


class _RememberedEntropy(CountedEntropy):
    # Remembers the keys that were drawn from it.
    def __init__(self) -> None:
        super().__init__()
        self.keys: list[bytes] = []

    def token_bytes(self, count: int) -> bytes:
        drawn = super().token_bytes(count)
        if count == 32:
            self.keys.append(drawn)
        return drawn


class KeyLife:
    """What the web, a runner, the jobs and the operator do with a key, each with a login of its own."""

    def __init__(self, server: LoggedServer, stack: AsyncExitStack) -> None:
        self._server = server
        self._stack = stack
        self.entropy = _RememberedEntropy()
        self.errors: list[Exception] = []

    async def lived(self) -> DeploymentId:
        """Approve, deploy, bind, open, rotate, revoke and destroy, with everything that is refused on the way."""
        web = KeyRoom((await self._as("agentic_web")).acting_for(USER), self.entropy)
        wallet = await web.approved()
        await self._refused_to_the_web(web, wallet)
        made = await web.deployed(wallet)
        await web.vault().rebind(wallet.vault_key_id, made.id)
        self._enrol(made)
        runner = KeyRoom(await self._as(_RUNNER), self.entropy)
        fence = await runner.leased(made)
        for _ in range(2):
            assert (await runner.opener(made.id).open(fence, HOLDER)).reveal() == KEY.reveal()
        await self._refused_to_the_runner(runner, made, fence)
        owner = KeyRoom(await self._as("agentic"), self.entropy)
        assert (await owner.vault(_BOTH).rotate()).rewrapped == 2
        assert (await runner.opener(made.id, _BOTH).open(fence, HOLDER)).reveal() == KEY.reveal()
        await self._ended(web, wallet, runner, made, fence)
        return made.id

    def canaries(self, *deployments: DeploymentId | None) -> list[Canary]:
        """Return every secret of that life."""
        ring = KeyRing.from_text(_BOTH)
        keys = {"the key": KEY.reveal(), "the spare key": _SPARE.reveal()}
        keys |= {f"drawn key {number}": key for number, key in enumerate(self.entropy.keys)}
        keys |= {f"root {name}": sha256(name.encode()).digest() for name in ("root-a", "root-b")}
        for deployment in deployments:
            under = ring.wrapping_keys(deployment)
            keys |= {f"wrapping key {name} of {deployment}": under.reveal(name) for name in ("root-a", "root-b")}
        return [Canary(name, secret) for name, secret in keys.items()]

    async def _refused_to_the_web(self, web: KeyRoom, wallet: AgentWalletRecord) -> None:
        vault = web.vault()
        await self._fails(lambda: vault.keep(KEY, SCOPE), Conflict)
        await self._fails(lambda: vault.keep(WalletKey("0x" + "0" * 40, KEY.reveal()), SCOPE), UsageError)
        await self._fails(lambda: vault.rebind(wallet.vault_key_id, DEPLOYMENT), UsageError)
        await self._fails(lambda: vault.rebind(VaultKeyId(DEPLOYMENT), DEPLOYMENT), NotFound)
        await self._fails(lambda: vault.rebind(VaultKeyId("no id"), DEPLOYMENT), NotFound)
        await self._fails(vault.rotate, StoreError)
        await vault.keep(_SPARE, SCOPE)
        name = f"agent_key/Mainnet/{DEPLOYMENT}/{KEY.address}/unbound"
        foreign = b"select public.create_hyperliquid_agent_secret(%s, %s)"
        await self._fails(lambda: self._by_hand(foreign, f"v1.a.{'A' * 80}.{'A' * 80}", name), psycopg.Error)

    async def _refused_to_the_runner(self, runner: KeyRoom, made: DeploymentRecord, fence: Fence) -> None:
        opener, other = runner.opener(made.id), runner.opener(made.id, keys_of=DEPLOYMENT)
        stale = Fence(account=fence.account, epoch=fence.epoch + 1)
        await self._fails(lambda: opener.open(fence, "machine-2"), Fenced)
        await self._fails(lambda: opener.open(stale, HOLDER), Fenced)
        await self._fails(lambda: other.open(fence, HOLDER), KeyUnavailable)
        await self._fails(lambda: runner.opener(made.id, ROOT_B).open(fence, HOLDER), KeyUnavailable)
        await self._fails(lambda: runner.vault().keep(_SPARE, SCOPE), StoreError)

    async def _ended(
        self, web: KeyRoom, wallet: AgentWalletRecord, runner: KeyRoom, made: DeploymentRecord, fence: Fence
    ) -> None:
        opener = runner.opener(made.id, _BOTH)
        await web.store.wallets.revoke(wallet.address, at=AT)
        await self._fails(lambda: opener.open(fence, HOLDER), KeyUnavailable)
        await web.vault().destroy(wallet.vault_key_id)
        jobs = KeyRoom(await self._as("agentic_jobs"), self.entropy)
        (orphan,) = await jobs.vault().orphans(older_than_ms=0)
        await jobs.vault().destroy(orphan)
        execute(self._server.dsn, "revoke execute on function open_agent_envelope from agentic_runner")
        await self._fails(lambda: opener.open(fence, HOLDER), StoreError)

    async def _fails(self, act: Callable[[], Awaitable[object]], how: type[Exception]) -> None:
        error = await error_of(act)
        assert isinstance(error, how), error
        self.errors.append(error)

    async def _by_hand(self, statement: bytes, *values: object) -> None:
        async with await psycopg.AsyncConnection.connect(self._server.login("agentic_web")) as connection:
            await connection.execute(statement, values)

    async def _as(self, role: str) -> PostgresStore:
        return await self._stack.enter_async_context(open_store(self._server.login(role)))

    def _enrol(self, made: DeploymentRecord) -> None:
        execute(self._server.dsn, f"create role {_RUNNER} login in role agentic_runner")
        execute(
            self._server.dsn, "insert into runner_logins (role_name, deployment_id) values (%s, %s)", _RUNNER, made.id
        )
