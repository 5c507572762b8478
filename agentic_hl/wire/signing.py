"""Signatures of a private key, and the addresses that signatures come from."""

import msgspec
from coincurve import PrivateKey, PublicKey

from agentic_hl.wire.actions import AgentWalletSendAsset, L1Action, MultiSig, MultiSigSignature, UserAction
from agentic_hl.wire.addresses import Address, address_of_public_key
from agentic_hl.wire.digests import L1_PREFIXES, multi_sig_digest, user_digest
from agentic_hl.wire.hashing import action_hash
from agentic_hl.wire.keccak import keccak256
from agentic_hl.wire.network import Network
from agentic_hl.wire.packing import Packable
from agentic_hl.wire.units import WireError

__all__ = ["Signature", "Signer", "recovered_address"]

_SIGNATURE_BYTES = 65
_KEY_BYTES = 32
_V_OFFSET = 27


class Signature(msgspec.Struct, frozen=True, gc=False):
    """A signature as the venue takes it: `r` and `s` as 0x and 64 hex digits, `v` 27 or 28."""

    r: str
    s: str
    v: int

    @classmethod
    def from_hex(cls, text: str) -> "Signature":
        """Read a signature as wallets return it: 65 bytes in hex.

        Raises:
            WireError: it is none.
        """
        try:
            content = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            content = b""
        if len(content) != _SIGNATURE_BYTES or content[64] not in {0, 1, 27, 28}:
            # It is not repeated: whoever has to paste one may paste a private key.
            message = f"a text of {len(text)} characters is not a signature; wallets return 0x and 130 hex digits"
            raise WireError(message)
        return _signature(content[:64] + bytes([content[64] % _V_OFFSET]))

    def trimmed(self) -> MultiSigSignature:
        """Return it without leading zeros, as it is hashed within a multi-signature."""
        r, s, v = self.numbers
        return MultiSigSignature(r=hex(r), s=hex(s), v=v)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The three numbers, for comparing signatures that are written differently.

        Raises:
            WireError: they are none.
        """
        try:
            return int(self.r, 16), int(self.s, 16), self.v
        except ValueError as exc:
            message = f"r {self.r!r} and s {self.s!r} must be hexadecimal numbers"
            raise WireError(message) from exc


class Signer:
    """A private key that signs for one address, and that no text, copy or pickle of it reveals."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        key = _key_of(secret)
        if isinstance(key, str):
            del secret  # a traceback may show the variables of this frame
            raise WireError(key)
        self._key = key
        self.address: Address = address_of_public_key(key.public_key.format(compressed=False))

    @classmethod
    def from_hex(cls, text: str) -> "Signer":
        """Read a private key in hex; errors never repeat it.

        Raises:
            WireError: it is none.
        """
        try:
            return cls(bytes.fromhex(text.strip().removeprefix("0x")))
        except ValueError:
            message = "the private key is not hexadecimal; write 0x and 64 hex digits"
        except WireError as exc:
            message = str(exc)
        del text  # a traceback may show the variables of this frame
        raise WireError(message)

    def __repr__(self) -> str:
        return f"Signer({getattr(self, 'address', 'of nobody')})"

    def __reduce__(self) -> str:
        message = f"{self!r} holds a private key and is neither copied nor pickled"
        raise WireError(message)

    def sign_digest(self, digest: bytes) -> Signature:
        """Sign a 32-byte digest; the same digest always gives the same signature."""
        return _signature(self._key.sign_recoverable(digest, hasher=None))

    def sign_l1(
        self,
        action: Packable,
        *,
        nonce: int,
        network: Network,
        vault: str | None = None,
        expires_after: int | None = None,
    ) -> Signature:
        """Sign an L1 action, for a sub-account or vault where one is named.

        Raises:
            WireError: the venue signs this action without a vault, or a number does not fit.
        """
        if vault is not None or action.__class__ is AgentWalletSendAsset:
            _check(action, nonce, vault)
        head, agent_wallet = L1_PREFIXES[network]
        hashed = action_hash(action, nonce=nonce, vault=vault, expires_after=expires_after)
        return _signature(self._key.sign_recoverable(keccak256(head + keccak256(agent_wallet + hashed)), hasher=None))

    def sign_user(self, action: UserAction, network: Network, *, multi_sig: tuple[str, str] | None = None) -> Signature:
        """Sign an action as the owner of the account.

        `multi_sig` are the account that needs several signatures and the key that hands the action in.

        Raises:
            WireError: the action was made for another network.
        """
        if action.network is not network:
            message = f"the action is for {action.network} and was to be signed for {network}; make it again"
            raise WireError(message)
        return self.sign_digest(user_digest(action, multi_sig=multi_sig))

    def sign_multi_sig(
        self,
        action: MultiSig,
        *,
        nonce: int,
        network: Network,
        vault: str | None = None,
        expires_after: int | None = None,
    ) -> Signature:
        """Sign as the key that hands in a multi-signature."""
        untagged = msgspec.to_builtins(action)
        del untagged["type"]
        hashed = action_hash(untagged, nonce=nonce, vault=vault, expires_after=expires_after)
        chain_id = action.signature_chain_id
        return self.sign_digest(multi_sig_digest(hashed, nonce=nonce, network=network, signature_chain_id=chain_id))


def recovered_address(digest: bytes, signature: Signature) -> Address:
    """Return whose key made a signature of a digest.

    Raises:
        WireError: nobody's did.
    """
    r, s, v = signature.numbers
    try:
        content = r.to_bytes(_KEY_BYTES, "big") + s.to_bytes(_KEY_BYTES, "big") + bytes([v - _V_OFFSET])
        key = PublicKey.from_signature_and_message(content, digest, hasher=None)
    except (ValueError, OverflowError) as exc:
        message = f"{signature} is no signature of this digest"
        raise WireError(message) from exc
    return address_of_public_key(key.format(compressed=False))


def _key_of(secret: bytes) -> PrivateKey | str:
    # The key, or what is wrong with it.
    if len(secret) != _KEY_BYTES:
        return f"a private key has {_KEY_BYTES} bytes; this one has {len(secret)}"
    try:
        return PrivateKey(secret)
    except ValueError:
        return "these bytes are not a private key of the curve; draw others"


def _signature(content: bytes) -> Signature:
    digits = content.hex()
    return Signature("0x" + digits[:64], "0x" + digits[64:128], content[64] + _V_OFFSET)


def _check(action: Packable, nonce: int, vault: str | None) -> None:
    if vault is not None and isinstance(action, L1Action) and not action.takes_vault:
        message = f"{type(action).__name__} is signed without a vault; leave {vault} out"
        raise WireError(message)
    if isinstance(action, AgentWalletSendAsset) and action.nonce != nonce:
        message = f"the action holds nonce {action.nonce} and the request {nonce}; they have to be equal"
        raise WireError(message)
