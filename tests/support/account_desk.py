"""An account at the simulated venue that is read from outside, and the venue's own books beside it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from math import ceil

import msgspec

from agentic_core.domain import Instant
from agentic_core.ports.account_reads import AccountReads, FreshPrices
from agentic_hl.account import FollowedAccount, HyperliquidReads
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.rest import (
    Answered,
    HttpOutcome,
    HttpTransport,
    HyperliquidRest,
    IpBudget,
    MemoryBudgets,
    weight_bucket,
)
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import Account, Order
from agentic_hl.venue.terms import Grouping, Mode, OrderRequest, Tif, Trigger
from agentic_hl.venue.venue import Venue, VenueOptions
from agentic_hl.wire.actions import SubAccountTransfer, UsdSend, UserAction
from agentic_hl.wire.envelope import sign_l1_request, sign_user_request
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.markets import AT
from tests.support.resting import GivenEntropy
from tests.support.served_here import served

__all__ = ["COINS", "DESKS", "OTHER", "OWNER", "SUB", "TRAVEL_MS", "AccountDesk", "trigger"]

OWNER = Signer.from_hex("0x" + "0b" * 32)
OTHER = Signer.from_hex("0x" + "0d" * 32)
"""Somebody else who trades here."""
SUB = "0x" + "5a" * 20
"""A sub-account of the owner."""

COINS: Mapping[str, int] = {"BTC": 0, "ETH": 1}
TRAVEL_MS = 20
"""How long a question travels, and its answer."""

_HOUR_MS = 3_600_000
_PLENTY = Decimal(1_000_000)
_OPTIONS = VenueOptions(
    engine=Options(
        start_prices={0: Decimal(100), 1: Decimal(10)},
        levels=0,
        print_usd=Decimal(0),
        default_leverage=10,
        sample_ms=_HOUR_MS,
    )
)


class _PassingClock:
    # Whoever waits lets the time pass.
    def __init__(self) -> None:
        self.at = int(AT)

    def now(self) -> Instant:
        return Instant(self.at)

    def boottime_ms(self) -> int:
        return self.at - AT + 1_000

    async def sleep(self, seconds: float) -> None:
        self.at += ceil(seconds * 1_000)


class AccountDesk:
    """An owner with 10,000 dollars, another trader with more, BTC at 100 and ETH at 10 to any depth."""

    reads: AccountReads
    prices: FreshPrices

    def __init__(self, mode: Mode = Mode.DEFAULT) -> None:
        self.clock = _PassingClock()
        self.venue = Venue(seed=7, now=AT, options=_OPTIONS)
        self.meanwhile: dict[str, Callable[[], None]] = {}
        """What happens at the venue just before it answers a kind of question, once."""
        self.instead: HttpOutcome | None = None
        """What comes back in place of every answer."""
        self.over: HttpTransport | None = None
        """What carries questions to the venue in place of a call."""
        self.unreadable: list[Unreadable] = []
        for signer, usd in ((OWNER, 10_000), (OTHER, 1_000_000)):
            self.venue.deposit(signer.address, Decimal(usd), self.now)
        self.venue.engine.open_account(SUB, master=OWNER.address, name="second")
        self.set_mode(mode)
        self.quote("BTC", "100")
        self.quote("ETH", "10")
        self._connect()

    def _connect(self) -> None:
        rest = HyperliquidRest(
            self, self.clock, GivenEntropy(), IpBudget(MemoryBudgets(self.clock), self.clock, weight_bucket("here"))
        )
        followed = FollowedAccount(address=OWNER.address, mode=str(self.books.mode))
        self.reads = HyperliquidReads(rest, followed, complain=self.unreadable.append)
        self.prices = LiveMarketData(rest, self.clock, urgent=UrgentQueries(rest))

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Carry a request to the venue and its answer back."""
        self.clock.at += TRAVEL_MS
        if self.instead is not None:
            return self.instead
        kind = str(msgspec.json.decode(body).get("type"))
        self.meanwhile.pop(kind, lambda: None)()
        outcome = await self._carry(path, body, timeout_ms)
        self.clock.at += TRAVEL_MS
        return outcome

    async def _carry(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        assert timeout_ms > 0
        if self.over is not None:
            return await self.over.post(path, body, timeout_ms)
        reply = self.venue.post(path, body, self.clock.now())
        return Answered(status=reply.status, body=reply.body, content_type=reply.content_type)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> Instant:
        """The present, here and there."""
        return self.clock.now()

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass, and everything happen at the venue that is due."""
        self.clock.at += milliseconds
        self.venue.advance(self.now)

    def quote(self, coin: str, price: str) -> None:
        """Move oracle and mark, and let the house trade at that price to any depth."""
        px = Decimal(price)
        self.venue.set_price(coin, oracle=px, mark=px, mid=px, now=self.now)
        self.house(coin, bids={price: _PLENTY}, asks={price: _PLENTY})

    def house(self, coin: str, *, bids: Mapping[str, Decimal], asks: Mapping[str, Decimal]) -> None:
        """Let the house quote these units by price, best first."""
        sides = [[(Decimal(price), size) for price, size in side.items()] for side in (bids, asks)]
        self.venue.engine.set_house(COINS[coin], *sides)
        self.venue.settle(self.now)

    def place(  # noqa: PLR0913 - what an order is made of
        self,
        size: str,
        price: str,
        *,
        coin: str = "BTC",
        by: Signer = OWNER,
        tif: Tif = Tif.GTC,
        cloid: str | None = None,
        exit_at: Trigger | None = None,
        grouping: Grouping = Grouping.NONE,
    ) -> None:
        """Place an order of signed units, by whatever program; one with a trigger only reduces."""
        request = OrderRequest(
            asset=COINS[coin],
            is_buy=not size.startswith("-"),
            limit_px=Decimal(price),
            sz=abs(Decimal(size)),
            reduce_only=exit_at is not None,
            tif=None if exit_at is not None else tif,
            trigger=exit_at,
            cloid=cloid,
        )
        self.place_all([request], grouping, by=by)

    def place_all(self, requests: Sequence[OrderRequest], grouping: Grouping, *, by: Signer = OWNER) -> None:
        """Place orders in one action."""
        statuses = self.venue.engine.place(by.address, requests, grouping, time=self.now)
        assert not [status for status in statuses if isinstance(status, dict) and "error" in status], statuses
        self.venue.settle(self.now)

    def sign(self, action: UserAction | SubAccountTransfer) -> None:
        """Let the owner sign and send an action about money."""
        if isinstance(action, SubAccountTransfer):
            body = sign_l1_request(OWNER, action, nonce=self.now, network=Network.TESTNET)
        else:
            body = sign_user_request(OWNER, action, Network.TESTNET)
        reply = self.venue.post("/exchange", body, self.now)
        assert b'"ok"' in reply.body, reply.body

    def give(self, usd: str) -> None:
        """Let the other trader give the owner money."""
        action = UsdSend(destination=OWNER.address, amount=usd, nonce=self.now, network=Network.TESTNET)
        reply = self.venue.post("/exchange", sign_user_request(OTHER, action, Network.TESTNET), self.now)
        assert b'"ok"' in reply.body, reply.body

    def set_leverage(self, coin: str, value: int, *, isolated: bool = False) -> None:
        """Set a symbol."""
        self.venue.engine.update_leverage(OWNER.address, COINS[coin], not isolated, value)

    def set_mode(self, mode: Mode) -> None:
        """Let the owner keep the money otherwise."""
        self.venue.engine.set_mode(OWNER.address, mode)

    # ── the venue's books ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def books(self) -> Account:
        """The owner's account."""
        return self._account(OWNER)

    @property
    def others(self) -> Account:
        """The other trader's account."""
        return self._account(OTHER)

    @property
    def money(self) -> Decimal:
        """The dollars of the traded account, without what positions are worth."""
        return self.books.cash + (self.books.spot_usdc if self.books.mode is Mode.UNIFIED else 0)

    @property
    def resting(self) -> list[Order]:
        """The owner's live orders, oldest first."""
        return list(self.venue.engine.orders_of(OWNER.address))

    def _account(self, of: Signer) -> Account:
        account = self.venue.engine.account(of.address)
        assert account is not None
        return account


def _called(mode: Mode) -> Callable[[], AbstractAsyncContextManager[AccountDesk]]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AccountDesk]:
        yield AccountDesk(mode)

    return opened


def _over_sockets(mode: Mode) -> Callable[[], AbstractAsyncContextManager[AccountDesk]]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AccountDesk]:
        desk = AccountDesk(mode)
        async with served(desk.venue, desk.clock) as url, HttpxTransport(url) as http:
            desk.over = http
            yield desk

    return opened


DESKS: Mapping[str, Callable[[], AbstractAsyncContextManager[AccountDesk]]] = {
    "hyperliquid": _called(Mode.DEFAULT),
    "hyperliquid-sockets": _over_sockets(Mode.DEFAULT),
    "hyperliquid-unified": _called(Mode.UNIFIED),
    "hyperliquid-unified-sockets": _over_sockets(Mode.UNIFIED),
}
"""Every implementation that reads accounts, over every way an account may keep its money, and every way to it."""


def trigger(price: str, *, kind: str = "sl") -> Trigger:
    """Return a trigger to a market order: a stop, or a take-profit (`tp`)."""
    return Trigger(is_market=True, px=Decimal(price), tpsl=kind)
