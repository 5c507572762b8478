"""What the traded account gained by each kind of movement of money, in either way of keeping it."""

from decimal import Decimal

import pytest

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.times import Instant
from agentic_hl.account import FollowedAccount
from agentic_hl.account.transfers import transfer_of
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.fills import LedgerUpdate
from agentic_hl.wire.messages.reading import Reader, Unreadable
from tests.support.wire_answers import AT, encoded

ME = Address("0x" + "ab" * 20)
LOUD_ME = "0x" + "AB" * 20
SOMEBODY = "0x" + "77" * 20
SEPARATE = FollowedAccount(address=ME, mode="default")
UNITED = FollowedAccount(address=ME, mode="unifiedAccount")

_ENTRY = Reader(LedgerUpdate, "entry")


def entry(kind: str, **fields: object) -> LedgerUpdate:
    """Return an entry of the ledger as the venue writes it."""
    found = _ENTRY.read(encoded({"time": AT, "hash": "0x12", "delta": {"type": kind, **fields}}))
    assert not isinstance(found, Unreadable)
    return found


def gained(update: LedgerUpdate, account: FollowedAccount) -> str | None:
    """Return what the account gained; None where it neither gained nor lost."""
    found = transfer_of(update, account)
    assert not isinstance(found, Unreadable), found
    return None if found is None else str(found.amount)


FROM_ME = {"user": LOUD_ME, "destination": SOMEBODY}
TO_ME = {"user": SOMEBODY, "destination": LOUD_ME}
TOKEN = {"token": "HYPE", "amount": "3", "usdcValue": "90"}
DOLLARS = {"token": "USDC", "amount": "40", "usdcValue": "40", "fee": "0.0", "nativeTokenFee": "0.0", "feeToken": ""}
SENT = {"sourceDex": "", "destinationDex": ""}


@pytest.mark.parametrize(
    ("update", "separate", "united"),
    [
        (entry("deposit", usdc="100.5"), "100.5", "100.5"),
        (entry("withdraw", usdc="99", nonce=1, fee="1.0"), "-100.0", "-100.0"),
        (entry("internalTransfer", usdc="20", fee="1.0", **FROM_ME), "-21.0", "-21.0"),
        (entry("internalTransfer", usdc="20", fee="1.0", **TO_ME), "20", "20"),
        (entry("subAccountTransfer", usdc="7", **FROM_ME), "-7", "-7"),
        (entry("subAccountTransfer", usdc="7", **TO_ME), "7", "7"),
        (entry("accountClassTransfer", usdc="30", toPerp=True), "30", None),
        (entry("accountClassTransfer", usdc="30", toPerp=False), "-30", None),
        (entry("spotTransfer", **DOLLARS, **FROM_ME), None, "-40.0"),
        (entry("spotTransfer", **DOLLARS, **TO_ME), None, "40"),
        (entry("spotTransfer", **TOKEN, fee="0.1", feeToken="HYPE", **FROM_ME), None, None),
        (entry("send", **DOLLARS, **SENT, **FROM_ME), "-40.0", "-40.0"),
        (entry("send", **DOLLARS, **SENT, **TO_ME), "40", "40"),
        (entry("send", **DOLLARS, sourceDex="spot", destinationDex="", user=ME, destination=ME), "40", None),
        (entry("send", **DOLLARS, sourceDex="", destinationDex="spot", user=ME, destination=ME), "-40.0", None),
        (entry("send", **DOLLARS, sourceDex="spot", destinationDex="spot", **FROM_ME), None, "-40.0"),
        (entry("send", **TOKEN, **SENT, **FROM_ME), None, None),
        (entry("vaultCreate", usdc="100", vault=SOMEBODY, fee="10"), "-110", "-110"),
        (entry("vaultDeposit", usdc="50", vault=SOMEBODY), "-50", "-50"),
        (entry("vaultWithdraw", usdc="50", netWithdrawnUsd="45", vault=SOMEBODY, user=ME), "45", "45"),
        (entry("liquidation", liquidatedNtlPos="9000", accountValue="10", leverageType="Cross"), None, None),
        (entry("rewardsClaim", amount="5"), "5", "5"),
        (entry("somethingNew", usdc="12", **FROM_ME), "-12", "-12"),
        (entry("somethingNew", usdc="12", **TO_ME), "12", "12"),
        (entry("somethingNew", **TOKEN, **TO_ME), None, None),
    ],
    ids=lambda value: value.delta.type if isinstance(value, LedgerUpdate) else str(value),
)  # fmt: skip
def test_movement_of_money_counts_as_what_the_traded_account_gained(
    update: LedgerUpdate, separate: str | None, united: str | None
) -> None:
    """Fees are part of what went; where spot is kept apart, what moves there is not of this account."""
    assert _number(gained(update, SEPARATE)) == _number(separate)
    assert _number(gained(update, UNITED)) == _number(united)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    "update",
    [entry("deposit"), entry("deposit", usdc="a lot"), entry("accountClassTransfer", usdc="3"), entry("vaultWithdraw")],
)
def test_movement_that_cannot_be_read_is_told_as_such(update: LedgerUpdate) -> None:
    """With its kind and time, because an amount that is missing is none of zero."""
    found = transfer_of(update, SEPARATE)
    assert isinstance(found, Unreadable)
    assert f"{update.delta.type} at {AT}" in found.cause


def test_transfers_of_one_block_are_told_apart() -> None:
    """By kind, amount and the transaction; the same entry is named the same each time."""
    one, again, other = (transfer_of(entry("deposit", usdc=usd), SEPARATE) for usd in ("5", "5.0", "6"))
    assert isinstance(one, Transfer)
    assert isinstance(again, Transfer)
    assert isinstance(other, Transfer)
    assert one.transfer_id == again.transfer_id != other.transfer_id
    assert (one.at, one.kind) == (Instant(AT), "deposit")
