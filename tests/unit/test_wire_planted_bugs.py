"""What goes wrong in clients of this venue: each bug is noticed by the recorded vectors, and by the venue."""

from collections.abc import Callable, Mapping
from typing import Any

import msgpack
import msgspec
import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hyperliquid.utils.signing import construct_phantom_agent, l1_payload, sign_inner

from agentic_hl.wire.signing import Signature
from tests.support.signing_vectors import vectors_of
from tests.support.signing_venue import NOW, OWNER, SigningVenue

_KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
_DESTINATION = "0x" + 20 * "cd"


class _Program:
    """A client written from the protocol's description, with room for one bug."""

    def written(self, action: dict[str, Any]) -> dict[str, Any]:
        return action

    def vault_mark(self, vault: str | None) -> bytes:
        return b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])

    def expiry_mark(self, expires_after: int | None) -> bytes:
        return b"" if expires_after is None else b"\x00" + expires_after.to_bytes(8, "big")

    def is_mainnet(self, *, wanted: bool) -> bool:
        return wanted

    def hashed(self, action: dict[str, Any], nonce: int, vault: str | None, expires_after: int | None) -> bytes:
        packed: bytes = msgpack.packb(self.written(action))
        digest: bytes = keccak(
            packed + nonce.to_bytes(8, "big") + self.vault_mark(vault) + self.expiry_mark(expires_after)
        )
        return digest

    def signed(self, key: str, connection: bytes, *, mainnet: bool) -> dict[str, Any]:
        phantom = construct_phantom_agent(connection, self.is_mainnet(wanted=mainnet))
        signature: dict[str, Any] = sign_inner(Account.from_key(key), l1_payload(phantom))
        return signature

    def body(
        self, action: dict[str, Any], *, vault: str | None = None, expires_after: int | None = None
    ) -> Mapping[str, object]:
        return {
            "action": self.written(action),
            "nonce": NOW,
            "signature": self.signed(_KEY, self.hashed(action, NOW, vault, expires_after), mainnet=False),
            "vaultAddress": vault,
            "expiresAfter": expires_after,
        }


