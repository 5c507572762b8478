"""From a request to its signer, and from the signer to the account.

Source: fact sheet 2 and 12.3 (1–3). Assumed: a user-signed action with `vaultAddress` is refused (known for two of
them), a master without any funds loses its agents the next time one of them signs, and `reserveRequestWeight` is the
only trading-key action that a master has to sign itself.
"""

from collections.abc import Iterable

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account
from agentic_hl.venue.exchange.acting import Acting
from agentic_hl.venue.exchange.signers import AgentWalletBook
from agentic_hl.venue.protocol.account_actions import (
    AgentWalletSendAsset,
    CreateSubAccount,
    EvmUserModify,
    MultiSig,
    ReserveRequestWeight,
    SetReferrer,
    SubAccountSpotTransfer,
    SubAccountTransfer,
    VaultTransfer,
)
from agentic_hl.venue.protocol.actions import Envelope, L1Action
from agentic_hl.venue.protocol.canonical import packed, packed_multi_sig
from agentic_hl.venue.protocol.catalogue import (
    EXPIRY_ON_USER_SIGNED,
    MULTI_SIG_OUTER,
    NONCE_MISMATCH,
    SIGNER_UNRECOVERABLE,
    VAULT_ON_USER_SIGNED,
    WRONG_NETWORK,
    must_deposit,
    not_simulated,
    unknown_signer,
    vault_not_registered,
)
from agentic_hl.venue.protocol.fields import write_field
from agentic_hl.venue.protocol.signatures import Network, TypedFields, action_hash, l1_digest, recover, user_digest
from agentic_hl.venue.protocol.user_actions import UserAction
from agentic_hl.venue.terms import Refused

__all__ = ["Admission"]

_MASTERS_OWN = (
    AgentWalletSendAsset
    | CreateSubAccount
    | EvmUserModify
    | SetReferrer
    | SubAccountSpotTransfer
    | SubAccountTransfer
    | VaultTransfer
)
"""Never done for a sub-account."""
_MULTI_SIG: TypedFields = (("bytes32", "multiSigActionHash"), ("uint64", "nonce"))


class Admission:
    """Who signed, and whether they may."""

    def __init__(self, engine: Engine, agents: AgentWalletBook, networks: tuple[Network, ...]) -> None:
        """Know accounts, agents and accepted networks."""
        self._engine = engine
        self._agents = agents
        self._networks = networks

    def admit(self, envelope: Envelope, now: int) -> Acting:
        """Recover the signer and find the account that they act for.

        Raises:
            Refused: nobody is known by that signature, or they may not do this.
        """
        action = envelope.action
        if isinstance(action, MultiSig):
            raise Refused(self._multi_sig(envelope, action))
        if isinstance(action, UserAction):
            signer = self._user_signed(envelope, action)
            return Acting(signer=signer, master=signer, account=signer, nonce=envelope.nonce, now=now)
        signer, master = self._trading_key(envelope, action, now)
        if isinstance(action, ReserveRequestWeight) and signer != master:
            raise Refused(must_deposit(signer))
        account = self._acted_for(envelope.vault_address, master)
        if account != master and isinstance(action, _MASTERS_OWN):
            raise Refused(VAULT_ON_USER_SIGNED)
        return Acting(signer=signer, master=master, account=account, nonce=envelope.nonce, now=now)

    # ── trading keys ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _trading_key(self, envelope: Envelope, action: L1Action, now: int) -> tuple[str, str]:
        connection = action_hash(
            packed(action),
            nonce=envelope.nonce,
            vault=envelope.vault_address,
            expires_after=envelope.expires_after,
        )
        recovered = [recover(l1_digest(connection, network), envelope.signature) for network in self._networks]
        signers = [signer for signer in recovered if signer is not None]
        if not signers:
            raise Refused(SIGNER_UNRECOVERABLE)
        for signer in signers:
            master = self._master_of(signer, now)
            if master is not None:
                return signer, master
        for signer in signers:
            if self._engine.account(signer) is not None:
                raise Refused(must_deposit(signer))
        raise Refused(unknown_signer(signers[0]))

    def _master_of(self, signer: str, now: int) -> str | None:
        wallet = self._agents.find(signer, now)
        if wallet is not None:
            if self._funded(wallet.master):
                return wallet.master
            self._agents.expire_all_of(wallet.master)
            return None
        return signer if _is_master(self._engine.account(signer)) else None

    def _funded(self, master: str) -> bool:
        owned = (account for account in self._engine.accounts() if master in {account.address, account.master})
        return any(_has_money(account) for account in owned)

    def _acted_for(self, vault: str | None, master: str) -> str:
        if vault is None:
            return master
        account = self._engine.account(str(vault))
        if account is None or account.master != master:
            raise Refused(vault_not_registered(vault))
        return account.address

    # ── masters' keys ────────────────────────────────────────────────────────────────────────────────────────────────

    def _user_signed(self, envelope: Envelope, action: UserAction) -> str:
        self._check_envelope(envelope, action.hyperliquid_chain, action.own_nonce)
        if envelope.vault_address is not None:
            raise Refused(VAULT_ON_USER_SIGNED)
        message: dict[str, object] = msgspec.to_builtins(action, enc_hook=write_field)
        if message.get("agentName", "") is None:
            message["agentName"] = ""
        signer = recover(user_digest(action.PRIMARY, action.TYPED, message), envelope.signature)
        if signer is None:
            raise Refused(SIGNER_UNRECOVERABLE)
        if not _is_master(self._engine.account(signer)):
            raise Refused(must_deposit(signer))
        return signer

    def _multi_sig(self, envelope: Envelope, action: MultiSig) -> str:
        connection = action_hash(
            packed_multi_sig(action),
            nonce=envelope.nonce,
            vault=envelope.vault_address,
            expires_after=envelope.expires_after,
        )
        signers = {recover(digest, envelope.signature) for digest in self._multi_sig_digests(envelope, connection)}
        if action.payload.outer_signer not in signers:
            return MULTI_SIG_OUTER
        return not_simulated("multiSig")

    def _multi_sig_digests(self, envelope: Envelope, connection: bytes) -> Iterable[bytes]:
        assert isinstance(envelope.action, MultiSig)
        for network in self._networks:
            message = {
                "signatureChainId": envelope.action.signature_chain_id,
                "hyperliquidChain": str(network),
                "multiSigActionHash": connection,
                "nonce": envelope.nonce,
            }
            yield user_digest("SendMultiSig", _MULTI_SIG, message)

    def _check_envelope(self, envelope: Envelope, chain: str, own_nonce: int) -> None:
        if chain not in self._networks:
            raise Refused(WRONG_NETWORK)
        if own_nonce != envelope.nonce:
            raise Refused(NONCE_MISMATCH)
        if envelope.expires_after is not None:
            raise Refused(EXPIRY_ON_USER_SIGNED)


def _is_master(account: Account | None) -> bool:
    return account is not None and account.master is None and (account.deposited or _has_money(account))


def _has_money(account: Account) -> bool:
    return bool(account.cash or account.spot_usdc or any(position.szi for position in account.positions.values()))
