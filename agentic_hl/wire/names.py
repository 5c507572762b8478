"""Names and asset ids: what the venue lists, and which of it this library deals in.

A perpetual's id is its place in its dex's list, also after others are delisted; spot markets start at 10,000, and
builder dexes at 110,000 with 10,000 ids each. Ids differ between the networks, so they always come from fresh lists.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Self

import msgspec

from agentic_core.domain import ZERO, Instrument, MarginTier, Symbol, Usd
from agentic_core.errors import InputError, UsageError
from agentic_hl.wire.messages.listings import Listing, MarginStep, Meta, PerpDex, SpotMeta
from agentic_hl.wire.units import WireError, decimal_of

__all__ = ["Asset", "AssetKind", "Universe"]

_SPOT_FROM = 10_000
_BUILDER_FROM = 100_000
_BUILDER_IDS = 10_000
_SINGLE_TIER_ID_MAX = 49
"""Margin tables up to this id are not listed: the id itself is the leverage for every size."""


class AssetKind(StrEnum):
    """Where an asset is traded."""

    PERP = "perp"
    SPOT = "spot"
    BUILDER_PERP = "builder_perp"


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One market the venue lists."""

    id: int
    name: str
    kind: AssetKind
    size_decimals: int
    leverage_max: int = 1
    tiers: tuple[MarginTier, ...] = ()
    """Empty where the highest leverage holds for every size."""
    is_delisted: bool = False
    isolated_only: bool = False
    """Whether it cannot share margin, so that its leverage has to be set to isolated."""
    margin_mode: str | None = None
    """The venue's word for a further restriction."""
    refusal: str | None = None
    """Why this library does not deal in it; None where it does."""

    def instrument(self) -> Instrument:
        """Return the instrument of the domain.

        Raises:
            InputError: this library does not deal in it.
        """
        if self.refusal is not None:
            message = f"{self.name} is not supported: {self.refusal}"
            raise InputError(message)
        return Instrument(
            symbol=Symbol(self.name),
            size_decimals=self.size_decimals,
            leverage_max=self.leverage_max,
            tiers=self.tiers,
        )


