"""The live broker over the simulated venue: an owner with 10,000 dollars, BTC at 100, and a wallet that may trade."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, DayCounters, Instant, OrderIntent, PreparedIntent, Usd
from agentic_core.domain.times import day_of
from agentic_core.ports.account_memory import Remembered
from agentic_core.ports.budgets import Bucket
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_hl.broker import BrokerTimes, HyperliquidBroker, TradedAccount, VenueAccess, VenueClock
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.rest import (
    Answered,
    HttpOutcome,
    HttpTransport,
    HyperliquidRest,
    IpBudget,
    MemoryBudgets,
    weight_bucket,
)
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import Venue, VenueOptions
from agentic_hl.wire.approval import approve_agent_wallet
from agentic_hl.wire.envelope import sign_user_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.clocks import VirtualClock
from tests.support.markets import ACCOUNT, AT, prepared
from tests.support.resting import GivenEntropy

__all__ = [
    "OPTIONS",
    "OWNER",
    "WALLET",
    "GivenEnvironment",
    "HyperliquidDesk",
    "NothingRemembered",
    "access_over",
    "approve",
    "broker_over",
    "sendable",
]

OWNER = Signer.from_hex("0x" + "0b" * 32)
WALLET = Signer.from_hex("0x" + "0c" * 32)
_PLENTY = Decimal(1_000_000_000)
_NONCES = 16**4
_NO_WAITING = Bucket(name="here", capacity=1_000_000, per_minute=1_000_000)
"""While time stands still no weight flows back."""

OPTIONS = VenueOptions(
    engine=Options(
        start_prices={0: Decimal(100)},
        levels=0,
        level_usd=_PLENTY,
        print_usd=Decimal(0),
        default_leverage=10,
    )
)


class GivenEnvironment:
    """Exactly the variables that were given."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)

    def get(self, name: str) -> str | None:
        """Return one variable."""
        return self._variables.get(name)

    def mapping(self) -> Mapping[str, str]:
        """Return all of them."""
        return dict(self._variables)


LIVE = GivenEnvironment({"HYPERLIQUID_LIVE_ENABLED": "true"})


class NothingRemembered:
    """An account on its first day, at its highest value."""

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return a day that begins with this value."""
        return Remembered(day=DayCounters(day=day_of(as_of), baseline=equity), peak=equity)


def sendable(intent: OrderIntent, *, at: Instant = AT) -> PreparedIntent:
    """Return the intent as a store hands it out for the venue: with a nonce, and ten seconds to live."""
    nonce = at + int(intent.cloid, 16) % _NONCES
    return replace(prepared(intent), prepared_at=at, nonce=nonce, expires_at=Instant(at + 10_000))


def access_over(
    transport: HttpTransport, clock: Clock, entropy: Entropy, *, bucket: Bucket | None = None
) -> VenueAccess:
    """Return the way to the venue over a transport, with the weight of one address unless another bucket is given."""
    budget = IpBudget(MemoryBudgets(clock), clock, bucket or weight_bucket("here"))
    rest = HyperliquidRest(transport, clock, entropy, budget)
    return VenueAccess(rest=rest, metas=MetaCache(rest, clock), clock=clock, venue_clock=VenueClock(rest, clock))


def broker_over(
    access: VenueAccess,
    *,
    mode: str = "default",
    environment: GivenEnvironment = LIVE,
    signer: Signer = WALLET,
    times: BrokerTimes | None = None,
) -> HyperliquidBroker:
    """Return the broker of the owner's account."""
    account = TradedAccount(key=ACCOUNT, address=OWNER.address, network=Network.TESTNET, mode=mode)
    return HyperliquidBroker(account, signer, access, NothingRemembered(), environment, times or BrokerTimes())


def approve(venue: Venue, now: Instant, *, name: str = "desk", wallet: Signer = WALLET) -> None:
    """Let a wallet trade for the owner, for 90 days."""
    approval = approve_agent_wallet(wallet.address, name=name, nonce=now, network=Network.TESTNET)
    reply = venue.post("/exchange", sign_user_request(OWNER, approval, Network.TESTNET), now)
    assert b'"ok"' in reply.body, reply.body


def set_price(venue: Venue, price: str, now: Instant) -> None:
    """Move the mark and a deep book of BTC to one price; what is triggered executes there."""
    px = Decimal(price)
    venue.advance(now)
    venue.engine.set_price(0, oracle=px, mark=px, mid=px, spread=Decimal(0), levels=1)
    venue.engine.set_house(0, [(px, _PLENTY)], [(px, _PLENTY)])
    venue.settle(now)


class HyperliquidDesk:
    """A broker that reaches the venue by a call, without any network, while time stands still."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.venue = Venue(seed=7, now=AT, options=OPTIONS)
        self.venue.deposit(OWNER.address, Decimal(10_000), AT)
        approve(self.venue, AT)
        self.posted: list[tuple[str, bytes]] = []
        self.instead: dict[str, HttpOutcome] = {}
        """What is answered on a path in place of the venue."""
        self.access = access_over(self, self.clock, GivenEntropy(), bucket=_NO_WAITING)
        self.broker = broker_over(self.access)
        self.set("100")

    @property
    def actions(self) -> int:
        """How many requests went to `/exchange`."""
        return sum(1 for path, _ in self.posted if path == "/exchange")

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Answer at once, within any time."""
        assert timeout_ms > 0
        self.posted.append((path, body))
        if path in self.instead:
            return self.instead[path]
        reply = self.venue.post(path, body, self.clock.now())
        return Answered(status=reply.status, body=reply.body, content_type=reply.content_type)

    def set(self, price: str) -> None:
        """Move the mark and a deep book of BTC to one price."""
        set_price(self.venue, price, self.clock.now())

    def executed(self, cloid: ClientOrderId) -> Decimal:
        """Return the units of an order that the venue's books say were executed."""
        account = self.venue.engine.account(OWNER.address)
        assert account is not None
        return sum((fill.sz for fill in account.fills if fill.cloid == cloid), Decimal(0))
