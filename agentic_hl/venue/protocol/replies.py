"""What goes back over HTTP."""

import msgspec

__all__ = ["Reply", "json_reply", "text_reply"]

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, ready to be written."""

    status: int = 200
    content_type: str = _JSON
    body: bytes


def json_reply(content: object, *, status: int = 200) -> Reply:
    """Answer with JSON."""
    return Reply(status=status, body=msgspec.json.encode(content))


def text_reply(text: str, *, status: int) -> Reply:
    """Answer with plain text, as the venue does where it cannot read the request."""
    return Reply(status=status, content_type=_TEXT, body=text.encode())
