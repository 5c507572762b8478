"""Requests that come over a websocket instead of HTTP."""

from collections.abc import Mapping

import msgspec

from agentic_hl.venue.protocol.replies import Reply

__all__ = ["PostRequest", "post_answer", "read_post"]

_OK = 200


class PostRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request and the number that its answer repeats."""

    number: int
    kind: str
    """`info` or `action`."""
    path: str
    body: bytes
    asked: str
    """The `type` of what was asked."""


def read_post(message: Mapping[str, object]) -> PostRequest | str:
    """Read a post, or return the text of the error frame."""
    match message:
        case {"id": int() as number, "request": {"type": "info" | "action" as kind, "payload": dict() as payload}}:
            path = "/info" if kind == "info" else "/exchange"
            body = msgspec.json.encode(payload)
            return PostRequest(number=number, kind=kind, path=path, body=body, asked=str(payload.get("type")))
        case _:
            written = msgspec.json.encode(message).decode()
            return f"Error parsing JSON into valid websocket request: {written}"


def post_answer(request: PostRequest, reply: Reply) -> object:
    """Wrap the reply to a post; one that is not of status 200 becomes an error text."""
    if reply.status != _OK:
        response: object = {"type": "error", "payload": reply.body.decode(errors="replace")}
    elif request.kind == "info":
        response = {"type": "info", "payload": {"type": request.asked, "data": msgspec.Raw(reply.body)}}
    else:
        response = {"type": "action", "payload": msgspec.Raw(reply.body)}
    return {"id": request.number, "response": response}
