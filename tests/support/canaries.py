"""Secrets that are looked for wherever they must not be, in the ways in which programs write bytes."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable

__all__ = ["Canary", "spotted"]

_AMONG_OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "numbers": lambda part: json.dumps(list(part))[1:-1].encode(),
    "printed": lambda part: repr(part)[2:-1].encode(),
    "printed within JSON": lambda part: json.dumps(repr(part)[2:-1])[1:-1].encode(),
    "text": lambda part: part.decode("latin-1").encode(),
}


class Canary:
    """A secret of 32 bytes and what gives it away: two separate pieces of it, in each of its forms.

    Two, because a page of WAL may end within one.
    """

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self.secret = secret
        hexadecimal, number = secret.hex(), str(int.from_bytes(secret, "big"))
        self.written = {
            "raw": secret,
            "hex": hexadecimal.encode(),
            "upper-case hex": hexadecimal.upper().encode(),
            "base64": b64encode(secret),
            "base64 of the web": urlsafe_b64encode(secret),
            "base64 after one letter": b64encode(b"=" + secret),
            "base64 after two letters": b64encode(b"==" + secret),
            "number": number.encode(),
            "numbers": json.dumps(list(secret)).encode(),
            "printed": repr(secret).encode(),
            "printed within JSON": json.dumps(repr(secret)).encode(),
            "escaped": "".join(f"\\{byte:03o}" for byte in secret).encode(),
            "text": secret.decode("latin-1").encode(),
        }
        """The secret in each form, as it would be planted."""
        self._pieces: dict[str, tuple[bytes, ...]] = {
            form: (whole[:16], whole[-16:]) for form, whole in self.written.items()
        }
        self._pieces["raw"] = secret[:8], secret[24:]
        for form in ("base64", "base64 of the web", "base64 after one letter", "base64 after two letters"):
            # Groups of four letters that hold nothing but the secret, also where it begins or ends within a group.
            self._pieces[form] = self.written[form][4:16], self.written[form][-16:-4]
        # Without quotes and brackets, because the secret may stand among other bytes.
        for form, write in _AMONG_OTHERS.items():
            self._pieces[form] = write(secret[1:7]), write(secret[25:31])
        # What writes backslashes twice writes what was written with them once more.
        for form, pieces in self._pieces.items():
            twice = (piece.replace(b"\\", b"\\\\") for piece in pieces)
            self._pieces[form] = (*pieces, *(piece for piece in twice if piece not in pieces))

    def forms_in(self, content: bytes) -> set[str]:
        """Return the forms in which it can be read there."""
        return {form for form, pieces in self._pieces.items() if any(piece in content for piece in pieces)}

    def __repr__(self) -> str:
        return f"Canary({self.name})"


def spotted(canaries: Iterable[Canary], content: bytes) -> dict[str, set[str]]:
    """Return which of them can be read there, and in which forms."""
    found = {canary.name: canary.forms_in(content) for canary in canaries}
    return {name: forms for name, forms in found.items() if forms}
