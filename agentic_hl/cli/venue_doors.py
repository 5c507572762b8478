"""The venue that the environment names, for a process that runs a deployment."""

from collections.abc import Callable

from agentic_core.ports.budgets import BudgetLedger
from agentic_core.ports.live_venue import OpenVenue, VenueWish
from agentic_core.ports.venue_door import DoorOf, KeyOf, SigningPlace, VenueDoor
from agentic_hl.cli.place import configured_place
from agentic_hl.cli.services import Services
from agentic_hl.live import Machine, VenueAddress, hyperliquid_markets, hyperliquid_venues
from agentic_hl.rest import PatientBudgets
from agentic_hl.wire.signing import Signer

__all__ = ["hyperliquid_doors"]

_Complain = Callable[[str], None]


def hyperliquid_doors(services: Services, complain: _Complain) -> DoorOf:
    """Return what makes the door; which venue it is, is read from the environment then.

    Args:
        services: what the process stands on.
        complain: told what of the venue's answers makes no sense; must not wait.
    """

    def door_of(shared: BudgetLedger) -> VenueDoor:
        place = configured_place(services.environment)
        address = VenueAddress(network=place.network, rest_url=place.rest_url, stream_url=place.stream_url)
        machine = Machine(
            clock=services.clock,
            entropy=services.entropy,
            environment=services.environment,
            budgets=PatientBudgets(shared, services.clock),
        )
        return VenueDoor(
            place=SigningPlace(network=place.network, address_of=lambda secret: Signer(secret).address),
            open_market=hyperliquid_markets(address, machine, complain=complain),
            open_account=_accounts(address, machine, complain),
        )

    return door_of


def _accounts(address: VenueAddress, machine: Machine, complain: _Complain) -> Callable[[KeyOf], OpenVenue]:
    def open_account(key_of: KeyOf) -> OpenVenue:
        async def signer_of(wish: VenueWish) -> Signer:
            return Signer((await key_of(wish)).reveal())

        return hyperliquid_venues(address, machine, signer_of, complain=complain)

    return open_account
