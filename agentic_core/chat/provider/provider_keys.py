"""Keys of a router, one for each deployment, each with a monthly limit that the router itself enforces.

An option beside the meter: whatever happened to this process, such a key cannot spend more.
Source: OpenRouter's `POST /keys` and `DELETE /keys/{hash}`, which take a management key.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NoReturn, Protocol
from urllib.parse import quote

import msgspec

from agentic_core.chat.transport import NO_HEADERS, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.chat.wire.answer import error_in
from agentic_core.chat.wire.usage import UNREADABLE
from agentic_core.domain.chat import CallId
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.errors import ConfigError, UsageError, VenueUnavailable

__all__ = ["KeyTransport", "ProviderKey", "ProviderKeys"]

_PATH = "/keys"
_WITHIN_MS = 15_000
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class KeyTransport(Protocol):
    """A way to a router that was opened with a management key."""

    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        """Post a body to a path."""

    async def delete(self, path: str, *, within_ms: int) -> HttpOutcome:
        """Delete what stands at a path."""


class ProviderKey:
    """A key that was handed out, and the name by which it is taken back; no text, copy or pickle reveals the key."""

    __slots__ = ("_secret", "name")

    def __init__(self, name: str, secret: str) -> None:
        """Take what the router calls it, and the key."""
        self.name = name
        self._secret = secret

    def reveal(self) -> str:
        """Return the key itself, for the transport and for nothing else."""
        return self._secret

    def __repr__(self) -> str:
        return f"ProviderKey({self.name})"

    def __reduce__(self) -> NoReturn:
        raise UsageError(f"{self!r} holds a key and is neither copied nor pickled; hand it to a transport")


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    limit: Usd
    limit_reset: str = "monthly"
    include_byok_in_limit: bool = True


class _Named(msgspec.Struct, frozen=True):
    hash: str


class _Made(msgspec.Struct, frozen=True):
    named: _Named = msgspec.field(name="data")
    key: str


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_MADE: Final = msgspec.json.Decoder(_Made)


class ProviderKeys:
    """Makes keys and takes them back."""

    def __init__(self, transport: KeyTransport) -> None:
        """Take the way to the router."""
        self._transport = transport

    async def create(self, deployment: DeploymentId, *, month_usd: Usd) -> ProviderKey:
        """Make a key that a deployment can spend so much with in a UTC month, with keys of its own behind it included.

        Raises:
            ConfigError: the management key is refused.
            VenueUnavailable: there is no usable answer; where it may have arrived all the same, it is not retryable.
        """
        body = _ENCODER.encode(_Asked(name=f"agentic {deployment}", limit=month_usd))
        answer = await self._transport.post(_PATH, body, within_ms=_WITHIN_MS)
        said = _told(answer, f"make a key called 'agentic {deployment}'", repeatable=False)
        try:
            made = _MADE.decode(said.body)
        except UNREADABLE:
            # The error would quote what was said, and that holds the key.
            message = f"the router made a key and its answer cannot be read; delete 'agentic {deployment}' there"
            raise VenueUnavailable(message, retryable=False) from None
        return ProviderKey(made.named.hash, made.key)

    async def revoke(self, name: str) -> None:
        """Take a key back; one that is gone already is no error.

        Raises:
            ConfigError: the management key is refused.
            VenueUnavailable: there is no usable answer.
        """
        answer = await self._transport.delete(f"{_PATH}/{quote(name, safe='')}", within_ms=_WITHIN_MS)
        if isinstance(answer, RawAnswer) and answer.status == HTTPStatus.NOT_FOUND:
            return
        _told(answer, f"delete the key {name}", repeatable=True)


def _told(answer: HttpOutcome, wish: str, *, repeatable: bool) -> RawAnswer:
    if isinstance(answer, NoAnswer):
        is_safe = repeatable or answer.never_left
        hint = "try again" if is_safe else "look for it among the router's keys before trying again"
        raise VenueUnavailable(f"the router did not {wish}: {answer.cause}; {hint}", retryable=is_safe)
    if answer.status in _REFUSED:
        raise ConfigError(f"the router does not {wish} (HTTP {answer.status}): it takes a management key for that")
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        is_passing = answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise VenueUnavailable(f"the router did not {wish}: {_reason(answer)}", retryable=is_passing)
    return answer


def _reason(answer: RawAnswer) -> str:
    error = error_in(answer.body)
    return f"HTTP {answer.status}" if error is None else error.detail(answer.status)
