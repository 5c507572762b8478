"""An owner with a browser wallet, the simulated venue in this process, and a desk for agent wallets between them."""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

import anyio
from eth_account import Account

from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.ports.wallet import ApprovedWallet, Submission, WalletChallenge, WalletKey, WalletState
from agentic_hl.rest import Answered, HttpOutcome, HyperliquidRest, IpBudget, MemoryBudgets, weight_bucket
from agentic_hl.venue.venue import Venue
from agentic_hl.wallet import HyperliquidWallets
from agentic_hl.wire.actions import Noop
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.clocks import VirtualClock

__all__ = ["CHAIN", "OWNER", "OWNER_KEY", "CountedEntropy", "WalletRoom", "typed_signature"]

OWNER_KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
OWNER = "0x14791697260e4c9a71f18484c9f997b308e59325"
CHAIN = 42161
_T = TypeVar("_T")


def typed_signature(typed_json: str, key: str = OWNER_KEY) -> str:
    """Sign typed data as a browser wallet does, with a foreign library."""
    signed = Account.sign_typed_data(key, full_message=json.loads(typed_json))
    return "0x" + bytes(signed.signature).hex()


class CountedEntropy:
    """Bytes that are never the same twice."""

    def __init__(self) -> None:
        self._drawn = 0

    def uuid(self) -> str:
        """Return a number."""
        self._drawn += 1
        return f"00000000-0000-4000-8000-{self._drawn:012d}"

    def token_bytes(self, count: int) -> bytes:
        """Return the next number in so many bytes."""
        self._drawn += 1
        return self._drawn.to_bytes(count, "big")


class WalletRoom:
    """Everything on one clock; `interfere` may answer a post instead of the venue, or change what it answered."""

    def __init__(self, network: Network = Network.TESTNET) -> None:
        self.clock = VirtualClock()
        self.venue = Venue(seed=7, now=self.clock.now())
        self.venue.engine.deposit(OWNER, Decimal(10_000))
        self.entropy = CountedEntropy()
        self.network = network
        self.posts: list[tuple[str, bytes]] = []
        self.interfere: Callable[[str, bytes], HttpOutcome | None] = lambda _path, _body: None
        self.desk = self.another_desk()

    def another_desk(self) -> HyperliquidWallets:
        """Return a desk as a process has it that was just started."""
        budget = IpBudget(MemoryBudgets(self.clock), self.clock, weight_bucket("here"))
        rest = HyperliquidRest(self, self.clock, self.entropy, budget)
        return HyperliquidWallets(rest, self.clock, self.entropy, self.network)

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Answer as the venue does, unless somebody interferes."""
        self.posts.append((path, body))
        return self.interfere(path, body) or self.at_venue(path, body)

    def at_venue(self, path: str, body: bytes) -> Answered:
        """Let the venue itself answer."""
        reply = self.venue.post(path, body, self.clock.now())
        return Answered(status=reply.status, body=reply.body, content_type=reply.content_type)

    def wallet(self, key: WalletKey, name: str = "desk", days: int = 90) -> ApprovedWallet:
        """Return a wallet as it is to be approved."""
        until = Instant(self.clock.now() + days * DAY_MS)
        return ApprovedWallet(master=OWNER, address=key.address, name=name, valid_until=until)

    async def wait(self, work: Callable[[], Awaitable[_T]], within_ms: int = 60_000) -> _T:
        """Let time pass until something is done."""
        done: list[_T] = []

        async def run() -> None:
            done.append(await work())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await self.clock.let_pass(within_ms)
            tasks.cancel_scope.cancel()
        assert done, f"nothing came of it within {within_ms} ms"
        return done[0]

    async def submit(self, challenge: WalletChallenge, *, desk: HyperliquidWallets | None = None) -> Submission:
        """Let the owner sign, and hand it in; only the time that it takes passes."""
        signature = typed_signature(challenge.typed_json)
        return await self.wait(lambda: (desk or self.desk).submit(challenge, signature), within_ms=30_000)

    async def settle(self, challenge: WalletChallenge) -> WalletState:
        """Wait until the venue shows it, or no longer."""
        return await self.wait(lambda: self.desk.settle(challenge))

    async def state(self, wallet: ApprovedWallet) -> WalletState:
        """Look once."""
        return await self.wait(lambda: self.desk.state(wallet), within_ms=0)

    async def approved(self, name: str = "desk", days: int = 90) -> tuple[WalletKey, ApprovedWallet]:
        """Return a wallet that the venue lists."""
        key = self.desk.draw()
        wallet = self.wallet(key, name, days)
        await self.submit(self.desk.approval(wallet, chain_id=CHAIN))
        return key, wallet

    def may_act(self, key: WalletKey) -> bool:
        """Tell whether the venue takes an action that this key signs."""
        now = self.clock.now()
        body = sign_l1_request(Signer(key.reveal()), Noop(), nonce=now, network=Network.TESTNET)
        answer: dict[str, object] = json.loads(self.at_venue("/exchange", body).body)
        return answer["status"] == "ok"
