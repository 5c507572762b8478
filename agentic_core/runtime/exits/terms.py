"""What exits work with: their ports, their limits and their times."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.bounds import GapAssumptions
from agentic_core.domain.decision import Decision, PlannedOrder
from agentic_core.domain.ids import DeploymentId, Symbol, TickId
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.execution.close_ladder import CloseRules
from agentic_core.execution.stop_pricing import ProtectionRules
from agentic_core.logevents import Say
from agentic_core.ports.account_reads import AccountReads, FreshPrices
from agentic_core.ports.clock import Clock
from agentic_core.runtime.orders import OrderDesk

__all__ = ["ExitPorts", "ExitRules", "ExitTerms", "ExitTurn"]


class ExitTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Why orders are about to be written down that no decider asked for."""

    tick: TickId
    """Names these orders and no others."""
    cause: str
    """Who decided: `exit:` and a word."""
    plan: tuple[PlannedOrder, ...]
    """The orders that close something; empty for stops and cancels."""
    equity: Usd
    """As it was seen last."""


class ExitPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind the exits of one account."""

    orders: OrderDesk
    account: Callable[[], Awaitable[AccountView]]
    """Reads equity and positions; may raise `VenueUnavailable`."""
    reads: AccountReads
    prices: FreshPrices
    venue_now: Callable[[], Instant]
    clock: Clock
    say: Say
    page: Callable[[str], None]
    """Calls a human; must not wait."""
    decide: Callable[[ExitTurn], Decision]
    """Makes the decision under which orders are written down."""


class ExitRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long things take, in milliseconds."""

    protection: ProtectionRules = ProtectionRules(naked_ms_max=6_000)
    """Of the ten seconds that a position may be naked, the last four are for closing it."""
    close: CloseRules = CloseRules(view_age_ms_max=5_000)
    retry_ms: int = 1_000
    """How soon to look again at a symbol about which something is left to do."""
    rest_ms: int = 5_000
    """How soon to look again where everything is as it should be."""
    flat_ms: int = 2_000
    """How long a position has to read flat before its stops go: a read may be older than the order before it."""
    carry_ms: int = 60_000
    """How long what carries a position is believed when nothing is sent."""
    carry_wait_ms: int = 1_500
    """How long a stop waits for a price and a leverage that would place it better."""
    read_ms: int = 2_000
    """How long an answer is waited for before it is asked for again; twice as long after each that did not come."""
    read_ms_max: int = 8_000
    doubt_ms: int = 2_000
    """How long a new stop has rested when the venue is first asked whether it still does."""
    verify_ms: int = 5_000
    """How often it is asked again: each costs little, and streams lose words."""
    cover_ms: int = 2_000
    """How long a close may last before a position that has no stop any more gets one all the same."""
    poll_ms: int = 250
    """How long to wait between two reads that were of no use."""
    settle_ms: int = 5_000
    """How long the end of an order that was cancelled is waited for in one go."""
    burn_ms: int = 3_000
    """How long a flatten waits for unresolved orders of a symbol before it closes what is there."""
    again_ms: int = 60_000
    """How long after a close that called a human the next one begins."""
    lag_ms: int = 4_000
    """How long a flatten waits for what is left to vanish by itself before it acts again."""
    resolve_ms: int = 20_000
    """How long it waits so for orders whose fate is not known."""
    rounds_max: int = 5
    """How often it acts."""


class ExitTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the exits of one account have to keep to."""

    deployment: DeploymentId
    fence: Fence
    instruments: Mapping[Symbol, Instrument]
    """Of everything that is listed: positions nobody of ours opened are closed too."""
    limits: Callable[[Symbol], RiskLimits]
    """Of any symbol, also one that may not be opened."""
    assumed: GapAssumptions = GapAssumptions()
    rests_stops: bool = True
    """Whether a stop can rest at the venue; where it cannot, positions have none."""
    rules: ExitRules = ExitRules()

    def instrument(self, symbol: Symbol) -> Instrument:
        """Return the rules of a symbol, cautious ones where it is not listed."""
        return self.instruments.get(symbol) or Instrument.generic(symbol)
