"""What a provider of chat models writes, as this project's tests know it."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

from agentic_core.domain.chat import CallId
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.ports.chat_model import ChatMessage, ChatRequest, ChatRole

__all__ = [
    "CALL",
    "GENERATION",
    "HOLD",
    "MODEL",
    "USAGE",
    "completion",
    "error_body",
    "events",
    "request_for",
    "stream_of",
    "wish",
]

MODEL = "vendor/name"
GENERATION = "gen-1700000000-abc"
HOLD = '{"text":"nothing to do","action":null}'
USAGE: Mapping[str, object] = {
    "prompt_tokens": 900,
    "completion_tokens": 40,
    "total_tokens": 940,
    "cost": 0.00123,
    "is_byok": False,
    "cost_details": {"upstream_inference_cost": None},
    "prompt_tokens_details": {"cached_tokens": 128},
    "completion_tokens_details": {"reasoning_tokens": 8},
}
CALL = CallId(deployment=DeploymentId("d" * 8), decision=DecisionId("t" * 8), step=0)


def request_for(text: str = "what now?", *, model_id: str = MODEL) -> ChatRequest:
    """Return a small request with a stable part and a new one."""
    messages = (
        ChatMessage(role=ChatRole.SYSTEM, content="you trade"),
        ChatMessage(role=ChatRole.USER, content=text),
    )
    return ChatRequest(model_id=model_id, messages=messages, completion_tokens_max=500)


def wish(name: str, arguments: str, *, call_id: str | None = "call_1") -> dict[str, object]:
    """Return a wish for a tool."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def completion(
    content: object = HOLD,
    *,
    finish: str | None = "stop",
    usage: object = USAGE,
    **message: object,
) -> dict[str, object]:
    """Return a whole answer; further words go into its message."""
    said = {"role": "assistant", "content": content, "refusal": None, **message}
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "message": said}
    about = {"id": GENERATION, "object": "chat.completion", "created": 1_700_000_000, "model": MODEL}
    return {**about, "provider": "somebody", "system_fingerprint": None, "choices": [choice], "usage": usage}


def error_body(code: int | str, message: str, error_type: str | None = None, **metadata: object) -> bytes:
    """Return an error as the body of an answer."""
    about = metadata if error_type is None else {"error_type": error_type, **metadata}
    return json.dumps({"error": {"code": code, "message": message, "metadata": about}}).encode()


def events(chunks: Sequence[Mapping[str, object]], *, done: bool = True) -> bytes:
    """Return chunks as a stream of events, with a comment in front as a router sends it while it waits."""
    lines = [b": PROCESSING\n\n", *(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)]
    return b"".join([*lines, b"data: [DONE]\n\n" if done else b""])


def stream_of(answer: Mapping[str, object], cuts: Sequence[int] = (5,)) -> list[dict[str, object]]:
    """Return the chunks of an answer, its texts cut at the given places."""
    about = {name: answer[name] for name in ("id", "created", "model", "provider", "system_fingerprint")}
    about["object"] = "chat.completion.chunk"
    choices = answer["choices"]
    assert isinstance(choices, list)
    message = choices[0]["message"]
    deltas: list[dict[str, object]] = [{"role": "assistant"}]
    for name in ("reasoning", "refusal", "content"):
        deltas += [{name: piece} for piece in _cut(message.get(name) or "", cuts)]
    for at, call in enumerate(message.get("tool_calls") or ()):
        deltas += _call_deltas(at, call, cuts)
    ends: list[str | None] = [None] * len(deltas) + [choices[0]["finish_reason"]]
    chunks = [
        {**about, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in zip([*deltas, {}], ends, strict=True)
    ]
    return [*chunks, {**about, "choices": [], "usage": answer["usage"]}]


def _call_deltas(at: int, call: Mapping[str, object], cuts: Sequence[int]) -> list[dict[str, object]]:
    function = call["function"]
    assert isinstance(function, dict)
    first = {"index": at, "id": call["id"], "type": "function", "function": {"name": function["name"]}}
    rest = [{"index": at, "function": {"arguments": piece}} for piece in _cut(function["arguments"], cuts)]
    return [{"tool_calls": [piece]} for piece in (first, *rest)]


def _cut(text: str, cuts: Sequence[int]) -> list[str]:
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    return [text[left:right] for left, right in pairwise(places) if left < right]
