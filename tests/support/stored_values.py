"""Values for tests of the stores: one user, one skill, one deployment, and what a tick of it leaves behind."""

from decimal import Decimal
from hashlib import sha256

from agentic_core.domain import (
    Accepted,
    AccountKey,
    ActionKind,
    AgentStateRecord,
    Approved,
    BrokerKind,
    ClientOrderId,
    Decision,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    EngineResult,
    Executed,
    FeeSchedule,
    Figures,
    Fill,
    FillKind,
    GapAssumptions,
    Instant,
    IntentState,
    Interval,
    Liquidity,
    LogLine,
    LossBound,
    Noop,
    NoopResult,
    OrderIntent,
    PlannedOrder,
    Position,
    Price,
    ProposedAction,
    Side,
    SimRun,
    SimRunStatus,
    Size,
    SkillId,
    Symbol,
    TickId,
    Usage,
    Usd,
    UserId,
    client_order_id,
    derived_uuid,
    paper_account,
)
from agentic_core.logevents import LogEvent, LogLevel

__all__ = [
    "AGENT",
    "AT",
    "BOUND",
    "BTC",
    "DEPLOYMENT",
    "HELD",
    "LIVE",
    "MASTER",
    "MINUTE_MS",
    "OTHER_WALLET",
    "PAPER",
    "USER",
    "WALLET",
    "accepted",
    "decision",
    "deployment",
    "executed",
    "fill",
    "hash_of",
    "intent",
    "log_line",
    "sim_run",
    "state",
    "uuid_of",
]


def uuid_of(name: str) -> str:
    """Return the id that tests give to a thing of this name."""
    return derived_uuid("test", name)


def hash_of(payload: str) -> str:
    """Return the SHA-256 of a skill payload."""
    return sha256(payload.encode()).hexdigest()


MINUTE_MS = 60_000
AT = Instant(1_640_995_200_123)
"""2022-01-01 00:00:00.123Z: the milliseconds show whether instants survive exactly."""

BTC = Symbol("BTC")
USER = UserId(uuid_of("user"))
BOUND = LossBound(
    order_bps=247,
    day_bps=928,
    deployment_bps=2838,
    assumptions=GapAssumptions(
        fees=FeeSchedule(taker_rate=Decimal("0.000450"), maker_rate=Decimal("-0.00003")),
    ),
)
"""What a skill version may be stored with."""

DEPLOYMENT = DeploymentId(uuid_of("deployment"))
PAPER = paper_account(DEPLOYMENT)

MASTER = "0x" + "8" * 40
"""Whose account deployments on mainnet trade."""
WALLET = "0x" + "9" * 40
"""The agent wallet that signs for it, once it is approved."""
OTHER_WALLET = "0x" + "7" * 40
"""A second one of the same account."""
LIVE = AccountKey(f"mainnet:{MASTER}")
AGENT = derived_uuid("agent_wallet", WALLET)


def deployment(
    skill: SkillId,
    *,
    name: str = "deployment",
    version: int = 1,
    status: DeploymentStatus = DeploymentStatus.PROVISIONING,
    broker: BrokerKind = BrokerKind.PAPER,
    account: AccountKey | None = None,
) -> DeploymentRecord:
    """Return a deployment that was just admitted; one on mainnet is of `MASTER` and signs with its agent wallet."""
    key = DeploymentId(uuid_of(name))
    is_paper = broker is BrokerKind.PAPER
    return DeploymentRecord(
        id=key,
        user_id=USER,
        skill_id=skill,
        skill_version=version,
        broker_kind=broker,
        status=status,
        account_key=account or (paper_account(key) if is_paper else LIVE),
        hyperliquid_agent_id=None if is_paper else AGENT,
        created_at=AT,
    )


