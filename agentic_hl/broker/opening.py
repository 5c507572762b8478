"""Opens the broker of an account: only where every fact about it is clear."""

from collections.abc import Mapping
from typing import Final

import msgspec

from agentic_core.domain.ids import AccountKey, Symbol
from agentic_core.errors import ConfigError, VenueUnavailable
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.environment import Environment
from agentic_hl.broker.boot import (
    LIVE_SWITCH,
    BootCheck,
    BootFacts,
    BootRules,
    Finding,
    LeverageWanted,
    Severity,
    Unread,
    boot_findings,
    live_denial,
)
from agentic_hl.broker.boot_reader import BootReader
from agentic_hl.broker.hyperliquid_broker import HyperliquidBroker
from agentic_hl.broker.terms import BrokerTimes, TradedAccount, VenueAccess
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer

__all__ = ["OpenedBroker", "OpeningTerms", "open_broker"]

_RULES: Final = BootRules()
_TIMES: Final = BrokerTimes()


class OpeningTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be traded, and how."""

    key: AccountKey
    """What the intents of the account name it."""
    address: Address
    network: Network
    leverage: Mapping[Symbol, LeverageWanted]
    """Of every symbol that may be traded; it is checked against the listings, and set before the first open."""
    rules: BootRules = _RULES
    times: BrokerTimes = _TIMES


class OpenedBroker(msgspec.Struct, frozen=True, kw_only=True):
    """A broker that may trade."""

    broker: HyperliquidBroker
    mode: str
    """How the account keeps its money, in the venue's words."""
    warnings: tuple[Finding, ...]


async def open_broker(
    terms: OpeningTerms, signer: Signer, access: VenueAccess, memory: AccountMemory, environment: Environment
) -> OpenedBroker:
    """Check everything there is to check, and return the broker, ready to send.

    Raises:
        ConfigError: live trading is not switched on, or something refuses; all of it is listed.
        VenueUnavailable: what refuses may be otherwise in a minute: something could not be read, or a clock is off.
    """
    denial = live_denial(environment.get(LIVE_SWITCH))
    if denial is not None:
        raise ConfigError(denial)
    reader = BootReader(access.rest, access.metas, access.clock)
    facts = await reader.read(terms.address, signer.address, terms.leverage)
    findings = boot_findings(facts, terms.rules)
    refusals = [finding for finding in findings if finding.severity is Severity.REFUSES]
    if refusals or isinstance(facts.mode, Unread):
        message = f"{terms.address} cannot be traded: {'; '.join(refusal.message for refusal in refusals)}"
        raise (VenueUnavailable if all(_may_pass(refusal, facts) for refusal in refusals) else ConfigError)(message)
    account = TradedAccount(key=terms.key, address=terms.address, network=terms.network, mode=facts.mode)
    broker = HyperliquidBroker(account, signer, access, memory, environment, terms.times)
    await broker.warm_up()
    return OpenedBroker(
        broker=broker,
        mode=facts.mode,
        warnings=tuple(finding for finding in findings if finding.severity is Severity.WARNS),
    )


def _may_pass(refusal: Finding, facts: BootFacts) -> bool:
    # Nobody has to change anything for the venue to answer again; and whoever is right about the time may be the venue.
    read = {
        BootCheck.ROLE: (facts.role,),
        BootCheck.MODE: (facts.mode,),
        BootCheck.VALIDITY: (facts.wallets, facts.clock),
        BootCheck.LISTING: (facts.listing,),
    }
    unread = any(isinstance(fact, Unread) for fact in read.get(refusal.check, ()))
    return unread or refusal.check is BootCheck.CLOCK
