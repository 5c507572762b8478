"""What was asked of `/info`, read strictly."""

import re

__all__ = ["Malformed", "Query", "UnknownCoin"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CLOID = re.compile(r"0x[0-9a-fA-F]{32}")
_TIME_MAX = 2**63 - 1


class Malformed(Exception):
    """The question cannot be read; the message says where."""


class UnknownCoin(Exception):
    """There is no such coin here."""


class Query:
    """One question and its keys."""

    def __init__(self, keys: dict[str, object], now: int) -> None:
        """Take what was sent, and when."""
        self._keys = keys
        self.now = now

    @property
    def kind(self) -> str:
        """What is asked."""
        return self.text("type")

    def text(self, key: str) -> str:
        """Return a text that has to be there."""
        value = self._keys.get(key)
        if not isinstance(value, str):
            raise Malformed(f"{key}: expected text")
        return value

    def user(self, key: str = "user") -> str:
        """Return an address, in lower case."""
        address = self.text(key)
        if _ADDRESS.fullmatch(address) is None:
            raise Malformed(f"{key}: expected an address")
        return address.lower()

    def time(self, key: str, default: int | None = None) -> int:
        """Return a time in ms; the default where there is none."""
        value = self._keys.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _TIME_MAX:
            raise Malformed(f"{key}: expected a time in milliseconds")
        return value

    def span(self) -> tuple[int, int]:
        """Return `startTime` and `endTime`; the latter may be left out."""
        return self.time("startTime"), self.time("endTime", default=_TIME_MAX)

    def flag(self, key: str) -> bool:
        """Return a truth value; false where there is none."""
        value = self._keys.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Malformed(f"{key}: expected true or false")
        return value

    def order(self) -> int | str:
        """Return an oid or a cloid."""
        value = self._keys.get("oid")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and _CLOID.fullmatch(value) is not None:
            return value.lower()
        raise Malformed("oid: expected a number or 16 bytes in hex")

    def inner(self, key: str) -> "Query":
        """Return what is nested."""
        value = self._keys.get(key)
        if not isinstance(value, dict):
            raise Malformed(f"{key}: expected an object")
        return Query(value, self.now)

    def number(self, key: str) -> int | None:
        """Return a whole number, or None where there is none."""
        value = self._keys.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise Malformed(f"{key}: expected a whole number")
        return value

    def main_dex_only(self) -> None:
        """Refuse the dexes that are not here."""
        if self._keys.get("dex") not in {None, ""}:
            raise UnknownCoin(str(self._keys.get("dex")))
