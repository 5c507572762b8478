"""What the venue's answers and lists mean for an agent wallet; nothing is concluded without proof."""

import pytest

from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    ApprovalTaken,
    ApprovalUnclear,
    ApprovedWallet,
    Gone,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
)
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wallet.decisions import is_pending, listed_wallets, state_of, submission_of, told_by
from agentic_hl.wire.messages.account import AgentWallet, RoleOwner, UserRole
from tests.support.resting import json_answer

NOW = Instant(1_800_000_000_000)
MASTER, ADDRESS, OTHER = ("0x" + letter * 40 for letter in "abc")
LATER = Instant(NOW + DAY_MS)
WALLET = ApprovedWallet(master=MASTER, address=ADDRESS, name="desk", valid_until=LATER)
HELD = ApprovedWallet(master=MASTER, address=OTHER, name="desk", valid_until=LATER)
PAST = ApprovedWallet(master=MASTER, address=ADDRESS, name="desk", valid_until=NOW)
OWN_ROLE = UserRole(role="agent", belongs_to=RoleOwner(user=MASTER))
NO_ROLE = UserRole(role="missing")
DEAF_TEXT = b'{"status":"err","response":"Some text that nobody pinned"}'


def err(text: str) -> Answered:
    """Make a refusal of a whole request."""
    return json_answer(b'{"status":"err","response":"' + text.encode() + b'"}')


@pytest.mark.parametrize(
    ("listed", "role", "expected"),
    [
        ((WALLET,), OWN_ROLE, WalletListed(name="desk", valid_until=LATER)),
        ((), NO_ROLE, WalletGone(how=Gone.NOT_LISTED)),
        ((), UserRole(role="user"), WalletGone(how=Gone.NOT_LISTED)),
        ((HELD,), NO_ROLE, WalletGone(how=Gone.REPLACED, replaced_by=OTHER)),
        ((PAST,), NO_ROLE, WalletGone(how=Gone.EXPIRED)),
        ((PAST,), OWN_ROLE, WalletListed(name="desk", valid_until=NOW)),
        ((), UserRole(role="agent", belongs_to=RoleOwner(user=OTHER)), WalletForeign(owner=OTHER)),
        ((WALLET,), UserRole(role="agent", belongs_to=RoleOwner(user=OTHER)), WalletForeign(owner=OTHER)),
    ],
)
def test_state_follows_from_two_reads_that_agree(
    listed: tuple[ApprovedWallet, ...], role: UserRole, expected: WalletState
) -> None:
    """The list of the master and the role of the address."""
    assert state_of(WALLET, listed, role, NOW) == expected


@pytest.mark.parametrize(("listed", "role"), [((), OWN_ROLE), ((WALLET,), NO_ROLE), ((HELD,), OWN_ROLE)])
def test_state_is_unknown_where_two_reads_disagree(listed: tuple[ApprovedWallet, ...], role: UserRole) -> None:
    """One of them lags, so nobody is to write that the wallet was revoked."""
    assert isinstance(state_of(WALLET, listed, role, NOW), WalletUnknown)


def test_wallet_past_the_end_it_was_approved_with_is_expired() -> None:
    """Also when the venue lists it no more."""
    assert state_of(PAST, (), NO_ROLE, NOW) == WalletGone(how=Gone.EXPIRED)


@pytest.mark.parametrize("name", ["desk", "desk valid_until 1800086400000"])
def test_listed_name_is_read_without_its_end(name: str) -> None:
    """The slot is the same; addresses are compared in lower case."""
    listed = AgentWallet(name=name, address="0x" + "B" * 40, valid_until=1_800_086_400_000)
    assert listed_wallets(MASTER, [listed]) == (WALLET,)


def test_listed_wallet_without_end_has_none() -> None:
    """As approvals made elsewhere may have it."""
    (wallet,) = listed_wallets(MASTER, [AgentWallet(name="", address=ADDRESS)])
    assert (wallet.name, wallet.valid_until) == ("", None)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (json_answer(b'{"status":"ok","response":{"type":"default"}}'), ApprovalTaken),
        (NeverLeft(cause="connection refused"), ApprovalNotSent),
        (Unclear(cause="reset by peer"), ApprovalUnclear),
        (err("Must deposit before performing actions. User: " + MASTER), ApprovalRejected),
        (err("User has pending agent removal"), ApprovalRejected),
        (json_answer(b"Failed to deserialize the JSON body into the target type", status=422), ApprovalRejected),
        (err("Invalid nonce: duplicate nonce 1800000000000"), ApprovalUnclear),
        (json_answer(DEAF_TEXT), ApprovalUnclear),
        (json_answer(b"null", status=429), ApprovalUnclear),
        (Answered(status=502, body=b"<html></html>", content_type="text/html"), ApprovalUnclear),
        (Answered(status=200, body=b"<html></html>", content_type="text/html"), ApprovalUnclear),
        (json_answer(b'{"status":"ok","response":{"type":"order","data":{"statuses":[]}}}'), ApprovalUnclear),
    ],
)
def test_answer_is_a_refusal_only_with_proof(outcome: HttpOutcome, kind: type[object]) -> None:
    """Whatever else comes back, the venue has to be looked at."""
    assert type(submission_of(told_by(outcome))) is kind


def test_unclear_answer_keeps_the_words_of_the_venue() -> None:
    """A person may know them."""
    unclear = submission_of(told_by(json_answer(DEAF_TEXT)))
    assert unclear == ApprovalUnclear(cause="Some text that nobody pinned")


@pytest.mark.parametrize(("was_pending", "kind"), [(False, ApprovalUnclear), (True, ApprovalRejected)])
def test_used_nonce_after_a_pending_removal_asks_for_another_signature(
    kind: type[object], *, was_pending: bool
) -> None:
    """The refusal before used it up; without one, an earlier copy may have been carried out."""
    outcome = err("Invalid nonce: duplicate nonce 1800000000000")
    submission = submission_of(told_by(outcome), was_pending=was_pending)
    assert type(submission) is kind
    assert getattr(submission, "sign_again", False) is was_pending


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (err("User has pending agent removal"), True),
        (err("Must deposit before performing actions."), False),
        (json_answer(b'{"status":"ok","response":{"type":"default"}}'), False),
        (Unclear(cause="reset by peer"), False),
    ],
)
def test_pending_removal_is_told_from_everything_else(outcome: HttpOutcome, *, expected: bool) -> None:
    """Only then is the same signature sent again."""
    assert is_pending(told_by(outcome)) is expected