def decision(
    skill: SkillId,
    *,
    minute: int = 0,
    run: DeploymentId = DEPLOYMENT,
    cost: Decimal | None = Decimal(0),
    opens: bool = False,
    text: str = "",
) -> Decision:
    """Return what a tick decided: nothing, or to open a small long position."""
    tick = TickId(deployment=run, mark=Instant(AT + minute * MINUTE_MS))
    action = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(Decimal("123.450")))
    leg = PlannedOrder(symbol=BTC, side=Side.BUY, size=Size(Decimal("0.00260")), reduce_only=False)
    numbers = Figures(mark=Decimal("46377.50"), reserve_usd=Decimal("1E-9"), orders_after=3)
    return Decision(
        decision_id=tick.decision,
        trace_id=tick.trace,
        deployment=run,
        skill=skill,
        skill_version=1,
        tick_at=tick.mark,
        decided_by="rules:sma-cross",
        proposed_action=action if opens else None,
        verdict=Approved(plan=(leg,), numbers=numbers) if opens else Noop(),
        equity=Usd(Decimal("10000.123456")),
        marks={BTC: Decimal("46377.50")},
        usage=Usage(prompt_tokens=1200, completion_tokens=80, cost_usd=None if cost is None else Usd(cost)),
        final_text=text,
    )


def intent(
    minute: int = 0, *, leg: int = 0, account: AccountKey = PAPER, run: DeploymentId = DEPLOYMENT
) -> OrderIntent:
    """Return the order of a tick."""
    tick = TickId(deployment=run, mark=Instant(AT + minute * MINUTE_MS))
    return OrderIntent(
        cloid=client_order_id(account, tick.digest(), leg=leg, attempt=0),
        symbol=BTC,
        side=Side.BUY,
        size=Size(Decimal("0.00260")),
        limit_price=Price(Decimal("46841.3")),
        reduce_only=False,
        leg=leg,
    )


def fill(name: str, cloid: ClientOrderId | None = None, *, at: int = AT, kind: FillKind = FillKind.ORDER) -> Fill:
    """Return one execution."""
    return Fill(
        fill_id=name,
        cloid=cloid,
        symbol=BTC,
        side=Side.BUY,
        size=Size(Decimal("0.00130")),
        price=Price(Decimal("46400.10")),
        fee=Usd(Decimal("0.027145")),
        liquidity=Liquidity.TAKER,
        time=Instant(at),
        closed_pnl=Usd(Decimal("-0.50")),
        kind=kind,
    )


def accepted(cloid: ClientOrderId, state: IntentState, *fills: Fill) -> Accepted:
    """Return the venue's acceptance."""
    return Accepted(cloid=cloid, state=state, fills=fills, venue_order_id="77")


def state(equity: str, *, deployment: DeploymentId = DEPLOYMENT, at: int = AT) -> AgentStateRecord:
    """Return the state after a tick."""
    held = Position(symbol=BTC, size=Size(Decimal("-0.0026")), entry_cost=Usd(Decimal("120.640260")))
    return AgentStateRecord(
        deployment_id=deployment,
        equity_usd=Usd(Decimal(equity)),
        day_pnl_usd=Usd(Decimal("-1.25")),
        positions=(held,),
        marks={BTC: Decimal("46377.50")},
        last_tick_at=Instant(at),
        updated_at=Instant(at + 17),
    )


def log_line(message: str, *, at: int = AT, level: LogLevel = LogLevel.INFO) -> LogLine:
    """Return one line of the log."""
    return LogLine(
        deployment_id=DEPLOYMENT,
        ts=Instant(at),
        level=level,
        event=LogEvent.ORDER_PLACED,
        message=message,
        trace_id=TickId(deployment=DEPLOYMENT, mark=AT).trace,
        data={"cloid": "0xab", "leg": 0, "venue_order_id": None},
    )


def sim_run(skill: SkillId, name: str = "run", *, version: int = 1) -> SimRun:
    """Return a backtest that was just queued."""
    return SimRun(
        id=DeploymentId(uuid_of(name)),
        skill_id=skill,
        skill_version=version,
        user_id=USER,
        symbol=BTC,
        bars_interval=Interval.M5,
        range_from=AT,
        range_to=Instant(AT + 86_400_000),
        status=SimRunStatus.QUEUED,
        created_at=AT,
    )


HELD: EngineResult = NoopResult(reason="nothing_proposed")
"""The result of a tick that did nothing."""


def executed(cloid: ClientOrderId) -> EngineResult:
    """Return the result of a tick whose order filled."""
    return Executed(
        order_id=cloid, states={cloid: "filled"}, filled_size=Size(Decimal("0.00260")), fee=Usd(Decimal("0.054"))
    )
