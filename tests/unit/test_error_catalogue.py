"""Every error text that is known of the venue: what it is about, and what it proves."""

import pytest

from agentic_hl.probe.assumptions import by_id
from agentic_hl.wire.assumptions import ASSUMED
from agentic_hl.wire.errors import CATALOGUE, ErrorClass, Proof, Scope, classify
from tests.support.wire_replies import ITEM_ERRORS, REQUEST_ERRORS

PROVES_LESS = {
    "order_gone": Proof.PROVES_NOTHING,
    "nonce_used": Proof.NOT_THIS_COPY,
    "nonce_invalid": Proof.NOT_THIS_COPY,
    "expired": Proof.NOT_THIS_COPY,
}
"""By class; all others prove that nothing executed."""

TRANSIENT = {"halted", "post_only_phase", "address_limit", "removal_pending"}


@pytest.mark.parametrize("text", ITEM_ERRORS)
def test_item_error_with_its_asset_has_its_class_and_proof(text: str) -> None:
    """The venue appends the asset to the text of an item."""
    refusal = classify(f"{text} asset=110003", Scope.ITEM)
    assert refusal.error_class == ITEM_ERRORS[text]
    assert refusal.proof is PROVES_LESS.get(ITEM_ERRORS[text], Proof.NOTHING_EXECUTED)
    assert refusal.asset == 110003
    assert refusal.transient is (ITEM_ERRORS[text] in TRANSIENT)


@pytest.mark.parametrize("text", ITEM_ERRORS)
def test_item_error_without_asset_has_the_same_class(text: str) -> None:
    """Older texts have no suffix."""
    refusal = classify(text, Scope.ITEM)
    assert (refusal.error_class, refusal.asset, refusal.text) == (ITEM_ERRORS[text], None, text)


@pytest.mark.parametrize("text", REQUEST_ERRORS)
def test_request_error_has_its_class_and_proof(text: str) -> None:
    """One text for the whole request."""
    refusal = classify(text, Scope.REQUEST)
    assert refusal.error_class == REQUEST_ERRORS[text]
    assert refusal.proof is PROVES_LESS.get(REQUEST_ERRORS[text], Proof.NOTHING_EXECUTED)
    assert refusal.transient is (REQUEST_ERRORS[text] in TRANSIENT)


def test_every_class_is_met_by_a_known_text() -> None:
    """Apart from the two that stand for texts nobody has pinned word for word."""
    met = {*ITEM_ERRORS.values(), *REQUEST_ERRORS.values()}
    assert {found.value for found in ErrorClass} - met == {"nonce_invalid", "unknown"}


def test_every_entry_of_the_catalogue_is_met_by_a_known_text() -> None:
    """Apart from the cross variant, which nobody has recorded."""
    texts = [text.removeprefix("L1 error: ") for text in (*ITEM_ERRORS, *REQUEST_ERRORS)]
    unmet = {entry.prefix for entry in CATALOGUE if not any(text.startswith(entry.prefix) for text in texts)}
    assert unmet == {"Cross position does not have sufficient margin"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Internal server error",
        "order has invalid price.",
        "xOrder has invalid price.",
        "Vault may not perform this action.",
        "Sub-account transfer failed",
        "User or API Wallet is on holiday",
        "Nonce mismatch.",
        "Cannot modify canceled or filled order",
        "Deserialization failed",
    ],
)
@pytest.mark.parametrize("scope", Scope)
def test_text_nobody_pinned_proves_nothing(text: str, scope: Scope) -> None:
    """Also one that begins like a pinned text and says something else."""
    refusal = classify(text, scope)
    assert (refusal.error_class, refusal.proof, refusal.transient) == (
        ErrorClass.UNKNOWN,
        Proof.PROVES_NOTHING,
        False,
    )


@pytest.mark.parametrize(
    "text", ["Invalid nonce: nonce too low 5 < 9", "Invalid nonce: nonce too high 9 > 5", "Invalid nonce"]
)
def test_nonce_out_of_its_window_says_nothing_of_other_copies(text: str) -> None:
    """It might be the second copy of one that was accepted."""
    refusal = classify(text, Scope.REQUEST)
    assert (refusal.error_class, refusal.proof) == (ErrorClass.NONCE_INVALID, Proof.NOT_THIS_COPY)


def test_unknown_wallet_is_named_in_lower_case() -> None:
    """By the address one tells a wrong hash from an ended wallet."""
    refusal = classify(f"User or API Wallet 0x{'Ab' * 20} does not exist.", Scope.REQUEST)
    assert refusal.address == "0x" + "ab" * 20


def test_longer_hex_is_no_address() -> None:
    """A hash of 64 digits is not cut down to an address."""
    assert classify(f"Must deposit before performing actions. User: 0x{'ab' * 32}", Scope.REQUEST).address is None


@pytest.mark.parametrize(
    ("suffix", "asset"),
    [
        (" asset=0", 0),
        (" asset=110000.", 110000),
        ("asset=5", None),
        (" asset=", None),
        (" asset=-1", None),
        (" asset=1.5", None),
        (" asset=5 or so", None),
        (" asset=9999999999999", None),
        (" asset=٣", None),
    ],
)
def test_only_a_whole_number_at_the_end_is_an_asset(suffix: str, asset: int | None) -> None:
    """Whatever follows, the class is told by how the text begins."""
    refusal = classify(f"Order has zero size.{suffix}", Scope.ITEM)
    assert (refusal.error_class, refusal.asset) == (ErrorClass.SIZE_INVALID, asset)


def test_assumption_named_by_an_entry_is_listed() -> None:
    """In the wire's own list."""
    assert {entry.assumed for entry in CATALOGUE} - {None} <= set(ASSUMED)


def test_assumption_of_the_wire_is_asked_by_the_probe() -> None:
    """Apart from two that follow from how texts are matched and cannot be asked."""
    assert set(ASSUMED) - set(by_id) == {"W-2", "W-3"}
