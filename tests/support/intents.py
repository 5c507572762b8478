"""Order intents as a store hands them out, what is known of them, and every kind of evidence."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from msgspec.structs import replace

from agentic_core.domain import (
    AccountKey,
    ClientOrderId,
    DecisionId,
    Fence,
    Instant,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    Size,
    Symbol,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    SendBegan,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import Life, begin

__all__ = [
    "DEADLINE",
    "EPOCH",
    "EXPIRES",
    "LOST",
    "MADE",
    "SEARCH",
    "SENT",
    "absence",
    "contradicted",
    "every_evidence",
    "fresh",
    "made",
    "searched",
    "size",
    "told",
]

EPOCH = 7
"""Of the lease under which every intent here was prepared."""

MADE = Instant(1_000_000)
"""When it was prepared, in venue time."""

EXPIRES = Instant(1_010_000)
"""Ten seconds later."""

DEADLINE = Instant(1_015_000)
"""Five seconds of margin later; absence proves something only after it."""

SEARCH = Instant(940_000)
"""Sixty seconds before it was prepared: a search for its fills has to begin here or earlier."""

SENT = SendBegan(epoch=EPOCH)
LOST = Unclear(cause="timeout")

_STOP = Trigger(kind=TriggerKind.STOP, price=Price(Decimal(90)))


def size(units: str) -> Size:
    """Return so many units."""
    return Size(Decimal(units))


def made(style: str = "ioc", *, units: str = "2", **changes: object) -> PreparedIntent:
    """Return a durable intent to buy two BTC.

    Args:
        style: `ioc`, `gtc`, `close` and `trim` (the same, reduce-only), `stop`, or `cover` (a stop sized like the
            position).
        units: its size.
        changes: other fields of the intent.
    """
    intent = OrderIntent(
        cloid=ClientOrderId("0x000000000000000000000000000000c1"),
        symbol=Symbol("BTC"),
        side=Side.BUY,
        size=size(units),
        limit_price=Price(Decimal(100)),
        reduce_only=style in {"close", "trim", "stop", "cover"},
        time_in_force=TimeInForce.GTC if style in {"gtc", "trim"} else TimeInForce.IOC,
        trigger={"stop": _STOP, "cover": replace(_STOP, position_sized=True)}.get(style),
    )
    return PreparedIntent(
        intent=replace(intent, **changes),
        fence=Fence(account=AccountKey("mainnet:0xab"), epoch=EPOCH),
        decision=DecisionId("d1"),
        prepared_at=MADE,
        nonce=1_000_000,
        expires_at=EXPIRES,
    )


def told(life: Life, *evidence: Evidence) -> Life:
    """Return what is known after pieces of evidence that fit."""
    for each in evidence:
        learned = learn(life, each)
        assert not isinstance(learned, Contradiction), learned.detail
        life = learned.life
    return life


def fresh(*evidence: Evidence, style: str = "ioc", units: str = "2") -> Life:
    """Return what is known of a new intent after pieces of evidence that fit."""
    return told(begin(made(style, units=units)), *evidence)


def contradicted(life: Life, evidence: Evidence) -> Contradiction:
    """Return the contradiction that a piece of evidence is."""
    learned = learn(life, evidence)
    assert isinstance(learned, Contradiction), f"{evidence} passed for {learned.life}"
    return learned


def absence(read_at: int, *, since: int = SEARCH, filled: str = "0") -> AbsenceRead:
    """Return a read that did not find the order."""
    return AbsenceRead(read_at=Instant(read_at), searched_from=Instant(since), filled=size(filled))


def searched(read_at: int, filled: Size, *, since: int = SEARCH) -> FillsBooked:
    """Return the books after a search for the order's fills."""
    return FillsBooked(filled=filled, read_at=Instant(read_at), searched_from=Instant(since))


def every_evidence() -> Iterator[Evidence]:
    """Give every kind of evidence with every choice of its flags, and amounts below, at and above a size of two."""
    yield from (SendBegan(epoch=epoch) for epoch in (EPOCH - 1, EPOCH, EPOCH + 1))
    yield from (NeverLeft(send=send) for send in range(4))
    yield from (Withdrawn(epoch=epoch) for epoch in (EPOCH, EPOCH + 1))
    yield from (BurnBegan(), BurnAcknowledged(), BurnUnproven(), Unclear(cause="reset"))
    for only in (True, False):
        yield OrderRefused(reason="no", only_send=only)
        for other in (True, False):
            yield RequestRefused(reason="no", catalogued=other, only_send=only)
            for status in (399, 400, 422, 429, 499, 500, 503):
                yield HttpRefused(status=status, venue_shaped=other, only_send=only)
    for units in map(size, ("0", "0.5", "1", "2", "3")):
        yield from (AnsweredFilled(filled=units), AnsweredResting(filled=units))
        yield from (FillSeen(filled=units), FillsBooked(filled=units), searched(DEADLINE + 2_001, units))
        yield from (OrderSeen(status=status, filled=units) for status in OrderStatus)
        yield OrderSeen(status=OrderStatus.FILLED, filled=units, seen_at=MADE)
    for read_at, since, found in product((EXPIRES, DEADLINE, DEADLINE + 1, DEADLINE + 2_001), (SEARCH, MADE), "0123"):
        yield absence(read_at, since=since, filled=found)
