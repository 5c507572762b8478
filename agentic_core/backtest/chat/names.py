"""Takes out of a text what tells a chat model which market it looks at, and when.

Names are replaced by stand-ins, which changes nothing that a skill may use. Dates, events, price levels and amounts in
units have no stand-in that means the same, so a text that holds them is altered, and whoever compares must know it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from agentic_core.domain.ids import Symbol

__all__ = ["KNOWN_NAMES", "MaskedText", "TextMask"]

KNOWN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "BTC": ("bitcoin", "btc", "xbt", "satoshi", "sats"),
    "ETH": ("ethereum", "ether", "eth"),
    "SOL": ("solana",),
    "XRP": ("ripple labs", "ripple", "xrp"),
    "BNB": ("binance coin", "bnb"),
    "DOGE": ("dogecoin", "doge"),
    "ADA": ("cardano",),
    "AVAX": ("avalanche", "avax"),
    "DOT": ("polkadot",),
    "LTC": ("litecoin", "ltc"),
    "LINK": ("chainlink",),
    "ATOM": ("cosmos hub", "cosmos"),
    "TRX": ("tron", "trx"),
    "TON": ("toncoin",),
    "NEAR": ("near protocol",),
    "APT": ("aptos",),
    "ARB": ("arbitrum",),
    "OP": ("optimism",),
    "SUI": ("sui network",),
    "SEI": ("sei network",),
    "TIA": ("celestia",),
    "INJ": ("injective",),
    "HYPE": ("hyperliquid token",),
    "UNI": ("uniswap",),
    "AAVE": ("aave",),
    "LDO": ("lido",),
    "BCH": ("bitcoin cash", "bch"),
    "POL": ("polygon", "matic"),
    "SHIB": ("shiba inu", "shib"),
    "PEPE": ("kpepe",),
    "WIF": ("dogwifhat",),
    "FIL": ("filecoin",),
}
"""Other names by the symbol; those in lower case are recognised in any case."""

_WORDS: Final = frozenset(
    (
        "near",
        "link",
        "dot",
        "atom",
        "gas",
        "sand",
        "mana",
        "one",
        "ape",
        "blur",
        "flow",
        "rose",
        "mask",
        "magic",
        "me",
        "op",
        "id",
        "ar",
        "apt",
        "people",
        "trump",
        "render",
        "dash",
        "ton",
        "sol",
        "ada",
        "pol",
        "uni",
        "wif",
        "hype",
        "fil",
        "sui",
        "sei",
        "safe",
        "super",
        "ace",
        "move",
        "grass",
        "mew",
        "cake",
        "snx",
        "fun",
        "win",
        "gala",
        "jup",
        "layer",
    )
)
"""Symbols that are words too: recognised only as the venue spells them."""

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
)
_DATE = re.compile(
    rf"\b(?:(?:19|20)\d\d-\d\d(?:-\d\d)?|(?:(?:{_MONTHS}|nov(?:ember)?|dec(?:ember)?)\.?\s+(?:\d{{1,2}},?\s+)?)?"
    r"(?:19|20)\d\d|Q[1-4]\s*(?:19|20)?\d\d)\b(?![.,]?\d)",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"\b(?:halvings?|the merge|ftx|mt\.? ?gox|terra(?:/| )?luna|luna crash|3ac|three arrows|celsius collapse|"
    r"covid(?:-19)?|black thursday|spot etfs?|etf approvals?|genesis block|dencun|shapella|taproot)\b",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    r"(?<![A-Za-z0-9.])(?:(?P<sign>\$|US\$|€)\s?)?(?P<digits>\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<thousand>k)\b)?(?:\s?(?P<unit>USD[CT]?\b|dollars?\b))?",
    re.IGNORECASE,
)
_PAIR = r"(?:[-/_]?(?:PERP|USD[CT]?))?s?"
_BARE_LEVEL_MIN = Decimal(1_000)
"""A smaller number without a sign of money is hardly a price."""

_REACH = 2
"""A number within this factor of what the market did is taken for a price of it."""


class MaskedText(NamedTuple):
    """A text without names, and what had to be taken out of it without a stand-in."""

    text: str
    altered: tuple[str, ...]


class TextMask:
    """Masks texts for one disguise."""

    def __init__(
        self, stand_ins: Mapping[Symbol, Symbol], prices: Sequence[tuple[Decimal, Decimal]], *, others: str = "ANOTHER"
    ) -> None:
        """Mask names by their stand-ins, and numbers within the price ranges given.

        Args:
            stand_ins: by the symbol that is disguised.
            prices: lowest and highest price of each market.
            others: what every known coin is called that is not among the stand-ins.
        """
        spellings = dict(_spellings(stand_ins, others))
        self._stand_ins = {spelling: stand_in for spelling, (stand_in, _) in spellings.items()}
        longest = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        parts = [re.escape(word) if spellings[word][1] else f"(?i:{re.escape(word)})" for word in longest]
        named = rf"(?<![A-Za-z0-9])\$?(?P<name>{'|'.join(parts)}){_PAIR}(?![A-Za-z0-9])|₿"
        self._named = re.compile(named)
        self._amount = re.compile(rf"\b\d[\d.,_]*\s?(?={named})")
        self._prices = tuple(prices)

    def masked(self, text: str) -> MaskedText:
        """Return the text as a chat model may read it."""
        altered: list[str] = []

        def without(found: "re.Match[str]", instead: str) -> str:
            altered.append(found.group().strip())
            return instead

        text = _DATE.sub(lambda found: without(found, "that time"), text)
        text = _EVENT.sub(lambda found: without(found, "event"), text)
        text = self._amount.sub(lambda found: without(found, "some "), text)
        text = _LEVEL.sub(lambda found: without(found, "that price") if self._is_price(found) else found.group(), text)
        text = self._named.sub(self._stand_in, text)
        return MaskedText(text, tuple(dict.fromkeys(altered)))

    def _stand_in(self, found: "re.Match[str]") -> str:
        name = found.group("name")
        if name is None:
            return self._stand_ins["btc"]
        return self._stand_ins.get(name) or self._stand_ins[name.lower()]

    def _is_price(self, found: "re.Match[str]") -> bool:
        try:
            number = Decimal(re.sub("[,_ ]", "", found["digits"]))
        except InvalidOperation:  # pragma: no cover - the pattern lets only numbers through
            return False
        value = number * 1_000 if found["thousand"] else number
        is_marked = bool(found["sign"] or found["unit"] or found["thousand"])
        if not is_marked and value < _BARE_LEVEL_MIN:
            return False
        return any(low <= value * _REACH and value <= high * _REACH for low, high in self._prices)


def _spellings(stand_ins: Mapping[Symbol, Symbol], others: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    # What a text may say, with what it becomes and whether its case counts; the names of this market come last and win.
    known = {**{Symbol(name): others for name in KNOWN_NAMES}, **stand_ins}
    for symbol, stand_in in sorted(known.items(), key=lambda pair: pair[0] in stand_ins):
        yield symbol, (stand_in, True)
        lower = symbol.lower()
        if lower not in _WORDS and symbol in stand_ins:
            yield lower, (stand_in, False)
        for alias in KNOWN_NAMES.get(symbol.removeprefix("k"), ()):
            yield alias, (stand_in, False)
