"""Who may sign for whom: agent wallets, how they come and how they go.

Source: fact sheet 2.2 and 2.3. Assumed: a key that stopped being an agent wallet may be approved again, one that
expired no longer counts, a revocation under a name that nobody has is accepted, and replacing takes effect at once.
"""

import re
from collections.abc import Iterable

import msgspec

from agentic_hl.venue.entities import AgentWallet
from agentic_hl.venue.exchange.nonces import NonceBook
from agentic_hl.venue.protocol.catalogue import (
    PENDING_REMOVAL,
    WALLET_NAME_LENGTH,
    WALLET_USED,
    WALLET_VALID_UNTIL,
    wallet_limit,
)
from agentic_hl.venue.terms import Refused
from agentic_hl.venue.times import DAY_MS

__all__ = ["NOBODY", "AgentWalletBook", "AgentWalletRules", "Approval"]

NOBODY = "0x" + "0" * 40
"""Approving this address revokes who has the name."""

_NAMED = re.compile(r"(?:(?P<name>.*) )?valid_until (?P<until>[0-9]{1,15})", re.DOTALL)
_NAME_LENGTH = 16


class AgentWalletRules(msgspec.Struct, frozen=True, kw_only=True):
    """How many agents there may be, for how long, and how slowly they go."""

    named: int = 3
    """Of a master; besides the one without a name."""
    named_per_sub_account: int = 2
    default_days: int = 90
    most_days: int = 180
    dies_after_ms: int = 1_500
    """From the revocation until the key is unknown."""
    blocks_for_ms: int = 5_000
    """From the revocation until the next approval is accepted."""


_DEFAULTS = AgentWalletRules()


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a master asked for."""

    master: str
    address: str
    label: str
    """The name as signed, perhaps with ` valid_until ` and a time in ms."""
    sub_accounts: int = 0
    """How many the master has."""


class _Leaving(msgspec.Struct, frozen=True, kw_only=True):
    wallet: AgentWallet
    dies_at: int
    blocks_until: int


class AgentWalletBook:
    """Every agent wallet there is; what is due is done whenever somebody looks."""

    def __init__(self, nonces: NonceBook, rules: AgentWalletRules = _DEFAULTS) -> None:
        """Open an empty book; nonces of an agent wallet that goes are forgotten with it."""
        self._nonces = nonces
        self._rules = rules
        self._agents: dict[str, AgentWallet] = {}
        self._leaving: dict[str, _Leaving] = {}

    def approve(self, approval: Approval, now: int) -> None:
        """Approve an agent wallet, replace the one of this name, or, by the zero address, revoke it.

        Raises:
            Refused: a revocation is under way, or the name, the end, the number or the address will not do.
        """
        self._settle(now)
        if approval.master in self._leaving:
            raise Refused(PENDING_REMOVAL)
        name, until = self._named(approval.label, now)
        replaced = next((wallet for wallet in self._of(approval.master) if wallet.name == name), None)
        if approval.address == NOBODY:
            self._revoke(approval.master, replaced, now)
            return
        if approval.address in self._agents:
            raise Refused(WALLET_USED)
        if replaced is not None:
            self._drop(replaced)
        elif name:
            self._check_number(approval)
        self._agents[approval.address] = AgentWallet(
            address=approval.address, master=approval.master, name=name, valid_until=until
        )

    def find(self, address: str, now: int) -> AgentWallet | None:
        """Find an agent wallet by its address."""
        self._settle(now)
        return self._agents.get(address)

    def named(self, master: str, now: int) -> tuple[AgentWallet, ...]:
        """List a master's agents that have names, in the order of their approval."""
        self._settle(now)
        return tuple(wallet for wallet in self._of(master) if wallet.name)

    def unnamed(self, master: str, now: int) -> AgentWallet | None:
        """Find a master's agent wallet without a name."""
        self._settle(now)
        return next((wallet for wallet in self._of(master) if not wallet.name), None)

    def expire(self, address: str) -> bool:
        """End an agent wallet before its time; False when there is none of this address."""
        wallet = self._agents.get(address)
        if wallet is not None:
            self._drop(wallet)
        return wallet is not None

    def expire_all_of(self, master: str) -> None:
        """End every agent wallet of a master, as happens when the account has no funds."""
        for wallet in list(self._of(master)):
            self._drop(wallet)

    def _of(self, master: str) -> Iterable[AgentWallet]:
        return (wallet for wallet in self._agents.values() if wallet.master == master)

    def _named(self, label: str, now: int) -> tuple[str, int]:
        match = _NAMED.fullmatch(label)
        name = label if match is None else match["name"] or ""
        until = now + self._rules.default_days * DAY_MS if match is None else int(match["until"])
        if len(name) > _NAME_LENGTH:
            raise Refused(WALLET_NAME_LENGTH)
        if not now < until <= now + self._rules.most_days * DAY_MS:
            raise Refused(WALLET_VALID_UNTIL)
        return name, until

    def _check_number(self, approval: Approval) -> None:
        limit = self._rules.named + self._rules.named_per_sub_account * approval.sub_accounts
        if sum(bool(wallet.name) for wallet in self._of(approval.master)) >= limit:
            raise Refused(wallet_limit(limit))

    def _revoke(self, master: str, wallet: AgentWallet | None, now: int) -> None:
        if wallet is not None:
            dies_at, blocks_until = now + self._rules.dies_after_ms, now + self._rules.blocks_for_ms
            self._leaving[master] = _Leaving(wallet=wallet, dies_at=dies_at, blocks_until=blocks_until)

    def _settle(self, now: int) -> None:
        for master, leaving in list(self._leaving.items()):
            if now >= leaving.dies_at:
                self._drop(leaving.wallet)
            if now >= max(leaving.dies_at, leaving.blocks_until):
                del self._leaving[master]
        for wallet in [wallet for wallet in self._agents.values() if now >= wallet.valid_until]:
            self._drop(wallet)

    def _drop(self, wallet: AgentWallet) -> None:
        if self._agents.get(wallet.address) is wallet:
            del self._agents[wallet.address]
            self._nonces.forget(wallet.address)
