"""What core decides about agent wallets by itself: warnings, steps of a revocation, and that keys stay secret."""

import copy
import pickle

import msgspec
import pytest

from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.wallet import (
    ApprovedWallet,
    ChallengePurpose,
    ExpiryWarning,
    Gone,
    RevocationStep,
    WalletChallenge,
    WalletForeign,
    WalletGone,
    WalletKey,
    WalletListed,
    WalletState,
    WalletUnknown,
    expiry_warning,
    is_carried_out,
    next_step,
)

END = Instant(1_900_000_000_000)
HOUR, DAY = 3_600_000, 86_400_000
SECRET = bytes(range(1, 33))

LISTED = WalletListed(name="desk", valid_until=END)
GONE = WalletGone(how=Gone.NOT_LISTED)
FOREIGN = WalletForeign(owner="0x" + "b" * 40)
UNKNOWN = WalletUnknown(cause="no answer")


def challenge(purpose: ChallengePurpose) -> WalletChallenge:
    """Make one of which only the purpose matters."""
    wallet = ApprovedWallet(master="0x" + "a" * 40, address="0x" + "c" * 40, name="desk", valid_until=END)
    return WalletChallenge(
        purpose=purpose,
        network="Testnet",
        wallet=wallet,
        approves=wallet.address,
        valid_until=END,
        nonce=1,
        chain_id=1,
        typed_json="{}",
        text="",
    )


@pytest.mark.parametrize(
    ("left_ms", "told", "expected"),
    [
        (15 * DAY, None, None),
        (14 * DAY + 1, None, None),
        (14 * DAY, None, ExpiryWarning.DAYS_14),
        (14 * DAY, ExpiryWarning.DAYS_14, None),
        (4 * DAY, ExpiryWarning.DAYS_14, None),
        (3 * DAY, ExpiryWarning.DAYS_14, ExpiryWarning.DAYS_3),
        (3 * DAY, ExpiryWarning.DAYS_3, None),
        (DAY + 1, ExpiryWarning.DAYS_3, None),
        (DAY, ExpiryWarning.DAYS_3, ExpiryWarning.DAYS_1),
        (HOUR, ExpiryWarning.DAYS_1, None),
        (1, ExpiryWarning.DAYS_1, None),
        (0, ExpiryWarning.DAYS_1, ExpiryWarning.EXPIRED),
        (-DAY, ExpiryWarning.EXPIRED, None),
        (2 * DAY, None, ExpiryWarning.DAYS_3),
        (-1, None, ExpiryWarning.EXPIRED),
        (10 * DAY, ExpiryWarning.DAYS_3, None),
    ],
)
def test_expiry_warning_is_told_at_its_threshold_and_once(
    left_ms: int, told: ExpiryWarning | None, expected: ExpiryWarning | None
) -> None:
    """At the millisecond; only the nearest one where several were missed; none again when a clock is set back."""
    assert expiry_warning(END, Instant(END - left_ms), told) is expected


def test_expiry_warning_looked_for_each_hour_comes_four_times() -> None:
    """Over the whole life of a wallet."""
    told: ExpiryWarning | None = None
    heard = []
    for hours_left in range(90 * 24, -48, -1):
        warning = expiry_warning(END, Instant(END - hours_left * HOUR), told)
        if warning is not None:
            heard.append((hours_left, warning))
            told = warning
    assert heard == [
        (336, ExpiryWarning.DAYS_14),
        (72, ExpiryWarning.DAYS_3),
        (24, ExpiryWarning.DAYS_1),
        (0, ExpiryWarning.EXPIRED),
    ]


def test_expiry_warning_of_a_wallet_without_end_never_comes() -> None:
    """There is nothing to warn of."""
    assert expiry_warning(None, END, None) is None


@pytest.mark.parametrize(
    ("purpose", "state", "step"),
    [
        (ChallengePurpose.REVOKE, GONE, RevocationStep.DONE),
        (ChallengePurpose.REVOKE, LISTED, RevocationStep.REPLACE),
        (ChallengePurpose.REVOKE, UNKNOWN, RevocationStep.LOOK_AGAIN),
        (ChallengePurpose.REVOKE, FOREIGN, RevocationStep.TELL_SOMEBODY),
        (ChallengePurpose.REPLACE, GONE, RevocationStep.DONE),
        (ChallengePurpose.REPLACE, LISTED, RevocationStep.TELL_SOMEBODY),
        (ChallengePurpose.REPLACE, UNKNOWN, RevocationStep.LOOK_AGAIN),
        (ChallengePurpose.REPLACE, FOREIGN, RevocationStep.TELL_SOMEBODY),
    ],
)
def test_revocation_is_over_only_when_the_wallet_is_gone(
    purpose: ChallengePurpose, state: WalletState, step: RevocationStep
) -> None:
    """What could not be read proves nothing, and the throwaway address is tried once."""
    assert next_step(challenge(purpose), state) is step


def test_approval_has_no_step_of_a_revocation() -> None:
    """Asking for one is a mistake in the program."""
    with pytest.raises(UsageError, match="is_carried_out"):
        next_step(challenge(ChallengePurpose.APPROVE), GONE)


def test_approval_is_carried_out_when_listed_and_a_revocation_when_gone() -> None:
    """Nothing else counts, least of all a venue that could not be read."""
    states = (LISTED, GONE, FOREIGN, UNKNOWN)
    told = {purpose: [is_carried_out(challenge(purpose), state) for state in states] for purpose in ChallengePurpose}
    assert told == {
        ChallengePurpose.APPROVE: [True, False, False, False],
        ChallengePurpose.REVOKE: [False, True, False, False],
        ChallengePurpose.REPLACE: [False, True, False, False],
    }


def test_wallet_key_shows_itself_to_nobody() -> None:
    """In no text, and to no encoder that would write it somewhere."""
    key = WalletKey("0x" + "c" * 40, SECRET)
    shown = f"{key} {key!r} {[key]} {(key, 1)}"
    assert "0x" + "c" * 40 in shown
    assert SECRET.hex() not in shown
    assert repr(SECRET) not in shown
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(UsageError, match="private key"):
            leak(key)
    for encode in (msgspec.json.encode, msgspec.to_builtins):
        with pytest.raises(TypeError):
            encode(key)
    with pytest.raises(TypeError):
        vars(key)
    assert key.reveal() == SECRET
