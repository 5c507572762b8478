"""An action that several keys sign for an account that needs several."""

import msgspec

from agentic_hl.wire.actions.base import SIGNATURE_CHAIN_ID, L1Action, check_address
from agentic_hl.wire.actions.unions import SingleL1Action, UserAction

__all__ = ["MultiSig", "MultiSigPayload", "MultiSigSignature", "multi_sig_part"]


class MultiSigSignature(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One signature, its numbers without leading zeros, since they are hashed as text."""

    r: str
    s: str
    v: int


class MultiSigPayload(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    rename={"account": "multiSigUser", "outer_signer": "outerSigner"},
):
    """What is done, for whom, and who hands it in."""

    account: str
    outer_signer: str
    action: SingleL1Action | UserAction

    def __post_init__(self) -> None:
        """Refuse addresses that would be hashed differently."""
        check_address(self.account, "multi-signature account")
        check_address(self.outer_signer, "outer signer")


class MultiSig(
    L1Action,
    frozen=True,
    kw_only=True,
    tag="multiSig",
    rename={"signature_chain_id": "signatureChainId"},
    omit_defaults=False,
):
    """Hand in an action with the signatures of its account's keys."""

    signature_chain_id: str = SIGNATURE_CHAIN_ID
    signatures: tuple[MultiSigSignature, ...]
    payload: MultiSigPayload


def multi_sig_part(account: str, outer_signer: str, action: SingleL1Action) -> list[object]:
    """Return what each key of an account signs as if it were an L1 action.

    Raises:
        WireError: an address would be hashed differently.
    """
    check_address(account, "multi-signature account")
    check_address(outer_signer, "outer signer")
    return [account, outer_signer, action]
