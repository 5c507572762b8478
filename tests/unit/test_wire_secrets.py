"""A private key is never shown: not by text, copy, pickle, JSON or traceback, nor by the errors about a bad one."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable

import msgspec
import pytest
from eth_account import Account

from agentic_core.errors import InputError
from agentic_hl.wire.actions import Noop
from agentic_hl.wire.addresses import address_of
from agentic_hl.wire.keys import signer_from_account, signer_from_keystore
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signature, Signer
from agentic_hl.wire.units import WireError

_HEX = "9f3c5d7e1b2a4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"
_SECRET = bytes.fromhex(_HEX)
_ADDRESS = Account.from_key(_HEX).address.lower()


def _shows_the_key(text: str) -> bool:
    # Six bytes of it anywhere: in hex of either case, as bytes are printed, as a number.
    written = text.lower()
    as_number = str(int(_HEX, 16))
    pieces = [_HEX[at : at + 12] for at in range(len(_HEX) - 12)]
    printed = [repr(_SECRET[at : at + 6])[2:-1].lower() for at in range(26)]
    return any(piece in written for piece in (*pieces, *printed, as_number))


@pytest.mark.parametrize("written", [_HEX, f"0x{_HEX}", f"0x{_HEX.upper()}", repr(_SECRET), str(int(_HEX, 16))])
def test_shown_key_is_recognised(written: str) -> None:
    """The tests below would notice one."""
    assert _shows_the_key(f"Signer({written})")


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:>80}".format, ascii])
def test_signer_is_shown_by_its_address(show: Callable[[object], str]) -> None:
    """Alone, and within other things."""
    signer = Signer.from_hex(_HEX)
    for shown in (show(signer), show([signer]), show({"key": signer})):
        assert _ADDRESS in shown
        assert not _shows_the_key(shown)


@pytest.mark.parametrize(
    "duplicate", [pickle.dumps, copy.copy, copy.deepcopy, lambda signer: pickle.dumps([signer], protocol=0)]
)
def test_signer_is_neither_copied_nor_pickled(duplicate: Callable[[object], object]) -> None:
    """The error names the address."""
    with pytest.raises(WireError, match=_ADDRESS) as refused:
        duplicate(Signer.from_hex(_HEX))
    assert not _shows_the_key(str(refused.value))


@pytest.mark.parametrize("encode", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins])
def test_signer_is_not_encoded(encode: Callable[[object], object]) -> None:
    """Neither as JSON nor as anything else."""
    with pytest.raises((TypeError, WireError)) as refused:
        encode({"key": Signer.from_hex(_HEX)})
    assert not _shows_the_key(_told(refused.value))


def test_attributes_of_a_signer_show_no_key() -> None:
    """What a debugger or a logger of fields would print."""
    signer = Signer.from_hex(_HEX)
    shown = " ".join(repr(getattr(signer, name)) for name in dir(signer))
    assert not hasattr(signer, "__dict__")
    assert not _shows_the_key(shown)


@pytest.mark.parametrize(
    "text",
    [_HEX[:-1], _HEX[:-2], f"0x{_HEX}00", f"{_HEX[:-1]}g", f"0x{_HEX[:-1]}ß", f"{_HEX} {_HEX}", f"'{_HEX}'"],
)
def test_error_about_a_bad_key_does_not_repeat_it(text: str) -> None:
    """Not in its message, nor in the traceback with its causes, nor in the variables of the frames of the library."""
    with pytest.raises(WireError) as refused:
        Signer.from_hex(text)
    assert not _shows_the_key(_told(refused.value))


@pytest.mark.parametrize("secret", [_SECRET[:-1], _SECRET + b"\x01", b"\xff" * 26 + _SECRET[:6], bytes(32), b""])
def test_error_about_bad_bytes_does_not_repeat_them(secret: bytes) -> None:
    """Too short, too long, beyond the curve, zero."""
    with pytest.raises(WireError, match="private key") as refused:
        Signer(secret)
    assert not _shows_the_key(_told(refused.value))


@pytest.mark.parametrize("read", [address_of, Signature.from_hex])
@pytest.mark.parametrize("pasted", [_HEX, f"0x{_HEX}", f"0X{_HEX.upper()}"])
def test_key_in_place_of_something_else_is_not_repeated(read: Callable[[str], object], pasted: str) -> None:
    """An owner who is asked for an address, or for a signature, may paste what lies beside it."""
    with pytest.raises(WireError, match=r"a text of 6[46] characters is not") as refused:
        read(pasted)
    assert not _shows_the_key(str(refused.value))


def test_failure_while_signing_shows_no_key() -> None:
    """With the variables of every frame in the traceback."""
    signer = Signer.from_hex(_HEX)
    with pytest.raises(WireError) as refused:
        signer.sign_l1(Noop(), nonce=-1, network=Network.TESTNET)
    assert not _shows_the_key(_told(refused.value))


def test_signer_of_an_account_signs_for_its_address() -> None:
    """Out of what Ethereum's tools hold."""
    assert signer_from_account(Account.from_key(_HEX)).address == _ADDRESS


def test_keystore_is_opened_by_its_password_alone() -> None:
    """Another password, and what is no keystore, are refused without a word of either."""
    keystore = json.dumps(Account.encrypt(_SECRET, "correct horse", kdf="pbkdf2", iterations=2))
    assert signer_from_keystore(keystore, "correct horse").address == _ADDRESS
    for content, password in ((keystore, "wrong horse"), ("{}", "wrong horse"), (_HEX, "wrong horse")):
        with pytest.raises(InputError, match="keystore cannot be opened") as refused:
            signer_from_keystore(content, password)
        assert "horse" not in _told(refused.value)


def _told(error: BaseException) -> str:
    # The traceback with causes, and the variables in the frames below that of the test.
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format(chain=True))
