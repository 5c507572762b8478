"""The broker of a paper account at a live market."""

from typing import Final

from agentic_core.brokers.paper.account import PaperAccount
from agentic_core.brokers.paper.answers import Answers
from agentic_core.brokers.paper.keeping import Answered
from agentic_core.brokers.paper.said import venue_number
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.fill import Fill
from agentic_core.domain.ledger import once_each
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import Accepted, IntentState, PreparedIntent, Rejected, SendOutcome
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, BrokerCapabilities, Burned, Known, NotBurned, Observation, Searched

__all__ = ["PaperExecutor", "snapshot_of"]

_BACK_MS: Final = MINUTE_MS
"""How long before an order was written down the search for its executions starts."""
_ENDED_EMPTY: Final = frozenset({IntentState.REJECTED, IntentState.DEAD})


class PaperExecutor:
    """A `Broker`; what it answered is kept before anybody hears it."""

    def __init__(self, account: PaperAccount) -> None:
        """Execute on an account."""
        self._account: Final = account
        self._answers: Final[Answers] = account.answers

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""
        return self._account.broker.capabilities

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Perform one durable intent, once; the same one again returns the first outcome.

        Raises:
            VenueUnavailable: the market does not answer; nothing was performed.
            Fenced: the lease is lost; it counts as never performed.
            StoreError: the database refused; whether it was performed is told by `observe` of whoever opens next.
        """
        account, intent = self._account, prepared.intent
        await account.ask_for_marks(intent.symbol, at_once=True)
        async with account.present(intent.symbol):
            unseen = account.unseen(intent.symbol)
            if unseen:  # what has happened there meanwhile would come after what comes later
                message = f"nothing was performed: marks of {', '.join(unseen)} are too old; send it once they are told"
                raise VenueUnavailable(message)
            answered = self._answers.get(intent.cloid)
            if answered is not None:
                return await self._again(prepared, answered)
            account.stand_alone()
            outcome = await account.broker.perform(prepared)
            self._remember(outcome)
            await account.acted()
        return outcome

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Return what became of an order; one that never arrived is not known.

        Raises:
            VenueUnavailable: the market does not answer.
        """
        account, cloid = self._account, prepared.intent.cloid
        async with account.present() as ledger:
            searched = Searched(since=Instant(0), read_at=ledger.as_of)
            order = account.broker.order(cloid)
            if order is not None and order.state is IntentState.RESTING:
                return Known(cloid=cloid, state=order.state, fills=tuple(order.fills), searched=searched)
            fills = await self._fills(prepared)
            state = await self._state(prepared, fills)
        if state is None:
            return Absent(cloid=cloid, searched=searched)
        return Known(cloid=cloid, state=state, fills=fills, searched=searched, total=_units(fills))

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make an order that was never sent impossible; one that rests has to be cancelled first."""
        account, cloid = self._account, prepared.intent.cloid
        async with account.present():
            answered = self._answers.get(cloid)
            has_arrived = answered is not None and answered.state not in _ENDED_EMPTY
            if has_arrived or await self._fills(prepared):
                return NotBurned(cause=f"{cloid} has executed")
            burned = await account.broker.burn(prepared)
            if isinstance(burned, Burned) and answered is None:
                self._answers.add(cloid, IntentState.REJECTED, "burned before it was sent")
                await account.acted()
        return burned

    async def account(self) -> AccountSnapshot:
        """Return the account at its market's present.

        Raises:
            VenueUnavailable: the market does not answer.
        """
        async with self._account.present():
            return snapshot_of(self._account)

    def _remember(self, outcome: SendOutcome) -> None:
        match outcome:
            case Accepted(cloid=cloid, state=state) if state is not IntentState.RESTING:
                self._answers.add(cloid, state)
            case Rejected(cloid=cloid, reason=reason):
                self._answers.add(cloid, IntentState.REJECTED, reason)
            case _:
                pass

    async def _again(self, prepared: PreparedIntent, answered: Answered) -> SendOutcome:
        cloid = answered.cloid
        if answered.state is IntentState.REJECTED:
            return Rejected(cloid=cloid, reason=answered.reason)
        fills = await self._fills(prepared)
        number = venue_number(cloid)
        return Accepted(cloid=cloid, state=answered.state, fills=fills, venue_order_id=number, total=_units(fills))

    async def _state(self, prepared: PreparedIntent, fills: tuple[Fill, ...]) -> IntentState | None:
        answered = self._answers.get(prepared.intent.cloid)
        if answered is not None:
            return answered.state
        if fills:
            return IntentState.FILLED if _units(fills) >= prepared.intent.size else IntentState.PARTIAL
        account = self._account
        known = await account.store.intents.find(account.wish.fence.account, prepared.intent.cloid)
        # What once rested arrived; it does not rest any more, and it executed nothing.
        return IntentState.DEAD if known is not None and known.state is IntentState.RESTING else None

    async def _fills(self, prepared: PreparedIntent) -> tuple[Fill, ...]:
        since, account = Instant(prepared.prepared_at - _BACK_MS), self._account
        entries = await account.store.ledger.entries(account.wish.fence.account, since)
        found = [each for each in (*entries, *account.pending.fills) if isinstance(each, Fill)]
        return tuple(once_each((each for each in found if each.cloid == prepared.intent.cloid), _name).values())


def snapshot_of(account: PaperAccount) -> AccountSnapshot:
    """Return the account, with what only its owner remembers; within `present`."""
    ledger, equity = account.ledger, account.ledger.equity
    known = account.wish.memory.recall(ledger.as_of, equity)
    return AccountSnapshot(
        as_of=ledger.as_of,
        equity=equity,
        margin_used=ledger.margin_used,
        exposure_usd=ledger.exposure(),
        day=known.day,
        peak=known.peak,
        positions=dict(ledger.positions),
        unresolved=known.unresolved,
        open_intents=known.open_intents,
    )


def _units(fills: tuple[Fill, ...]) -> Size:
    return Size(sum((fill.size for fill in fills), ZERO))


def _name(fill: Fill) -> str:
    return fill.fill_id
