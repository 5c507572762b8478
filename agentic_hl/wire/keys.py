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
        return Signer(bytes(Account.decrypt(keystore, password)))
    except (AttributeError, KeyError, TypeError, ValueError, NotImplementedError) as exc:
        message = f"the keystore cannot be opened ({type(exc).__name__}): not a keystore, or another password"
    del keystore, password  # a traceback may show the variables of this frame
    raise InputError(message)
