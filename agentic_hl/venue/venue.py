"""The whole venue without sockets and clock: requests and time come in, replies and frames go out."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_hl.venue.commits import Answer, Commits, Waiting, asked_kind, summarise
from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import Account, Event
from agentic_hl.venue.exchange import Exchange
from agentic_hl.venue.exchange.acting import ExchangeOptions
from agentic_hl.venue.fault_values import (
    ExpiredWallet,
    Fault,
    ForgottenOrders,
    HalfOpen,
    Halted,
    LaggedReads,
    PostOnly,
    RepeatedSnapshot,
    SocketsDropped,
)
from agentic_hl.venue.faults import Fate, Faults
from agentic_hl.venue.limits import (
    LIMITS_OFF,
    AddressBudget,
    Asked,
    IpWeights,
    Limits,
    exchange_weight,
    query_weight,
    result_weight,
)
from agentic_hl.venue.protocol.catalogue import too_many_requests
from agentic_hl.venue.protocol.replies import Reply, json_reply, text_reply
from agentic_hl.venue.questions.info import Info
from agentic_hl.venue.questions.reads import LaggingReads
from agentic_hl.venue.streams import Hub, StreamOptions
from agentic_hl.venue.streams.pushes import pushes_of, touched_by
from agentic_hl.venue.streams.shows import Shows
from agentic_hl.venue.terms import Market, Phase

__all__ = ["Listener", "Venue", "VenueOptions"]

Listener: TypeAlias = Callable[[Sequence[Event]], None]

_CANCELS = frozenset({"cancel", "cancelByCloid"})
_NOT_FOUND = 404
_TOO_MANY = 429
_SILENT_TOO_LONG = 504


class VenueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the venue is set up."""

    engine: Options = Options()
    exchange: ExchangeOptions = ExchangeOptions()
    streams: StreamOptions = StreamOptions()
    limits: Limits = LIMITS_OFF
    block_ms: int = 0
    """How long a block collects actions; 0 commits each at once."""


_DEFAULTS = VenueOptions()


