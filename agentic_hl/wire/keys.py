"""Signers out of what Ethereum's tools keep; loading this module loads eth-account.

A fresh agent wallet needs none of it: `Signer(entropy.token_bytes(32))`.
"""

from eth_account import Account
from eth_account.signers.local import LocalAccount

from agentic_core.errors import InputError
from agentic_hl.wire.signing import Signer

__all__ = ["signer_from_account", "signer_from_keystore"]


def signer_from_account(account: LocalAccount) -> Signer:
    """Return the signer of an eth-account account."""
    return Signer(bytes(account.key))


def signer_from_keystore(keystore: str, password: str) -> Signer:
    """Open a keystore file's text (Web3 secret storage); deriving its key takes about a second.

    Raises:
        InputError: it is no keystore, or the password is wrong.
    """
    try:
        secret = Account.decrypt(keystore, password)
    except (AttributeError, KeyError, TypeError, ValueError, NotImplementedError) as exc:
        message = f"the keystore cannot be opened ({type(exc).__name__}): not a keystore, or another password"
        raise InputError(message) from None
    return Signer(bytes(secret))
