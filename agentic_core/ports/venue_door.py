"""A venue as a process that runs a deployment needs it: a market for everybody, accounts for whoever has a key."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from agentic_core.ports.budgets import BudgetLedger
from agentic_core.ports.live_venue import OpenMarket, OpenVenue, VenueWish
from agentic_core.ports.wallet import WalletKey

__all__ = ["AddressOf", "DoorOf", "KeyOf", "SigningPlace", "VenueDoor"]

AddressOf: TypeAlias = Callable[[bytes], str]
"""Returns the address that a private key belongs to, lower-case."""

KeyOf: TypeAlias = Callable[[VenueWish], Awaitable[WalletKey]]
"""Opens the key a deployment signs with, under the lease of the wish."""


class SigningPlace(msgspec.Struct, frozen=True, kw_only=True):
    """For which network a process signs, and how addresses are made of keys there."""

    network: str
    """As the rows of wallets spell it."""
    address_of: AddressOf


class VenueDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A venue that deployments may be opened at."""

    place: SigningPlace
    open_market: OpenMarket
    open_account: Callable[[KeyOf], OpenVenue]


DoorOf: TypeAlias = Callable[[BudgetLedger], VenueDoor]
"""Makes the door of a venue, given what all processes behind one address of the internet may ask of it."""
