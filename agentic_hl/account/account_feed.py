"""Follows one account over a stream, and reads by REST what the stream missed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from agentic_core.domain.account_events import AccountEvent, StreamTold
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_memory import AccountMemory
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.account.questions import AccountQuestions
from agentic_hl.account.telling import AccountTelling
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import Priority
from agentic_hl.stream.arrivals import Entry, entry_time
from agentic_hl.stream.connection import GapFilled, LinkChanged, StreamEvent
from agentic_hl.stream.effects import Complaint, Deliver, FreshnessChanged, GapNeeded
from agentic_hl.stream.topics import Topic, account_topic
from agentic_hl.wire.messages import channels
from agentic_hl.wire.messages.frames import Frame
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["AccountFeed"]

_OVERLAP_MS: Final = MINUTE_MS
"""How much earlier than the last entry a gap is read: entries can come late, and lists can lag."""

_SPOT: Final = "spotState"
_TOPICS: Final = (
    "clearinghouseState",
    "openOrders",
    "orderUpdates",
    "userFills",
    "userFundings",
    "userNonFundingLedgerUpdates",
    "userEvents",
    "webData3",
)
_WHOLE: Final = (
    "all topics are whole; of orders and liquidations, which the venue does not repeat, what was missed was read, and "
    "steps in between may be missing"
)


class AccountFeed:
    """Listens to a `Connection` for one account; whoever runs the connection wants `topics` of it.

    Executions, funding and transfers are told once each, oldest first, whichever way they came, by the same ids as
    REST reads have. What the streams do not repeat after a loss is read: executions, funding and the ledger since the
    last entry heard of, what rests, what became of the orders that rest no longer, and the account. Only then a
    `StreamTold` says that the stream is whole.
    """

    def __init__(
        self,
        rest: HyperliquidRest,
        account: FollowedAccount,
        memory: AccountMemory,
        venue_now: Callable[[], Instant],
        *,
        tell: Callable[[AccountEvent], None],
        tell_stream: Callable[[StreamEvent], None],
    ) -> None:
        """Take where to ask, the account, what the venue does not remember, the venue's time, and who hears of what.

        `tell` hears what happens to the account, `tell_stream` everything else that the stream says.
        """
        self._account: Final = account
        self._tell: Final = tell
        self._tell_stream: Final = tell_stream
        self._questions: Final = AccountQuestions(rest, account.address, priority=Priority.NORMAL)
        self._telling: Final = AccountTelling(account, memory, venue_now, tell=tell, complain=self._complain)
        # The balances come first, so that a state, which is told with them, finds those of its own moment.
        kinds = (_SPOT, *_TOPICS) if account.is_united else _TOPICS
        self.topics: Final[tuple[Topic, ...]] = tuple(account_topic(kind, account.address) for kind in kinds)
        """What the connection has to subscribe to."""
        self._stale: Final[set[Topic]] = set(self.topics)
        self._is_whole: bool | None = None
        self._readers: Final[Mapping[str, Callable[[GapNeeded], Awaitable[int | None]]]] = {
            "clearinghouseState": self._read_state,
            "orderUpdates": self._read_orders,
            "userFills": self._read_fills,
            "userFundings": self._read_fundings,
            "userNonFundingLedgerUpdates": self._read_ledger,
        }

    def heard(self, event: StreamEvent) -> None:
        """Take an event; what it says of the account is told, everything else passed on."""
        match event:
            case Deliver(frame=frame):
                self._take(frame)
                return
            case FreshnessChanged(topic=topic, is_fresh=True):
                self._stale.discard(topic)
                if not self._stale:
                    self._judge(is_whole=True, reason=_WHOLE)
            case FreshnessChanged(topic=topic, reason=reason) if topic in self.topics:
                self._stale.add(topic)
                self._judge(is_whole=False, reason=f"{topic.type}: {reason}")
            case LinkChanged(is_up=False, reason=reason):
                self._judge(is_whole=False, reason=reason)
            case _:
                pass
        self._tell_stream(event)

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Read what a topic missed; None where the venue gives no answer, or the topic is not of this feed.

        Of the topics that tell a whole state nothing has to be read but the account, because their next frame brings
        all of it and they are not fresh before. What `userEvents` missed is in the logs of the others.
        """
        if gap.topic not in self.topics:
            return None
        read = self._readers.get(gap.topic.type)
        try:
            return GapFilled(until=None if read is None else await read(gap))
        except VenueUnavailable as exc:
            if not exc.retryable:
                self._tell_stream(Complaint(text=f"what {gap.topic.type} missed cannot be read: {exc}"))
            return None

    def _take(self, frame: Frame) -> None:
        telling = self._telling
        match frame:
            case channels.FillsFrame(payload=told):
                telling.fills(told.fills)
            case channels.OrderUpdatesFrame(payload=updates):
                telling.updated(updates)
            case channels.FundingsFrame(payload=told):
                telling.fundings(told.fundings)
            case channels.LedgerFrame(payload=told):
                telling.ledger(told.non_funding_ledger_updates)
            case channels.UserEventFrame(payload=event):
                telling.happened(event)
            case _:
                self._take_state(frame)

    def _take_state(self, frame: Frame) -> None:
        telling = self._telling
        match frame:
            case channels.OpenOrdersFrame(payload=told):
                telling.listed(told.orders)
            case channels.SpotStateFrame(payload=told):
                telling.spot(told.spot_state)
            case channels.StateFrame(payload=told):
                telling.state(told.clearinghouse_state)
            case channels.UserStateFrame(payload=told):
                telling.mode(told.user_state.abstraction)
            case _:
                pass

    async def _read_state(self, gap: GapNeeded) -> int:
        if self._account.is_united:
            self._telling.spot(await self._questions.spot())
        state = await self._questions.state()
        self._telling.state(state)
        if self._account.is_united:
            self._telling.spot(await self._questions.spot())
        return state.time

    async def _read_orders(self, gap: GapNeeded) -> None:
        orders = self._telling.orders
        before = orders.open_ones()
        listed = await self._questions.orders()
        self._telling.listed(listed)
        for oid in sorted(before - {order.oid for order in listed}):
            if orders.is_open(oid):
                answer = await self._questions.order(oid)
                if answer.found is None:
                    orders.forget(oid)
                else:
                    self._telling.updated((answer.found,))

    async def _read_fills(self, gap: GapNeeded) -> int | None:
        fills = await self._questions.fills(self._start(gap))
        self._telling.fills(fills)
        return _newest(fills)

    async def _read_fundings(self, gap: GapNeeded) -> int | None:
        paid = await self._questions.fundings(self._start(gap))
        self._telling.fundings(paid)
        return _newest(paid)

    async def _read_ledger(self, gap: GapNeeded) -> int | None:
        moved = await self._questions.ledger(self._start(gap))
        self._telling.ledger(moved)
        return _newest(moved)

    def _start(self, gap: GapNeeded) -> int:
        return max(self._account.since, (gap.since or 0) - _OVERLAP_MS)

    def _judge(self, *, is_whole: bool, reason: str) -> None:
        if is_whole is not self._is_whole:
            self._is_whole = is_whole
            self._tell(StreamTold(is_whole=is_whole, reason=reason))

    def _complain(self, unreadable: Unreadable) -> None:
        self._tell_stream(Complaint(text=f"the venue's {unreadable.what} makes no sense: {unreadable.cause}"))


def _newest(entries: Sequence[Entry]) -> int | None:
    return entry_time(entries[-1]) if entries else None
