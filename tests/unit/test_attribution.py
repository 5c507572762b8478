"""Whose something on the account is, what gives a second writer away, and what a told order proves."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, Fill, FillKind, Instant, Liquidity, Price, Side, Size, Symbol, Usd
from agentic_core.domain.account_events import OrderTold, ToldStatus
from agentic_core.execution.attribution import (
    LeaseLost,
    Owner,
    Rightful,
    SecondWriter,
    as_foreign,
    evidence_told,
    owner_of,
    standing_of,
)
from agentic_core.execution.evidence import BurnBegan, OrderSeen, OrderStatus, Withdrawn
from agentic_core.execution.life import Life
from tests.support.intents import EPOCH, LOST, SENT, fresh, made, size

NAME = ClientOrderId("0x000000000000000000000000000000c1")
NOBODY = None
ORDER, EXTERNAL, LIQUIDATION, ADL = FillKind.ORDER, FillKind.EXTERNAL, FillKind.LIQUIDATION, FillKind.ADL


@pytest.mark.parametrize(
    ("cloid", "kind", "known", "owner"),
    [
        (NAME, None, True, Owner.OURS),
        (NAME, ORDER, True, Owner.OURS),
        (NAME, LIQUIDATION, True, Owner.OURS),
        (NAME, None, False, Owner.OTHER_PROGRAM),
        (NAME, ORDER, False, Owner.OTHER_PROGRAM),
        (NAME, EXTERNAL, False, Owner.OTHER_PROGRAM),
        (NAME, LIQUIDATION, False, Owner.VENUE),
        (NAME, ADL, False, Owner.VENUE),
        (NOBODY, None, False, Owner.USER),
        (NOBODY, EXTERNAL, False, Owner.USER),
        (NOBODY, LIQUIDATION, False, Owner.VENUE),
        (NOBODY, ADL, False, Owner.VENUE),
    ],
)
def test_owner_follows_from_the_name_and_the_kind(
    cloid: ClientOrderId | None, kind: FillKind | None, known: bool, owner: Owner
) -> None:
    """A name of ours is ours, a kind of the venue's its own, no name a hand, any other name a program."""
    assert owner_of(cloid, kind, is_known=known) is owner


def test_what_bears_a_foreign_name_gives_a_second_writer_away() -> None:
    """An order or an execution, whatever it is; an execution of the venue's does not."""
    for kind in (None, ORDER, EXTERNAL):
        found = standing_of(NAME, None, epoch=EPOCH, kind=kind)
        assert isinstance(found, SecondWriter)
        assert (found.owner, found.cloid) == (Owner.OTHER_PROGRAM, NAME)
    for kind in (LIQUIDATION, ADL):
        assert standing_of(NAME, None, epoch=EPOCH, kind=kind) == Rightful(owner=Owner.VENUE)


def test_what_bears_no_name_is_rightful() -> None:
    """An owner may trade by hand, and a settlement names nobody."""
    assert standing_of(None, None, epoch=EPOCH) == Rightful(owner=Owner.USER)
    assert standing_of(None, None, epoch=EPOCH, kind=EXTERNAL) == Rightful(owner=Owner.USER)


@pytest.mark.parametrize(
    ("life", "states"),
    [
        (fresh(), "prepared"),
        (fresh(BurnBegan()), "prepared"),
        (fresh(Withdrawn(epoch=EPOCH)), "dead"),
    ],
)
def test_intent_of_ours_that_is_there_unsent_gives_a_second_writer_away(life: Life, states: str) -> None:
    """Somebody holds our intents and sends them past the store."""
    found = standing_of(NAME, life, epoch=EPOCH)
    assert isinstance(found, SecondWriter)
    assert found.owner is Owner.OURS
    assert f"{states} and never sent" in found.how


@pytest.mark.parametrize("later", [0, 1, 5])
def test_intent_that_was_sent_is_ours_whatever_came_of_it(later: int) -> None:
    """Of this lease and of those before it."""
    for life in (fresh(SENT), fresh(SENT, LOST)):
        assert standing_of(NAME, life, epoch=EPOCH + later) == Rightful(owner=Owner.OURS)


def test_intent_of_a_later_lease_says_that_ours_is_lost() -> None:
    """Sent or not: it is not for us to write any more."""
    for life in (fresh(), fresh(SENT)):
        assert standing_of(NAME, life, epoch=EPOCH - 1) == LeaseLost(cloid=NAME, epoch=EPOCH)


