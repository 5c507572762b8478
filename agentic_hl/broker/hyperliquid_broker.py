"""The broker of one account at the live venue: one signed action a time, and what became of it."""

from typing import Final

import anyio

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.order import PreparedIntent, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind
from agentic_core.errors import ConfigError, UsageError, VenueUnavailable
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.broker import BrokerCapabilities, Burned, NotBurned, Observation
from agentic_core.ports.environment import Environment
from agentic_hl.broker.account import dollars_of, snapshot_of
from agentic_hl.broker.allowance import Allowance
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.boot import ACCEPTED_MODES, LIVE_SWITCH, live_denial
from agentic_hl.broker.fill_search import FillSearch
from agentic_hl.broker.intent_actions import check_sendable
from agentic_hl.broker.observing import Observing
from agentic_hl.broker.sender import Sender
from agentic_hl.broker.sendings import Sendings
from agentic_hl.broker.terms import BrokerTimes, TradedAccount, VenueAccess
from agentic_hl.rest.failures import readable
from agentic_hl.rest.queries import clearinghouse_state, spot_state
from agentic_hl.wire.messages.account import ClearinghouseState, SpotState, is_united
from agentic_hl.wire.signing import Signer

__all__ = ["HyperliquidBroker"]

_CAPABILITIES: Final = BrokerCapabilities(kind=BrokerKind.HYPERLIQUID_MAINNET, rests_stops=True, burns_nonces=True)
_MS_PER_S: Final = 1_000
_LOOKS_MAX: Final = 3
_TIMES: Final = BrokerTimes()


class HyperliquidBroker:
    """Sends, observes and burns the intents of one account by the key of its agent wallet."""

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
        self._access: Final = access
        self._memory: Final = memory
        self._times: Final = times
        self._sendings: Final = Sendings()
        self._asking: Final = Asking(access.rest, times.question_ms)
        self._fills: Final = FillSearch(self._asking, account.address)
        self._allowance: Final = Allowance(self._asking, access.clock, account.address)
        self._sender: Final = Sender(account, signer, access, self._allowance, times)
        self._observing: Final = Observing(self._asking, self._fills, access.venue_clock, account.address, times)

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""
        return _CAPABILITIES

    async def warm_up(self) -> None:
        """Read what the first send would otherwise wait for: the venue's time, its listings, and the allowance.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        await self._access.venue_clock.sync()
        await self._access.metas.listed()
        await self._allowance.refresh()

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Send one intent once, and return what is known of it after five seconds at the latest.

        Sending the same one again, also at the same time, returns the first outcome; only one of which provably nothing
        left is sent again. One whose nonce was given to a noop before never leaves.

        Raises:
            UsageError: the intent is of another account, or lacks what its kind needs.
            InputError: its symbol cannot be traded.
            WireError: its price or size is not legal at the venue.
        """
        self._check_account(prepared)
        check_sendable(prepared)
        sending = self._sendings.get(prepared.intent.cloid)
        if sending is None:
            sending = self._sendings.begin(prepared)
            try:
                with anyio.move_on_after(self._times.call_ms / _MS_PER_S):
                    await self._sender.act(sending, self._fills)
            finally:
                self._sendings.end(sending)
        await sending.ended.wait()
        return sending.outcome

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Ask the venue what became of an intent, and for its fills since a while before it was prepared.

        Raises:
            UsageError: the intent is of another account.
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        self._check_account(prepared)
        sending = self._sendings.get(prepared.intent.cloid)
        return await self._observing.observe(prepared, None if sending is None else sending.oid)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Use the intent's nonce up with a noop; this process never sends the intent afterwards.

        Raises:
            UsageError: the intent is of another account.
        """
        self._check_account(prepared)
        if prepared.nonce is None:  # without one nothing can have been signed
            return Burned()
        self._sendings.forbid(prepared)
        with anyio.move_on_after(self._times.call_ms / _MS_PER_S):
            return await self._sender.burn(prepared)
        return NotBurned(cause=f"no answer within {self._times.call_ms} ms")

    async def account(self) -> AccountSnapshot:
        """Return the account as the venue sees it now.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        united = is_united(self._account.mode)
        state, spot = await self._united() if united else (await self._state(), None)
        return readable(snapshot_of(state, spot, self._memory))

    async def _united(self) -> tuple[ClearinghouseState, SpotState]:
        # A fill between the two answers would be in one of them alone, and its profit in both or in neither: the
        # positions are those of a moment at which the dollars were the same before and after.
        balances = spot_state(self._account.address)
        before = await self._asking.ask(balances)
        for _ in range(_LOOKS_MAX):
            state = await self._state()
            after = await self._asking.ask(balances)
            if dollars_of(before) == dollars_of(after):
                return state, after
            before = after
        message = f"the dollars of {self._account.address} changed during each of {_LOOKS_MAX} looks; ask again"
        raise VenueUnavailable(message)

    async def _state(self) -> ClearinghouseState:
        state = await self._asking.ask(clearinghouse_state(self._account.address))
        self._access.venue_clock.heard(Instant(state.time))
        return state

    def _check_account(self, prepared: PreparedIntent) -> None:
        if prepared.fence.account != self._account.key:
            message = f"{prepared.intent.cloid} is of {prepared.fence.account}, and this broker's {self._account.key}"
            raise UsageError(message)
