"""An action as the chain writes it before it hashes it.

What was received is not hashed; it is written anew: keys in the order of the structures in `order_actions` and
`account_actions`, decimals without trailing zeros, addresses in lower case, unknown keys gone. Who signed anything else
than this is not recognised.
"""

import msgspec

from agentic_hl.venue.protocol.account_actions import MultiSig
from agentic_hl.venue.protocol.actions import L1Action, read_action
from agentic_hl.venue.protocol.fields import write_field
from agentic_hl.venue.protocol.user_actions import UserAction

__all__ = ["packed", "packed_multi_sig", "packed_multi_sig_share"]

_ENCODER = msgspec.msgpack.Encoder(enc_hook=write_field)


def packed(action: L1Action | UserAction) -> bytes:
    """Write an action in MessagePack.

    >>> from agentic_hl.venue.protocol.actions import read_action
    >>> packed(read_action(b'{"unknown": 1, "time": 5, "type": "scheduleCancel"}')).hex()
    '82a474797065ae7363686564756c6543616e63656ca474696d6505'
    """
    return _ENCODER.encode(action)


def packed_multi_sig(action: MultiSig) -> bytes:
    """Write what the one who hands in a multi-signature action signs: everything but the `type`.

    Raises:
        msgspec.DecodeError: the inner action is none of the protocol.
    """
    payload = {
        "multiSigUser": str(action.payload.multi_sig_user),
        "outerSigner": str(action.payload.outer_signer),
        "action": read_action(bytes(action.payload.action)),
    }
    parts = {
        "signatureChainId": action.signature_chain_id,
        "signatures": action.signatures,
        "payload": payload,
    }
    return _ENCODER.encode(parts)


def packed_multi_sig_share(action: MultiSig) -> bytes:
    """Write what each of the several keys signs when the inner action is one of trading.

    Raises:
        msgspec.DecodeError: the inner action is none of the protocol.
    """
    inner = read_action(bytes(action.payload.action))
    return _ENCODER.encode([str(action.payload.multi_sig_user), str(action.payload.outer_signer), inner])