def _fill(kind: FillKind) -> Fill:
    return Fill(
        fill_id="BTC:1:2",
        cloid=NAME,
        symbol=Symbol("BTC"),
        side=Side.SELL,
        size=Size(Decimal("0.5")),
        price=Price(Decimal(90)),
        fee=Usd(Decimal("0.02")),
        liquidity=Liquidity.MAKER,
        time=Instant(77),
        closed_pnl=Usd(Decimal(-5)),
        kind=kind,
    )


@pytest.mark.parametrize(
    ("kind", "recorded"), [(ORDER, EXTERNAL), (EXTERNAL, EXTERNAL), (LIQUIDATION, LIQUIDATION), (ADL, ADL)]
)
def test_foreign_fill_keeps_all_but_the_claim_to_be_ours(kind: FillKind, recorded: FillKind) -> None:
    """Size, price, fee and profit count whoever caused it."""
    assert as_foreign(_fill(kind)) == _fill(recorded)


def _told(status: ToldStatus, *, left: str = "0", placed: str = "2", reduce_only: bool = False) -> OrderTold:
    return OrderTold(
        cloid=NAME,
        venue_order_id="1",
        symbol=Symbol("BTC"),
        side=Side.BUY,
        status=status,
        word=status.value,
        size=size(placed),
        left=size(left),
        reduce_only=reduce_only,
        is_trigger=False,
        at=Instant(1_002_000),
    )


@pytest.mark.parametrize(
    ("status", "left", "seen", "executed"),
    [
        (ToldStatus.OPEN, "2", OrderStatus.RESTING, "0"),
        (ToldStatus.OPEN, "0.5", OrderStatus.RESTING, "1.5"),
        (ToldStatus.TRIGGERED, "2", OrderStatus.RESTING, "0"),
        (ToldStatus.FILLED, "0", OrderStatus.FILLED, "2"),
        (ToldStatus.CANCELED, "2", OrderStatus.CANCELED, "0"),
        (ToldStatus.CANCELED, "1.25", OrderStatus.CANCELED, "0.75"),
        (ToldStatus.REJECTED, "2", OrderStatus.REJECTED, "0"),
    ],
)
def test_told_order_proves_its_state_and_what_executed(
    status: ToldStatus, left: str, seen: OrderStatus, executed: str
) -> None:
    """Whatever is not left of one that may open has executed."""
    found = evidence_told(_told(status, left=left), made("gtc").intent)
    assert found == OrderSeen(status=seen, filled=size(executed), seen_at=Instant(1_002_000))


@pytest.mark.parametrize("style", ["trim", "close", "stop", "cover"])
@pytest.mark.parametrize(
    ("status", "left", "seen"),
    [
        (ToldStatus.OPEN, "2", OrderStatus.RESTING),
        (ToldStatus.OPEN, "0.5", OrderStatus.RESTING),
        (ToldStatus.FILLED, "0", OrderStatus.FILLED),
        (ToldStatus.FILLED, "0.5", OrderStatus.FILLED),
        (ToldStatus.CANCELED, "2", OrderStatus.CANCELED),
        (ToldStatus.REJECTED, "2", OrderStatus.REJECTED),
    ],
)
def test_shrinking_of_a_reduce_only_order_counts_as_no_execution(
    style: str, status: ToldStatus, left: str, seen: OrderStatus
) -> None:
    """The venue cuts it to the position without a word, so its fills alone tell what it did."""
    found = evidence_told(_told(status, left=left), made(style).intent)
    assert found == OrderSeen(status=seen, filled=size("0"), seen_at=Instant(1_002_000))


@pytest.mark.parametrize(
    ("told", "style"),
    [
        (_told(ToldStatus.UNKNOWN, left="2"), "gtc"),
        (_told(ToldStatus.FILLED, left="0.5"), "gtc"),
        (_told(ToldStatus.CANCELED, left="0.5"), "trim"),
        (_told(ToldStatus.CANCELED, left="0"), "stop"),
        (_told(ToldStatus.REJECTED, left="1"), "close"),
        (_told(ToldStatus.CANCELED, left="0.5", reduce_only=True), "gtc"),
    ],
    ids=["unknown-word", "filled-with-rest", "shrunk-or-executed", "nothing-left", "refused-in-part", "venue-says-so"],
)
def test_doubtful_word_is_no_evidence(told: OrderTold, style: str) -> None:
    """It has to be asked for: nothing here says whether units executed or were cut off."""
    assert evidence_told(told, made(style).intent) is None


def test_standing_takes_no_notice_of_how_often_it_was_sent() -> None:
    """A repetition of ours is ours."""
    assert standing_of(NAME, replace(fresh(SENT), sends=3), epoch=EPOCH) == Rightful(owner=Owner.OURS)