class Venue:
    """Engine, chain side, queries, streams and faults as one; addresses are lower-case, times are ms from outside."""

    def __init__(
        self, *, seed: int, now: int, markets: Sequence[Market] = MARKETS, options: VenueOptions = _DEFAULTS
    ) -> None:
        """Open the venue."""
        self.engine = Engine(markets, options=options.engine, seed=seed, now=now)
        self.faults = Faults()
        self._budget = AddressBudget(options.limits)
        self.exchange = Exchange(self.engine, options=options.exchange, gate=self._gate)
        self.queries = Info(self.engine, self.exchange, self._budget, options.engine.fees)
        present = Info(self.engine, self.exchange, self._budget, options.engine.fees)
        self.hub = Hub(Shows(self.engine, present), self.submit, self.faults, options.streams, options.limits)
        self._names = present.markets.names
        self._weights = IpWeights(options.limits)
        self._commits = Commits(options.block_ms)
        self._lagging: LaggingReads | None = None
        self._phase_until: int | None = None
        self._listeners: list[Listener] = []

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    def post(self, path: str, body: bytes, now: int, *, peer: str = "") -> Reply:
        """Answer a request at once; where a block has to be waited for, its time comes."""
        given: list[Answer] = []
        self.submit(path, body, now, given.append, peer=peer)
        while not given and self._commits.due is not None:
            self.advance(self._commits.due)
        reply = given[0].reply if given else None
        return _page(_SILENT_TOO_LONG) if reply is None else reply

    def submit(self, path: str, body: bytes, now: int, answer: Callable[[Answer], None], *, peer: str = "") -> None:
        """Take a request; its answer may come when a later block is committed."""
        self._move(now)
        match path:
            case "/info":
                answer(self._ask(body, now, peer))
            case "/exchange":
                self._act(body, now, peer, answer)
            case _:
                answer(Answer(reply=text_reply("Not Found", status=_NOT_FOUND)))

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, now: int) -> None:
        """Do everything that is due: blocks, prices, funding, states of channels."""
        while (due := self._commits.due) is not None and due <= now:
            self._move(due)
            self._commits.commit()
        self._move(now)
        self.hub.advance(now)

    def time(self, now: int) -> int:
        """Return the venue's own time, which never goes back."""
        return max(self.engine.now, now + self.faults.skew_ms)

    def next_due(self, now: int) -> int:
        """Return when `advance` has something to do."""
        dues = [self.engine.next_due - self.faults.skew_ms, self._commits.due, self.hub.next_due(), self._phase_until]
        return max(now, min(due for due in dues if due is not None))

    @property
    def block_due(self) -> int | None:
        """When the next block is committed; None where no action waits."""
        return self._commits.due

    # ── whoever runs it ──────────────────────────────────────────────────────────────────────────────────────────

    def deposit(self, address: str, usd: Decimal, now: int) -> Account:
        """Bring money to an account, which is opened where it was not there."""
        self._move(now)
        account = self.engine.deposit(address.lower(), usd)
        self._settle(now)
        return account

    def set_price(
        self, coin: str, *, oracle: Decimal, mark: Decimal | None = None, mid: Decimal | None = None, now: int
    ) -> None:
        """Move a market; a mid that is left out is the oracle, a mark that is left out is the mid.

        Raises:
            UnknownCoin: there is none of this name.
        """
        asset = self.queries.markets.asset(coin)
        self._move(now)
        self.engine.set_price(asset, oracle=oracle, mark=mark, mid=mid)
        self._settle(now)

    def listen(self, listener: Listener) -> None:
        """Tell somebody of everything that happens from now on."""
        self._listeners.append(listener)

    def inject(self, fault: Fault, now: int) -> None:
        """Make something go wrong from now on."""
        self._move(now)
        if not self.faults.remember(fault, now):
            self._carry_out(fault, now)
        self._settle(now)

    def settle(self, now: int) -> None:
        """Tell everybody what happened, after somebody changed the engine by hand."""
        self._settle(now)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, body: bytes, now: int, peer: str) -> Answer:
        asked = asked_kind(body)
        fate = self.faults.fate(asked)
        refusal = _refused(fate) or self._overweight(peer, query_weight(asked), now)
        if refusal is not None:
            return Answer(reply=refusal)
        answered = self.queries.ask(body, self.time(now))
        self._weights.owe(peer, result_weight(answered.kind, answered.items), now)
        return _as_fated(answered.reply, fate)

    def _act(self, body: bytes, now: int, peer: str, answer: Callable[[Answer], None]) -> None:
        summary = summarise(body)
        fate = self.faults.fate(summary.kind)
        refusal = _refused(fate) or self._overweight(peer, exchange_weight(summary.batch), now)
        if refusal is not None:
            answer(Answer(reply=refusal))
            return

        def commit(at: int) -> None:
            reply = self.exchange.handle(body, self.time(at))
            self._settle(at)
            answer(_as_fated(reply, fate))

        self._commits.add(Waiting(body=body, arrived=now, commit=commit))

    def _gate(self, address: str, action: str, items: int, now: int) -> str | None:
        account = self.engine.account(address)
        if account is None:
            return None
        reserved = self.exchange.accounts.reserved.get(address, 0)
        if self.faults.spends_budget():
            used = account.requests_used + items
            return too_many_requests(used, self._budget.cap(account.volume, reserved), account.volume)
        asked = Asked(
            address=address,
            used=account.requests_used,
            items=items,
            volume=account.volume,
            reserved=reserved,
            cancels=action in _CANCELS,
        )
        return self._budget.refusal(asked, now)

    def _overweight(self, peer: str, weight: int, now: int) -> Reply | None:
        return None if self._weights.take(peer, weight, now) else json_reply(None, status=_TOO_MANY)

    def _move(self, now: int) -> None:
        if self._phase_until is not None and now >= self._phase_until:
            self._phase_until = None
            self.engine.set_phase(Phase.TRADING)
        self.engine.advance(self.time(now))
        self._settle(now)

    def _settle(self, now: int) -> None:
        events = self.engine.drain()
        touched = touched_by(events)
        if self._lagging is not None:
            self._lagging.note(touched, now)
        if not events:
            return
        for listener in self._listeners:
            listener(events)
        self.hub.publish(pushes_of(events, self._names), touched, now)

    def _carry_out(self, fault: Fault, now: int) -> None:
        match fault:
            case SocketsDropped(user=user):
                self.hub.drop(user)
            case HalfOpen(for_ms=lasting):
                self.hub.mute(None if lasting is None else now + lasting)
            case RepeatedSnapshot(channel=channel):
                self.hub.repeat(channel, now)
            case Halted(for_ms=lasting) | PostOnly(for_ms=lasting):
                self._set_phase(Phase.HALTED if isinstance(fault, Halted) else Phase.POST_ONLY, lasting, now)
            case ExpiredWallet(address=address):
                self.exchange.agents.expire(address.lower())
            case ForgottenOrders(user=user):
                self._forget_orders(user.lower())
            case LaggedReads(by_ms=lag):
                self._lag(lag, now)
            case _:
                raise AssertionError(f"{fault} was to be remembered")

    def _forget_orders(self, user: str) -> None:
        for account in list(self.engine.accounts()):
            if user in {"", account.address}:
                self.engine.forget_orders(account.address)

    def _set_phase(self, phase: Phase, lasting: int | None, now: int) -> None:
        self.engine.set_phase(phase)
        self._phase_until = None if lasting is None else now + lasting

    def _lag(self, lag_ms: int, now: int) -> None:
        if lag_ms == 0:
            self._lagging = None
        elif self._lagging is None:
            self._lagging = LaggingReads(self.engine, now)
        if self._lagging is not None:
            self._lagging.lag_ms = lag_ms
        self.queries.accounts.lag_ms = lag_ms
        self.queries.accounts.reads = self._lagging or self.engine


def _refused(fate: Fate) -> Reply | None:
    if fate.too_many:
        return json_reply(None, status=_TOO_MANY)
    return None if fate.error_instead is None else _page(fate.error_instead)


def _as_fated(reply: Reply, fate: Fate) -> Answer:
    if fate.lost:
        return Answer(reply=None)
    if fate.error_after is not None:
        reply = _page(fate.error_after)
    return Answer(reply=reply, late_ms=fate.late_ms)


def _page(status: int) -> Reply:
    text = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
    return Reply(status=status, content_type="text/html", body=text.encode())
