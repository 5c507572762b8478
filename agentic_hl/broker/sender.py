"""Signs one action, posts it once, and keeps what is known of it up to date while it is under way."""

from typing import Final

from agentic_core.domain.fill import Fill
from agentic_core.domain.order import PreparedIntent, Rejected
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Burned, NotBurned
from agentic_hl.broker.allowance import Allowance
from agentic_hl.broker.fill_search import FillSearch, Sought
from agentic_hl.broker.intent_actions import action_of
from agentic_hl.broker.readings import Executed, burn_reading, executed_by, refusal_of, send_reading, with_fills
from agentic_hl.broker.recognition import Recognition
from agentic_hl.broker.sendings import Sending
from agentic_hl.broker.terms import BrokerTimes, TradedAccount, VenueAccess
from agentic_hl.rest.transport import HttpOutcome
from agentic_hl.wire.actions import L1Action, Noop
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.errors import Refusal
from agentic_hl.wire.signing import Signer

__all__ = ["Sender"]

_MS_PER_S: Final = 1_000


class Sender:
    """Acts for one account by the key of its agent wallet."""

    def __init__(
        self, account: TradedAccount, signer: Signer, access: VenueAccess, allowance: Allowance, times: BrokerTimes
    ) -> None:
        """Take whom it acts for, and by what."""
        self._account: Final = account
        self._signer: Final = signer
        self._access: Final = access
        self._allowance: Final = allowance
        self._times: Final = times
        self._recognition: Final = Recognition(signer.address)

    async def act(self, sending: Sending, fills: FillSearch) -> None:
        """Do what an intent is for; the outcome is in the sending, also when time ends this anywhere.

        Raises:
            InputError: its symbol cannot be traded.
            WireError: its price or size is not legal at the venue.
        """
        prepared = sending.prepared
        try:
            universe = (await self._access.metas.listed()).universe
            denial = await self._denial(prepared)
        except VenueUnavailable as exc:
            sending.stay_unresolved(f"nothing left: {exc}", left=False)
            return
        body = self._signed(action_of(prepared.intent, universe), prepared, expires_after=prepared.expires_at)
        if denial is not None:
            sending.stay_unresolved(f"nothing left: {denial}", left=False)
            return
        if sending.is_burned:  # while this waited
            sending.stay_unresolved("nothing left: its nonce was given to a noop", left=False)
            return
        sending.stay_unresolved(f"no answer within {self._times.call_ms} ms", left=True)
        outcome, refusal = await self._post(body)
        unrecognised = self._recognition.heard(refusal)
        reading = send_reading(prepared.intent, outcome)
        if unrecognised is not None and isinstance(reading, Rejected):
            reading = Rejected(cloid=reading.cloid, reason=unrecognised)
        if isinstance(reading, Executed):
            await self._look_for_fills(sending, reading, fills)
        else:
            sending.outcome = reading

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Use the nonce of an intent up; without an expiry, because a late noop does no harm."""
        outcome, _ = await self._post(self._signed(Noop(), prepared))
        return burn_reading(outcome)

    async def _denial(self, prepared: PreparedIntent) -> str | None:
        expires_at, venue_clock = prepared.expires_at, self._access.venue_clock
        if expires_at is not None and venue_clock.is_known and (now := venue_clock.now()) > expires_at:
            return f"it expired at {expires_at}, and the venue's clock was {now}"
        return self._recognition.denial(prepared.intent) or await self._allowance.denial(prepared.intent)

    def _signed(self, action: L1Action, prepared: PreparedIntent, *, expires_after: int | None = None) -> bytes:
        nonce = prepared.nonce
        assert nonce is not None, "checked before"
        network = self._account.network
        return sign_l1_request(self._signer, action, nonce=nonce, network=network, expires_after=expires_after)

    async def _post(self, body: bytes) -> tuple[HttpOutcome, Refusal | None]:
        self._allowance.sent()
        outcome = await self._access.rest.exchange(body, deadline_ms=self._times.call_ms)
        refusal = refusal_of(outcome)
        self._allowance.came_back(outcome, refusal)
        return outcome, refusal

    async def _look_for_fills(self, sending: Sending, executed: Executed, search: FillSearch) -> None:
        # The outcome is kept up to date, because time may end any wait here.
        prepared, clock = sending.prepared, self._access.clock
        sending.oid = executed.oid
        sending.outcome = with_fills(prepared.intent, executed, ())
        since = Instant(prepared.prepared_at - self._times.search_back_ms)
        sought = Sought(cloid=prepared.intent.cloid, since=since, oid=executed.oid)
        ends, pause = clock.boottime_ms() + self._times.fills_ms, self._times.fills_every_ms
        looks = self._times.fills_ms > 0
        while looks:
            found = await self._found(search, sought)
            if found:
                sending.outcome = with_fills(prepared.intent, executed, found)
            left = ends - clock.boottime_ms()
            looks = left > 0 and executed_by(found) < executed.size
            if looks:
                await clock.sleep(min(pause, left) / _MS_PER_S)
            pause *= 2

    async def _found(self, search: FillSearch, sought: Sought) -> tuple[Fill, ...]:
        try:
            return await search.find(sought)
        except VenueUnavailable:
            return ()