def _everywhere(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return change({key: _everywhere(inner, change) for key, inner in value.items()})
    if isinstance(value, list):
        return change([_everywhere(inner, change) for inner in value])
    return change(value)


class _SwappedKeys(_Program):
    def written(self, action: dict[str, Any]) -> dict[str, Any]:
        def swap(value: Any) -> Any:  # noqa: ANN401 - JSON
            return dict(reversed(value.items())) if isinstance(value, dict) else value

        swapped: dict[str, Any] = _everywhere(action, swap)
        return swapped


class _TrailingZero(_Program):
    def written(self, action: dict[str, Any]) -> dict[str, Any]:
        def lengthen(value: Any) -> Any:  # noqa: ANN401 - JSON
            is_number = isinstance(value, str) and value.replace(".", "").isdigit()
            return (value + "0" if "." in value else value + ".0") if is_number else value

        longer: dict[str, Any] = _everywhere(action, lengthen)
        return longer


class _UpperCaseAddress(_Program):
    def written(self, action: dict[str, Any]) -> dict[str, Any]:
        def shout(value: Any) -> Any:  # noqa: ANN401 - JSON
            is_address = isinstance(value, str) and value.startswith("0x") and len(value) == 42
            return "0x" + value[2:].upper() if is_address else value

        shouted: dict[str, Any] = _everywhere(action, shout)
        return shouted


class _ExtraNull(_Program):
    def written(self, action: dict[str, Any]) -> dict[str, Any]:
        def add(value: Any) -> Any:  # noqa: ANN401 - JSON
            return value | {"c": None} if isinstance(value, dict) and "t" in value and "c" not in value else value

        added: dict[str, Any] = _everywhere(action, add)
        return added | {"time": None} if action["type"] == "scheduleCancel" and "time" not in action else added


class _MissingExpiryMarker(_Program):
    def expiry_mark(self, expires_after: int | None) -> bytes:
        return super().expiry_mark(expires_after)[1:]


class _ExpiryMarkerOfOne(_Program):
    def expiry_mark(self, expires_after: int | None) -> bytes:
        return super().expiry_mark(expires_after).replace(b"\x00", b"\x01", 1)


class _WrongNetwork(_Program):
    def is_mainnet(self, *, wanted: bool) -> bool:
        return not wanted


class _MissingVaultMarker(_Program):
    def vault_mark(self, vault: str | None) -> bytes:
        return b"" if vault is None else super().vault_mark(vault)[1:]


class _VaultAsText(_Program):
    def vault_mark(self, vault: str | None) -> bytes:
        return b"\x00" if vault is None else b"\x01" + vault.encode()


class _ForgottenVault(_Program):
    def vault_mark(self, vault: str | None) -> bytes:
        return b"\x00"


class _LittleEndianExpiry(_Program):
    def expiry_mark(self, expires_after: int | None) -> bytes:
        return b"" if expires_after is None else b"\x00" + expires_after.to_bytes(8, "little")


_BUGS: list[type[_Program]] = [
    _SwappedKeys,
    _TrailingZero,
    _UpperCaseAddress,
    _ExtraNull,
    _MissingExpiryMarker,
    _ExpiryMarkerOfOne,
    _LittleEndianExpiry,
    _WrongNetwork,
    _MissingVaultMarker,
    _VaultAsText,
    _ForgottenVault,
]


def _unlike_the_vectors(program: _Program) -> list[str]:
    # Which recorded hashes and signatures the program does not give.
    found = []
    for vector in vectors_of("l1", "l1_hash_only"):
        given, expected = vector["input"], vector["expected"]
        action, nonce = given["action"], given["nonce"]
        vault, expires = given["vault_address"], given["expires_after"]
        hashes = [(vector.get("action_hash") or expected.get("withBoth"), vault, expires)]
        hashes += [(expected.get("connectionId"), vault, expires), (expected.get("withExpires"), None, expires)]
        found += [
            vector["name"]
            for recorded, used_vault, used_expires in hashes
            if recorded and "0x" + program.hashed(action, nonce, used_vault, used_expires).hex() != recorded
        ]
        for network in ("mainnet", "testnet") if vector["kind"] == "l1" else ():
            connection = bytes.fromhex(vector["action_hash"][2:])
            signature = program.signed(vector["private_key"], connection, mainnet=network == "mainnet")
            theirs, ours = msgspec.convert([expected[network], signature], list[Signature])
            found += [f"{vector['name']} {network}"] if theirs.numbers != ours.numbers else []
    return found


def _order() -> dict[str, Any]:
    limit = {"limit": {"tif": "Gtc"}}
    line = {"a": 1, "b": True, "p": "3000", "s": "0.1", "r": False, "t": limit}
    return {"type": "order", "orders": [line], "grouping": "na"}


def _transfer() -> dict[str, Any]:
    return {"type": "subAccountTransfer", "subAccountUser": _DESTINATION, "isDeposit": True, "usd": 1}


def test_program_without_a_bug_is_right_everywhere() -> None:
    """So that whatever is noticed below is noticed for its bug."""
    assert _unlike_the_vectors(_Program()) == []
    venue = SigningVenue()
    assert venue.hear(_Program().body(_order(), expires_after=NOW + 1)).status == "ok"
    of_another, missing = _Program().body(_order(), vault=_DESTINATION), _Program().body(_transfer())
    assert "not registered" in SigningVenue().hear(of_another).text
    assert SigningVenue().hear(missing).text.startswith(f"Invalid sub-account transfer from {OWNER.address}")


@pytest.mark.parametrize("bug", _BUGS)
def test_bug_is_noticed_by_the_vectors(bug: type[_Program]) -> None:
    """At least one recorded hash or signature comes out different."""
    assert _unlike_the_vectors(bug()) != []


@pytest.mark.parametrize("bug", _BUGS)
def test_bug_is_noticed_by_the_venue(bug: type[_Program]) -> None:
    """The venue recovers somebody else, and names that random address."""
    action = _transfer() if bug is _UpperCaseAddress else _order()
    has_vault = bug in {_MissingVaultMarker, _VaultAsText, _ForgottenVault}
    body = bug().body(action, vault=_DESTINATION if has_vault else None, expires_after=NOW + 1)
    refused, venue = SigningVenue().hear(body), SigningVenue()
    assert refused.status == "err"
    head, _, rest = refused.text.partition("User or API Wallet 0x")
    assert head == ""
    assert rest[40:] == " does not exist."
    assert "0x" + rest[:40] != OWNER.address
    assert venue.engine.orders_of(OWNER.address) == []
