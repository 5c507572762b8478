"""Requests to a provider over httpx; the only module of this package that imports it.

It stands on httpx's own transport rather than on its `AsyncClient`: what that adds (cookies, redirects, credentials and
proxies from the environment) is exactly what must not happen here, and it costs as much again as the way to the socket.
"""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import Final, Self

import anyio
import httpx

from agentic_core.chat.transport import NO_HEADERS, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain.chat import CallId
from agentic_core.errors import ConfigError

__all__ = ["HttpxTransport"]

_CONNECTIONS_MAX = 64
_KEPT_OPEN_S = 60.0
_BODY_MAX_BYTES = 8 * 1024 * 1024
_MS_PER_S = 1_000
_CAUSE_MAX = 300
_READ: Final = ("content-type", "retry-after", "retry-after-ms")
_HIDDEN = b"[key]"
_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_HEADER = zlib.MAX_WBITS | 32
_FIXED: Final = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "agentic-perps"}


class HttpxTransport:
    """Keeps connections to one provider; open it with `async with`.

    No proxy or credential is taken from the environment, no redirect is followed and nothing is sent twice. The key
    goes into a header and nowhere else: where an answer or an error repeats it, it is struck out.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        body_max_bytes: int = _BODY_MAX_BYTES,
        tls: SSLContext | None = None,
    ) -> None:
        """Join an address to its key.

        Args:
            base_url: what paths are added to, such as `https://openrouter.ai/api/v1`.
            key: opens it; None where nothing has to be opened.
            body_max_bytes: of an answer, unpacked.
            tls: whose certificates are trusted; None trusts what the system does.

        Raises:
            ConfigError: the address is none, or the key cannot stand in a header.
        """
        unfit = None if key is None or _is_fit(key) else len(key)
        self._secret = b"" if key is None else key.encode("ascii", "replace")
        self._headers = {**_FIXED} if key is None else {**_FIXED, "authorization": f"Bearer {key}"}
        del key  # a traceback may show the variables of this frame
        if unfit is not None:
            raise ConfigError(
                f"the key of the chat models ({unfit} characters) is empty or holds a space, a line end or a letter "
                "that no header can; copy it again"
            )
        self._base = _address(base_url)
        self._body_max = body_max_bytes
        self._headers["host"] = self._base.netloc.decode("ascii")
        self._urls: dict[str, httpx.URL] = {}
        limits = httpx.Limits(
            max_connections=_CONNECTIONS_MAX,
            max_keepalive_connections=_CONNECTIONS_MAX,
            keepalive_expiry=_KEPT_OPEN_S,
        )
        self._http = httpx.AsyncHTTPTransport(verify=tls or _tls(), trust_env=False, limits=limits)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._http.__aexit__(kind, error, trace)

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
        """Post a body to a path below the address within a total time; whose exchange it is makes no difference."""
        return await self._within(within_ms, self._request("POST", path, body, headers))

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read a path below the address within a total time."""
        return await self._within(within_ms, self._request("GET", path, b"", headers))

    async def delete(self, path: str, *, within_ms: int) -> HttpOutcome:
        """Delete what stands at a path below the address within a total time."""
        return await self._within(within_ms, self._request("DELETE", path, b"", NO_HEADERS))

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> "_Exchange":
        length = {"content-length": str(len(body))} if body else {}
        return _Exchange(method, self._url(path), {**self._headers, **length, **headers}, body)

    def _url(self, path: str) -> httpx.URL:
        bare, _, question = path.partition("?")
        url = self._urls.get(bare)
        if url is None:
            url = self._urls[bare] = self._base.copy_with(path=self._base.path.rstrip("/") + bare)
        return url.copy_with(query=question.encode("ascii")) if question else url

    async def _within(self, within_ms: int, exchange: "_Exchange") -> HttpOutcome:
        with anyio.move_on_after(within_ms / _MS_PER_S):
            try:
                return await self._made(exchange)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, zlib.error) as error:
                return self._broken(exchange, f"{type(error).__name__} {error}".strip())
        return self._broken(exchange, f"no whole answer within {within_ms} ms", timed_out=True)

    async def _made(self, exchange: "_Exchange") -> HttpOutcome:
        answer = await self._http.handle_async_request(exchange.request)
        try:
            async for part in _parts(answer, self._body_max):
                exchange.read += part
                if len(exchange.read) > self._body_max:
                    return self._broken(exchange, f"the answer is longer than {self._body_max} bytes")
        finally:
            await answer.aclose()
        told = answer.headers
        read = tuple((name, self._struck(told[name].encode()).decode()) for name in _READ if name in told)
        return RawAnswer(status=answer.status_code, headers=read, body=self._struck(bytes(exchange.read)))

    def _broken(self, exchange: "_Exchange", cause: str, *, timed_out: bool = False) -> NoAnswer:
        return NoAnswer(
            cause=self._struck(cause.encode()).decode()[:_CAUSE_MAX],
            never_left=not exchange.has_left,
            timed_out=timed_out,
            part=self._struck(bytes(exchange.read[: self._body_max])),
        )

    def _struck(self, text: bytes) -> bytes:
        return text.replace(self._secret, _HIDDEN) if self._secret and self._secret in text else text


class _Exchange(httpx.AsyncByteStream):
    # httpcore asks for the body when it has a connection and the head is sent: before that nobody can have acted on it.
    def __init__(self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes) -> None:
        self.has_left = False
        self.read = bytearray()
        self._body = body
        self.request = httpx.Request(method, url, headers=headers, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.has_left = True
        if self._body:
            yield self._body


def _parts(answer: httpx.Response, most: int) -> AsyncIterable[bytes]:
    # Nothing packed is asked for; a proxy may pack all the same, once and in one of the ordinary ways.
    stream, packed = answer.stream, answer.headers.get("content-encoding", "identity").strip().lower()
    assert isinstance(stream, httpx.AsyncByteStream), "it comes from the network"
    if packed in {"", "identity"}:
        return stream
    if packed in _PACKED:
        return _unpacked(stream, most)
    raise httpx.DecodingError(f"the answer is packed as {packed[:40]!r}, which nobody asked for")


async def _unpacked(stream: AsyncIterable[bytes], most: int) -> AsyncIterator[bytes]:
    # Only as far as an answer may be long: what is packed in a little may be more than there is memory.
    unpacking, left = zlib.decompressobj(_EITHER_HEADER), most + 1
    async for part in stream:
        plain = unpacking.decompress(part, left)
        left -= len(plain)
        yield plain
        if left <= 0:
            return
    if not unpacking.eof:
        raise httpx.DecodingError("the packed answer ends early")


def _address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        shown = text.rpartition("@")[2]  # what stands before may be a password
        raise ConfigError(
            f"the address of the chat models, {shown!r}, is none; give it as https://host/path"
        ) from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError(
            f"the address of the chat models is {_shown(url)!r}; give it as https://host/path, without user and query"
        )
    return url


def _shown(url: httpx.URL) -> str:
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _is_fit(key: str) -> bool:
    return bool(key) and all("!" <= letter <= "~" for letter in key)


@cache
def _tls() -> SSLContext:
    # Reading the certificates takes tens of milliseconds, so all transports of a process share them.
    return httpx.create_ssl_context(trust_env=False)
