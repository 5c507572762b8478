"""Requests over httpx; the only module that imports it.

httpcore tells when it begins to write a request, so that what failed before that is known never to have left.
"""

from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import anyio
import httpx

from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear

__all__ = ["HttpxTransport"]

_CONNECTIONS_MAX = 10
_KEPT_OPEN_S = 60.0
"""The venue's proxy drops an idle connection after about three minutes; one that we drop first cannot surprise us."""

_OPERATION_S = 60.0
"""For each step of a request; the total time of a request is given with it and ends before."""

_BODY_MAX_BYTES = 64 * 1024 * 1024
_HEADERS: Final = {"content-type": "application/json", "accept": "application/json"}
_FIRST_BYTE = "send_request_headers.started"
_MS_PER_S = 1_000
_WAIT_S_MAX = 3_600


class HttpxTransport:
    """Keeps connections to one venue; open it with `async with`.

    No proxy or credential is taken from the environment, no redirect is followed and nothing is sent twice.
    """

    def __init__(self, base_url: str, *, proxy: str | None = None, body_max_bytes: int = _BODY_MAX_BYTES) -> None:
        """Take the venue's address without a slash at its end, such as `http://localhost:3001`."""
        self._base_url = base_url.rstrip("/")
        self._body_max = body_max_bytes
        self._http = httpx.AsyncClient(
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=False,
            proxy=proxy,
            timeout=_OPERATION_S,
            limits=httpx.Limits(max_connections=_CONNECTIONS_MAX, keepalive_expiry=_KEPT_OPEN_S),
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._http.__aexit__(kind, error, trace)

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post a body to a path of the venue within a total time."""
        progress = _Progress()
        with anyio.move_on_after(timeout_ms / _MS_PER_S):
            try:
                return await self._exchange(path, body, progress)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                return progress.broken(f"{type(error).__name__} {error}".strip(), timed_out=False)
        return progress.broken(f"no whole answer within {timeout_ms} ms", timed_out=True)

    async def _exchange(self, path: str, body: bytes, progress: "_Progress") -> HttpOutcome:
        extensions = {"trace": progress.note}
        async with self._http.stream("POST", self._base_url + path, content=body, extensions=extensions) as answer:
            read = bytearray()
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > self._body_max:
                    return Unclear(cause=f"the answer is longer than {self._body_max} bytes")
        return Answered(
            status=answer.status_code,
            body=bytes(read),
            content_type=answer.headers.get("content-type", ""),
            retry_after_ms=_wait_asked(answer),
        )


class _Progress:
    def __init__(self) -> None:
        self._left = False

    async def note(self, event: str, _details: object) -> None:
        self._left = self._left or event.endswith(_FIRST_BYTE)

    def broken(self, cause: str, *, timed_out: bool) -> NeverLeft | Unclear:
        return Unclear(cause=cause, timed_out=timed_out) if self._left else NeverLeft(cause=cause)


def _wait_asked(answer: httpx.Response) -> int | None:
    # The other form of the header is a date, which would need a clock that agrees with the venue's.
    text = answer.headers.get("retry-after", "")
    if answer.status_code < HTTPStatus.BAD_REQUEST or not (text.isascii() and text.isdigit()):
        return None
    return min(int(text[:6]), _WAIT_S_MAX) * _MS_PER_S
