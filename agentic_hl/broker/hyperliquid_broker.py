"""The broker of one account at the live venue: one signed IOC order a time, and what became of it."""

from typing import Final

import anyio
import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.ids import AccountKey, ClientOrderId
from agentic_core.domain.order import IntentKind, PreparedIntent, SendOutcome, TimeInForce, Unresolved
from agentic_core.domain.side import Side
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.domain.trading import BrokerKind
from agentic_core.errors import ConfigError, InputError, UsageError, VenueUnavailable
from agentic_core.ports.broker import BrokerCapabilities, Burned, NotBurned, Observation
from agentic_core.ports.clock import Clock
from agentic_core.ports.environment import Environment
from agentic_hl.broker.account import AccountMemory, snapshot_of
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.boot import ACCEPTED_MODES, LIVE_SWITCH, live_denial
from agentic_hl.broker.fill_search import FillSearch, Sought
from agentic_hl.broker.observing import Observing
from agentic_hl.broker.readings import Executed, burn_reading, executed_by, send_reading, with_fills
from agentic_hl.broker.sendings import Sending, Sendings
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.rest.failures import readable
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.queries import clearinghouse_state, spot_state
from agentic_hl.wire.actions import IOC, Grouping, Noop, OrderLine, PlaceOrders
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.messages.account import SpotState, is_united
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import Rounding, WireError, price_text, size_text

__all__ = ["BrokerTimes", "HyperliquidBroker", "TradedAccount", "VenueAccess"]

_CAPABILITIES: Final = BrokerCapabilities(kind=BrokerKind.HYPERLIQUID_MAINNET, rests_stops=False, burns_nonces=True)
_MS_PER_S: Final = 1_000


class TradedAccount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account that is traded."""

    key: AccountKey
    """What the intents of this account name it."""
    address: Address
    network: Network
    mode: str
    """As the boot checks read it."""


class VenueAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the venue."""

    rest: HyperliquidRest
    metas: MetaCache
    clock: Clock


