"""Putting the parts of one live account together."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.domain.bounds import GapAssumptions
from agentic_core.domain.decision import Decision
from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Restriction, TradingState
from agentic_core.execution.intent import Contradiction
from agentic_core.logevents import Say
from agentic_core.ports.account_reads import AccountReads, FreshPrices
from agentic_core.ports.broker import Broker
from agentic_core.ports.clock import Clock
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.ledger import LedgerStore
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.runtime.exits import ExitDesk, ExitPorts, ExitTerms, ExitTurn, stop_planner
from agentic_core.runtime.live_account import LiveAccount
from agentic_core.runtime.orders import AccountBook, BeforeSending, OrderDesk, send_at_once
from agentic_core.runtime.watch import AccountWatch, DriftGuard, GuardRules, LatchHalt, Watched, WatchTerms

__all__ = ["AccountPorts", "AccountTerms", "join_account"]


class AccountPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a live account."""

    store: IntentStore
    ledger: LedgerStore
    broker: Broker
    reads: AccountReads
    prices: FreshPrices
    books: ExecutionBooks
    market: MarketView
    """The newest marks; what an open is judged on."""
    book: AccountBook
    """The memory that the broker was given."""
    clock: Clock
    venue_now: Callable[[], Instant]
    say: Say
    halt: LatchHalt
    page: Callable[[str], None]
    """Calls a human; must not wait."""
    state: Callable[[frozenset[Restriction]], TradingState]
    """What may be traded now, given what the account itself holds back."""
    decide: Callable[[ExitTurn], Decision]
    """Makes the decision under which exits are written down."""
    on_contradiction: Callable[[Contradiction], None] = lambda _: None
    """Told of evidence that cannot be true; must not wait."""
    before_sending: BeforeSending = send_at_once
    """Awaited before anything leaves, such as a `JournalCatchUp`."""


class AccountTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a live account has to keep to."""

    deployment: DeploymentId
    fence: Fence
    signer: str | None
    """The address that signs; None where nothing is signed."""
    instruments: Mapping[Symbol, Instrument]
    limits: RiskLimits
    watch: WatchTerms
    since: Instant
    """Since when the account is ours to answer for, the same after a restart."""
    assumed: GapAssumptions = GapAssumptions()
    guard: GuardRules = GuardRules()


def join_account(ports: AccountPorts, terms: AccountTerms) -> LiveAccount:
    """Return the account, not started yet."""

    def state() -> TradingState:
        return ports.state(account.restrictions)

    exit_terms = ExitTerms(
        deployment=terms.deployment,
        fence=terms.fence,
        instruments=terms.instruments,
        limits=lambda _: terms.limits,
        assumed=terms.assumed,
        rests_stops=ports.broker.capabilities.rests_stops,
    )
    orders = _orders(ports, terms, exit_terms, state)
    watch = _watch(ports, terms, orders)
    account = LiveAccount(
        orders,
        ExitDesk(_exit_ports(ports, orders), exit_terms),
        watch,
        DriftGuard(watch, ports.broker.account, ports.reads, ports.clock, terms.guard),
    )
    return account


def _orders(
    ports: AccountPorts, terms: AccountTerms, exit_terms: ExitTerms, state: Callable[[], TradingState]
) -> OrderDesk:
    def price(symbol: Symbol) -> Decimal | None:
        mark = ports.market.mark(symbol)
        return None if mark is None else mark.price

    return OrderDesk(
        fence=terms.fence,
        store=ports.store,
        gate=GuardedBroker(
            ports.broker, state=state, now=ports.venue_now, market=ports.market, limits=terms.limits, books=ports.books
        ),
        venue_now=ports.venue_now,
        clock=ports.clock,
        say=ports.say,
        signer=terms.signer,
        book=ports.book,
        plan_stop=stop_planner(exit_terms, price),
        on_contradiction=ports.on_contradiction,
        before_sending=ports.before_sending,
    )


def _exit_ports(ports: AccountPorts, orders: OrderDesk) -> ExitPorts:
    return ExitPorts(
        orders=orders,
        account=ports.broker.account,
        reads=ports.reads,
        prices=ports.prices,
        venue_now=ports.venue_now,
        clock=ports.clock,
        say=ports.say,
        page=ports.page,
        decide=ports.decide,
    )


def _watch(ports: AccountPorts, terms: AccountTerms, orders: OrderDesk) -> AccountWatch:
    watched = Watched(
        fence=terms.fence,
        deployment=terms.deployment,
        orders=orders,
        store=ports.store,
        ledger=ports.ledger,
        say=ports.say,
        halt=ports.halt,
        venue_now=ports.venue_now,
        since=terms.since,
    )
    return AccountWatch(watched, ports.book, terms.watch)
