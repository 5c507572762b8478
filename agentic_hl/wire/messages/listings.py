"""What the venue lists: perpetuals with their margin tables, builder dexes, and spot tokens and pairs."""

import msgspec

__all__ = [
    "Listing",
    "MarginStep",
    "MarginTable",
    "Meta",
    "OutcomeMeta",
    "PerpDex",
    "SpotMeta",
    "SpotPair",
    "SpotToken",
]


class MarginStep(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """From a notional on, so much leverage at most."""

    lower_bound: str
    max_leverage: int


class MarginTable(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The leverage a perpetual allows, by notional."""

    margin_tiers: tuple[MarginStep, ...]
    description: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One perpetual; its index in the universe is its asset id within the dex, also after it is delisted."""

    name: str
    sz_decimals: int
    max_leverage: int
    margin_table_id: int | None = None
    """Below 50 it is itself the highest leverage of a single tier; absent in older recordings."""
    only_isolated: bool | None = None
    is_delisted: bool | None = None
    margin_mode: str | None = None
    """`strictIsolated`, `noCross`, something newer, or None."""

    @property
    def delisted(self) -> bool:
        """Whether it is no longer traded."""
        return bool(self.is_delisted)

    @property
    def isolated_only(self) -> bool:
        """Whether it can have no cross margin."""
        return bool(self.only_isolated) or self.margin_mode is not None


class Meta(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The perpetuals of one dex."""

    universe: tuple[Listing, ...]
    margin_tables: tuple[tuple[int, MarginTable], ...] = ()
    collateral_token: int = 0
    """Index of the spot token that margins the dex; 0 is USDC."""


class PerpDex(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A dex run by a builder; in the list of dexes the venue's own is null."""

    name: str
    full_name: str = ""
    deployer: str = ""
    deployer_fee_scale: str = "1"


class SpotToken(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One token; `index` names it, and indices have gaps."""

    name: str
    index: int
    sz_decimals: int
    wei_decimals: int
    token_id: str = ""
    is_canonical: bool = False
    full_name: str | None = None


class SpotPair(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One spot market; its asset id is 10,000 and its index."""

    name: str
    index: int
    tokens: tuple[int, int]
    """Indices of base and quote token; a token named here may be missing from the list."""
    is_canonical: bool = False


class SpotMeta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The spot tokens and pairs."""

    tokens: tuple[SpotToken, ...]
    universe: tuple[SpotPair, ...]

    def token(self, index: int) -> SpotToken | None:
        """Return the token of an index, which is not its place in the list."""
        return next((token for token in self.tokens if token.index == index), None)


class OutcomeMeta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Outcome markets, which this library does not trade; kept as they came."""

    outcomes: msgspec.Raw
    questions: msgspec.Raw