class BrokerTimes(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long things take, in milliseconds."""

    call_ms: int = 5_000
    """For sending or burning, the look for fills included."""
    question_ms: int = 10_000
    """For each question."""
    fills_every_ms: int = 250
    """Between two looks for fills that are not listed yet."""
    search_back_ms: int = 60_000
    """How long before an order was prepared or placed the search for its fills starts."""
    unknown_back_ms: int = 24 * HOUR_MS
    """How far back fills are searched for an order of which nothing else is known."""
    margin_ms: int = 5_000
    """How much what the venue shows may lag behind what it did."""


_TIMES: Final = BrokerTimes()


class HyperliquidBroker:
    """Sends, observes and burns orders of one account by the key of its agent wallet.

    Only IOC orders; stops, cancels and leverage are refused before anything leaves.
    """

    def __init__(
        self,
        account: TradedAccount,
        signer: Signer,
        access: VenueAccess,
        memory: AccountMemory,
        environment: Environment,
        times: BrokerTimes = _TIMES,
    ) -> None:
        """Take the account, the agent wallet's key, the way to the venue and what outlives the process.

        Raises:
            ConfigError: live trading is not switched on, or nobody here can read an account of this mode.
        """
        denial = live_denial(environment.get(LIVE_SWITCH))
        if denial is not None:
            raise ConfigError(denial)
        if account.mode not in ACCEPTED_MODES:
            message = (
                f"an account of mode {account.mode!r} cannot be traded; known: {', '.join(sorted(ACCEPTED_MODES))}"
            )
            raise ConfigError(message)
        self._account: Final = account
        self._signer: Final = signer
        self._access: Final = access
        self._memory: Final = memory
        self._times: Final = times
        self._asking: Final = Asking(access.rest, times.question_ms)
        self._fills: Final = FillSearch(self._asking, account.address)
        self._sendings: Final = Sendings()
        self._observing: Final = Observing(
            self._asking,
            self._fills,
            account.address,
            search_back_ms=times.search_back_ms,
            margin_ms=times.margin_ms,
        )

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""
        return _CAPABILITIES

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Send one order once, and return what is known of it after five seconds at the latest.

        Sending the same one again, also at the same time, returns the first outcome. So does an order whose nonce was
        given to a noop before: nothing leaves.

        Raises:
            UsageError: the intent is of another account, is no IOC order, or has no nonce or no expiry.
            InputError: its symbol cannot be traded.
            WireError: its price or size is not legal at the venue.
        """
        self._check(prepared)
        sending = self._sendings.get(prepared.intent.cloid)
        if sending is None:
            sending = self._sendings.begin(prepared)
            try:
                with anyio.move_on_after(self._times.call_ms / _MS_PER_S):
                    await self._send_first(prepared, sending)
            except (InputError, WireError):  # both come before anything leaves
                self._sendings.drop(prepared)
                raise
            finally:
                sending.ended.set()
        await sending.ended.wait()
        return sending.outcome

    async def observe(self, cloid: ClientOrderId) -> Observation:
        """Ask the venue what became of an order, and for its fills.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        sending = self._sendings.get(cloid)
        back = self._times.unknown_back_ms
        since = Instant(self._access.clock.now() - back) if sending is None else self._since(sending.prepared)
        sought = Sought(cloid=cloid, since=since, oid=None if sending is None else sending.oid)
        return await self._observing.observe(sought)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Use the order's nonce up with a noop; this process never sends the order afterwards.

        Raises:
            UsageError: the intent is of another account.
        """
        self._check_account(prepared)
        if prepared.nonce is None:  # without one nothing can have been signed
            return Burned()
        self._sendings.forbid(prepared)
        body = sign_l1_request(self._signer, Noop(), nonce=prepared.nonce, network=self._account.network)
        with anyio.move_on_after(self._times.call_ms / _MS_PER_S):
            return burn_reading(await self._access.rest.exchange(body, deadline_ms=self._times.call_ms))
        return NotBurned(cause=f"no answer within {self._times.call_ms} ms")

    async def account(self) -> AccountSnapshot:
        """Return the account as the venue sees it now.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        address = self._account.address
        spot: SpotState | None = None
        if is_united(self._account.mode):
            spot = await self._asking.ask(spot_state(address))
        state = await self._asking.ask(clearinghouse_state(address))
        return readable(snapshot_of(state, spot, self._memory))

    def _check(self, prepared: PreparedIntent) -> None:
        self._check_account(prepared)
        intent = prepared.intent
        if intent.kind is not IntentKind.ORDER or intent.time_in_force is not TimeInForce.IOC or intent.trigger:
            message = f"{intent.cloid} is {intent.kind} {intent.time_in_force}; this broker sends IOC orders only"
            raise UsageError(message)
        if prepared.nonce is None or prepared.expires_at is None:
            message = f"{intent.cloid} has nonce {prepared.nonce} and expiry {prepared.expires_at}; it needs both"
            raise UsageError(message)

    def _check_account(self, prepared: PreparedIntent) -> None:
        if prepared.fence.account != self._account.key:
            message = f"{prepared.intent.cloid} is of {prepared.fence.account}, and this broker's {self._account.key}"
            raise UsageError(message)

    async def _send_first(self, prepared: PreparedIntent, sending: Sending) -> None:
        intent = prepared.intent
        try:
            body = await self._order_body(prepared)
        except VenueUnavailable as exc:
            sending.outcome = Unresolved(cloid=intent.cloid, cause=f"nothing left: {exc}")
            return
        sending.outcome = Unresolved(cloid=intent.cloid, cause=f"no answer within {self._times.call_ms} ms")
        reading = send_reading(intent, await self._access.rest.exchange(body, deadline_ms=self._times.call_ms))
        if isinstance(reading, Executed):
            await self._look_for_fills(sending, reading)
        else:
            sending.outcome = reading

    async def _order_body(self, prepared: PreparedIntent) -> bytes:
        intent, nonce = prepared.intent, prepared.nonce
        assert nonce is not None, "checked before"
        asset = (await self._access.metas.listed()).universe.perp(intent.symbol)
        line = OrderLine(
            asset=asset.id,
            is_buy=intent.side is Side.BUY,
            limit_price=price_text(intent.limit_price, asset.size_decimals, Rounding.EXACT),
            size=size_text(intent.size, asset.size_decimals, Rounding.EXACT),
            reduce_only=intent.reduce_only,
            terms=IOC,
            cloid=intent.cloid,
        )
        action = PlaceOrders(orders=(line,), grouping=Grouping.NONE)
        network = self._account.network
        return sign_l1_request(self._signer, action, nonce=nonce, network=network, expires_after=prepared.expires_at)

    async def _look_for_fills(self, sending: Sending, executed: Executed) -> None:
        # The outcome is kept up to date, because time may end any wait here.
        intent = sending.prepared.intent
        sending.oid = executed.oid
        sending.outcome = with_fills(intent, executed, ())
        sought = Sought(cloid=intent.cloid, since=self._since(sending.prepared), oid=executed.oid)
        while True:
            try:
                fills = await self._fills.find(sought)
            except VenueUnavailable:
                fills = ()
            if fills:
                sending.outcome = with_fills(intent, executed, fills)
            if executed_by(fills) >= executed.size:
                return
            await self._access.clock.sleep(self._times.fills_every_ms / _MS_PER_S)

    def _since(self, prepared: PreparedIntent) -> Instant:
        return Instant(prepared.prepared_at - self._times.search_back_ms)
