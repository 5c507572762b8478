"""What a request looks like on the wire, to the byte."""

import json
from decimal import Decimal

import msgspec
import pytest

from agentic_core.chat.wire import Ceiling, Flavour, question_body, with_ceiling
from agentic_core.ports.chat_model import ChatMessage, ChatRequest, ChatRole, Routing, ToolCall, ToolSpec
from tests.support.chat_answers import request_for

SCHEMA = b'{"type":"object","properties":{"size":{"type":"number","maximum":0.10}},"required":["size"]}'
TOOL = ToolSpec(name="get_funding", description="Rates.", parameters=b'{"type":"object","properties":{}}')
CEILING = Ceiling(prompt_usd_mtok=Decimal("3.00"), completion_usd_mtok=Decimal(15), request_usd=Decimal("0.000000100"))
FULL = ChatRequest(
    model_id="vendor/name",
    fallbacks=("vendor/other",),
    messages=(
        ChatMessage(role=ChatRole.SYSTEM, content="stable"),
        ChatMessage(role=ChatRole.USER, content="now"),
        ChatMessage(
            role=ChatRole.ASSISTANT,
            content="",
            tool_calls=(ToolCall(id="c1", name="get_funding", arguments='{"symbol":"BTC"}'),),
        ),
        ChatMessage(role=ChatRole.TOOL, content='{"rate":0.1}', answers="c1"),
    ),
    tools=(TOOL,),
    must_use="get_funding",
    reply_schema=SCHEMA,
    completion_tokens_max=500,
    temperature=Decimal("0.20"),
    seed=7,
    effort="low",
    routing=Routing(only=("a",), order=("b", "a"), ignore=("c",), allow_fallbacks=False, zero_retention=True),
)


def test_question_without_options_says_only_what_every_router_needs() -> None:
    """To the byte: what is not asked for is not there."""
    assert question_body(request_for("hi"), Flavour.OPENROUTER) == (
        b'{"model":"vendor/name","messages":[{"role":"system","content":[{"type":"text","text":"you trade",'
        b'"cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"hi"}],"max_completion_tokens":500,'
        b'"provider":{"require_parameters":true,"allow_fallbacks":true,"data_collection":"deny"}}'
    )


def test_question_to_a_plain_endpoint_has_nothing_of_a_router() -> None:
    """Neither parts with marks, nor routing, nor fallbacks."""
    plain = msgspec.structs.replace(request_for("hi"), fallbacks=("x",), routing=Routing(only=("y",)))
    assert question_body(plain, Flavour.PLAIN) == (
        b'{"model":"vendor/name","messages":[{"role":"system","content":"you trade"},'
        b'{"role":"user","content":"hi"}],"max_tokens":500}'
    )


def test_question_to_a_router_carries_every_option() -> None:
    """Tools, the form of the reply, sampling and routing, each under the name that the router documents."""
    body = json.loads(question_body(FULL, Flavour.OPENROUTER, stream=True))
    assert body["models"] == ["vendor/other"]
    assert body["messages"][2] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "get_funding", "arguments": '{"symbol":"BTC"}'}}
        ],
    }
    assert body["messages"][3] == {"role": "tool", "content": '{"rate":0.1}', "tool_call_id": "c1"}
    assert body["tools"][0]["function"]["name"] == "get_funding"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "get_funding"}}
    assert body["response_format"]["json_schema"] == {"name": "reply", "strict": True, "schema": json.loads(SCHEMA)}
    assert (body["temperature"], body["seed"], body["reasoning"]) == (0.2, 7, {"effort": "low"})
    assert (body["stream"], "stream_options" in body) == (True, False)
    assert body["provider"] == {
        "require_parameters": True,
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
        "only": ["a"],
        "order": ["b", "a"],
        "ignore": ["c"],
    }


def test_question_of_a_reasoning_model_at_a_plain_endpoint_speaks_as_such_models_want() -> None:
    """Those of OpenAI refuse `max_tokens`, and alone take an effort."""
    body = json.loads(question_body(FULL, Flavour.PLAIN, stream=True))
    assert (body["reasoning_effort"], body["max_completion_tokens"], "max_tokens" in body) == ("low", 500, False)
    assert body["stream_options"] == {"include_usage": True}


def test_schema_goes_into_the_question_digit_by_digit() -> None:
    """A bound of 0.10 stays 0.10."""
    assert SCHEMA in question_body(FULL, Flavour.OPENROUTER)


@pytest.mark.parametrize(("may_store", "word"), [(False, "deny"), (True, "allow")])
def test_provider_may_keep_what_it_sees_only_where_the_skill_says_so(may_store: bool, word: str) -> None:
    """Without a word of the skill nobody may."""
    request = msgspec.structs.replace(FULL, routing=Routing(may_store=may_store))
    assert json.loads(question_body(request, Flavour.OPENROUTER))["provider"]["data_collection"] == word


def test_ceiling_is_added_to_the_routing_and_changes_nothing_else() -> None:
    """So the question, by which a tape is searched, stays the same under new prices."""
    question = question_body(FULL, Flavour.OPENROUTER, stream=True)
    body = json.loads(with_ceiling(question, CEILING))
    assert body["provider"].pop("max_price") == {"prompt": "3", "completion": "15", "request": "0.0000001"}
    assert body == json.loads(question)


def test_cache_mark_stands_on_the_last_stable_message() -> None:
    """A cache covers what stands before its mark."""
    twice = (ChatMessage(role=ChatRole.SYSTEM, content="one"), *FULL.messages)
    body = json.loads(
        question_body(msgspec.structs.replace(FULL, messages=twice), Flavour.OPENROUTER),
    )
    assert [isinstance(message["content"], list) for message in body["messages"]] == [False, True, False, False, False]


def test_question_without_a_stable_message_has_no_mark() -> None:
    """Nothing in it is the same in the next turn."""
    request = msgspec.structs.replace(FULL, messages=FULL.messages[1:])
    assert b"cache_control" not in question_body(request, Flavour.OPENROUTER)