class Universe(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything the venue lists at one time."""

    assets: tuple[Asset, ...]
    aliases: Mapping[str, str] = {}
    """Second names of spot markets, such as `HYPE/USDC` for `@107`."""

    @classmethod
    def of(
        cls,
        meta: Meta,
        spot_meta: SpotMeta | None = None,
        *,
        dexs: Sequence[PerpDex | None] = (),
        dex_metas: Mapping[str, Meta] = MappingProxyType({}),
    ) -> Self:
        """Build it from the venue's lists; `dexs` are the answer to `perpDexs`, `dex_metas` what is known of each."""
        found = list(_perps(meta, AssetKind.PERP, 0))
        for place, dex in enumerate(dexs):
            if dex is not None and dex.name in dex_metas:
                first = _BUILDER_FROM + place * _BUILDER_IDS
                found += _perps(dex_metas[dex.name], AssetKind.BUILDER_PERP, first)
        aliases: dict[str, str] = {}
        if spot_meta is not None:
            found += _spots(spot_meta)
            aliases = _aliases(spot_meta)
        return cls(assets=tuple(found), aliases=aliases)

    @cached_property
    def by_id(self) -> Mapping[int, Asset]:
        """Every asset by its id."""
        return {asset.id: asset for asset in self.assets}

    @cached_property
    def by_name(self) -> Mapping[str, Asset]:
        """Every asset by its name, the names of perpetuals going before those of spot markets."""
        named = {asset.name: asset for asset in reversed(self.assets)}
        return {alias: named[name] for alias, name in self.aliases.items() if name in named} | named

    def perp(self, name: str) -> Asset:
        """Return a perpetual this library deals in.

        Raises:
            InputError: the venue does not list the name, or this library does not deal in it; the message says why.
        """
        asset = self.by_name.get(name)
        if asset is None:
            message = f"{name!r} is not supported: {self._absence(name)}"
            raise InputError(message)
        if asset.refusal is not None:
            message = f"{name!r} is not supported: {asset.refusal}"
            raise InputError(message)
        return asset

    def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the instruments this library deals in, by symbol."""
        return self._instruments

    @cached_property
    def _instruments(self) -> Mapping[Symbol, Instrument]:
        supported = (asset for asset in self.assets if asset.refusal is None)
        return MappingProxyType({Symbol(asset.name): asset.instrument() for asset in supported})

    def _absence(self, name: str) -> str:
        if ":" in name:
            return "it is a perpetual of a builder's dex"
        if name.startswith("#"):
            return "it is an outcome market"
        if name.startswith("@") or "/" in name:
            return "it is a spot market"
        close = [other for other in self.by_name if other.casefold() == name.casefold()]
        return f"the venue lists no such name{', did you mean ' + close[0] if close else ''}; names are case-sensitive"


def _perps(meta: Meta, kind: AssetKind, first: int) -> Iterator[Asset]:
    tables = {number: table.margin_tiers for number, table in meta.margin_tables}
    for place, listing in enumerate(meta.universe):
        tiers, problem = _tiers(listing, tables)
        asset = Asset(
            id=first + place,
            name=listing.name,
            kind=kind,
            size_decimals=listing.sz_decimals,
            leverage_max=listing.max_leverage,
            tiers=tiers,
            is_delisted=listing.delisted,
            isolated_only=listing.isolated_only,
            margin_mode=listing.margin_mode,
        )
        yield msgspec.structs.replace(asset, refusal=_refusal(asset, problem))


def _tiers(listing: Listing, tables: Mapping[int, Sequence[MarginStep]]) -> tuple[tuple[MarginTier, ...], str | None]:
    # The second answer is what is wrong with them.
    number = listing.margin_table_id
    if number is None or number == listing.max_leverage:
        return (), None
    if number <= _SINGLE_TIER_ID_MAX:
        return (MarginTier(lower_bound=Usd(ZERO), leverage_max=number),), None
    steps = tables.get(number)
    if steps is None:
        return (), f"the venue does not list its margin table {number}"
    try:
        return tuple(_tier(step) for step in steps), None
    except WireError as exc:
        return (), f"its margin table {number} cannot be read: {exc}"


def _tier(step: MarginStep) -> MarginTier:
    return MarginTier(lower_bound=Usd(decimal_of(step.lower_bound)), leverage_max=step.max_leverage)


def _refusal(asset: Asset, problem: str | None) -> str | None:
    if asset.kind is AssetKind.BUILDER_PERP:
        return "it is a perpetual of a builder's dex"
    if asset.is_delisted:
        return "it is delisted"
    if asset.margin_mode is not None:
        return f"its margin mode is {asset.margin_mode}"
    if problem is not None:
        return problem
    try:
        asset.instrument()
    except UsageError as exc:
        return f"the venue lists it with numbers this library does not know: {exc}"
    return None


def _spots(spot_meta: SpotMeta) -> Iterator[Asset]:
    decimals = {token.index: token.sz_decimals for token in spot_meta.tokens}
    for pair in spot_meta.universe:
        yield Asset(
            id=_SPOT_FROM + pair.index,
            name=pair.name,
            kind=AssetKind.SPOT,
            size_decimals=decimals.get(pair.tokens[0], 0),
            refusal="it is a spot market",
        )


def _aliases(spot_meta: SpotMeta) -> dict[str, str]:
    # Lists name tokens that are missing from them: such a pair keeps its one name. Of pairs of equal tokens, the first
    # has the second name.
    names = {token.index: token.name for token in spot_meta.tokens}
    pairs = ((pair, names.get(pair.tokens[0]), names.get(pair.tokens[1])) for pair in reversed(spot_meta.universe))
    return {f"{base}/{quote}": pair.name for pair, base, quote in pairs if base and quote}
