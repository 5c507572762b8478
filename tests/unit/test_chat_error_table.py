"""What an HTTP error of a provider means: which class it is, what it cost, and how long to wait."""

from decimal import Decimal

import pytest

from agentic_core.chat.transport import RawAnswer
from agentic_core.chat.wire import Asked, generation_cost, outcome_of
from agentic_core.chat.wire.usage import usage_of
from agentic_core.ports.chat_model import CallFailure, Failed
from tests.support.chat_answers import error_body

ASKED = Asked(request_hash="cd" * 32, model_id="asked/for")
F = CallFailure


def refused(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Failed:
    """Judge an answer that is an error."""
    outcome = outcome_of(RawAnswer(status=status, headers=headers, body=body), ASKED)
    assert isinstance(outcome, Failed)
    return outcome


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, F.BAD_REQUEST),
        (400, F.BAD_REQUEST),
        (401, F.NOT_AUTHENTICATED),
        (402, F.NO_CREDIT),
        (403, F.NOT_AUTHENTICATED),
        (404, F.NOT_FOUND),
        (408, F.TIMED_OUT),
        (413, F.TOO_LONG),
        (418, F.BAD_REQUEST),
        (422, F.BAD_REQUEST),
        (429, F.RATE_LIMITED),
        (500, F.OVERLOADED),
        (502, F.OVERLOADED),
        (503, F.OVERLOADED),
        (504, F.TIMED_OUT),
        (524, F.TIMED_OUT),
        (529, F.OVERLOADED),
        (204, F.MALFORMED),
    ],
)
def test_status_without_words_is_judged_by_itself(status: int, expected: CallFailure) -> None:
    """A proxy's page says nothing more."""
    assert refused(status).failure is expected
    assert refused(status, b"<html>").failure is expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error_body(400, "m", "context_length_exceeded"), F.TOO_LONG),
        (400, error_body(400, "m", "max_tokens_exceeded"), F.TRUNCATED),
        (400, error_body(400, "m", "refusal"), F.REFUSED),
        (402, error_body(402, "m", "token_limit_exceeded"), F.NO_CREDIT),
        (403, error_body(403, "m", "content_policy_violation"), F.FILTERED),
        (403, error_body(403, "flagged", reasons=["violence"], flagged_input="x"), F.FILTERED),
        (403, error_body(403, "m", "permission_denied"), F.NOT_AUTHENTICATED),
        (403, error_body(403, "m", "permission_denied", limit_source="openrouter_key_limit"), F.NO_CREDIT),
        (402, error_body(402, "m", "payment_required", limit_source="openrouter_credits"), F.NO_CREDIT),
        (402, error_body(402, "m", "payment_required", limit_source="openrouter_in_flight_budget"), F.RATE_LIMITED),
        (500, error_body(500, "m", "a word nobody knows"), F.OVERLOADED),
        (429, b'{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}', F.NO_CREDIT),
        (404, b'{"error":{"message":"m","type":"invalid_request_error","code":"model_not_found"}}', F.NOT_FOUND),
        (400, b'{"error":{"message":"m","type":"x","code":"context_length_exceeded"}}', F.TOO_LONG),
        (400, b'{"error":{"message":"m","code":"402"}}', F.NO_CREDIT),
        (500, b'{"object":"error","message":"of another form"}', F.OVERLOADED),
    ],
)
def test_words_of_an_error_go_before_its_status(status: int, body: bytes, expected: CallFailure) -> None:
    """The router's types and OpenAI's codes are more exact than a number."""
    assert refused(status, body).failure is expected


@pytest.mark.parametrize(
    ("status", "cost"),
    [
        (400, Decimal(0)),
        (401, Decimal(0)),
        (402, Decimal(0)),
        (404, Decimal(0)),
        (429, Decimal(0)),
        (503, Decimal(0)),
        (529, Decimal(0)),
        (408, None),
        (500, None),
        (502, None),
        (504, None),
        (524, None),
    ],
)
def test_error_costs_nothing_only_where_no_chat_model_began(status: int, cost: Decimal | None) -> None:
    """Whoever waited in vain does not know whether somebody worked meanwhile."""
    assert refused(status).usage.cost_usd == cost


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("retry-after", "7"),), 7_000),
        ((("retry-after-ms", "250"), ("retry-after", "7")), 250),
        ((("retry-after", "99999999999"),), 3_600_000),
        ((("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),), None),
        ((("retry-after", "-5"),), None),
        ((("retry-after", "٣"),), None),
        ((), None),
    ],
)
def test_provider_says_how_long_to_wait(headers: tuple[tuple[str, str], ...], expected: int | None) -> None:
    """In seconds or milliseconds, an hour at most."""
    assert refused(429, b"", *headers).retry_after_ms == expected


def test_detail_is_one_bounded_line() -> None:
    """A provider's words go into logs and onto terminals."""
    detail = refused(400, error_body(400, "a\nb\x1b[31m" + "c" * 1_000, "invalid_request")).detail
    assert detail.startswith("HTTP 400: a b [31mccc")
    assert len(detail) == 300
    assert detail.isprintable()


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (b'{"cost":0.1}', "0.1"),
        (b'{"cost":0.000000001}', "1E-8"),
        (b'{"cost":0.123456780000001}', "0.12345679"),
        (b'{"cost":0}', "0"),
        (b'{"cost":1e-400}', "1E-8"),
        (b'{"cost":"0.25"}', "0.25"),
        (b'{"cost":0.001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.02}}', "0.021"),
        (b'{"cost":0.001,"is_byok":false,"cost_details":{"upstream_inference_cost":0.02}}', "0.001"),
        (b'{"cost":0.3,"prompt_tokens":"many"}', "0.3"),
        (b'{"cost":0.001,"is_byok":true,"cost_details":{"upstream_inference_cost":null}}', None),
        (b'{"cost":0.001,"is_byok":true}', None),
        (b'{"cost":null}', None),
        (b'{"cost":-0.01}', None),
        (b'{"cost":1e30}', None),
        (b'{"cost":"NaN"}', None),
        (b'{"cost":"Infinity"}', None),
        (b'{"cost":true}', None),
        (b"{}", None),
        (b"null", None),
        (b"[[[", None),
    ],
)
def test_cost_is_rounded_up_or_unknown(usage: bytes, cost: str | None) -> None:
    """Never zero because nobody said it; with a key of our own behind the router both charges count."""
    read = usage_of(usage).cost_usd
    assert read == (None if cost is None else Decimal(cost))


def test_counts_that_cannot_be_read_do_not_spoil_the_cost() -> None:
    """And a cost that cannot be read does not spoil the counts."""
    assert usage_of(b'{"prompt_tokens":5,"completion_tokens":2,"cost":"dear"}').prompt_tokens == 5
    assert usage_of(b'{"prompt_tokens":-5,"cost":1}').prompt_tokens == 0


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        (b'{"data":{"total_cost":0.002,"is_byok":false,"upstream_inference_cost":null}}', "0.002"),
        (b'{"data":{"total_cost":0.002,"is_byok":true,"upstream_inference_cost":0.01}}', "0.012"),
        (b'{"data":{"total_cost":null}}', None),
        (b'{"data":null}', None),
        (b"{}", None),
        (b"<html>", None),
    ],
)
def test_cost_told_afterwards_is_read_like_one_told_at_once(body: bytes, cost: str | None) -> None:
    """What cannot be read stays unknown."""
    assert generation_cost(body) == (None if cost is None else Decimal(cost))


def test_error_with_odd_metadata_keeps_its_code() -> None:
    """What stands beside it is read apart."""
    for metadata in (b'"words"', b"[1]", b'{"error_type":7}'):
        body = b'{"error":{"code":402,"message":"m","metadata":' + metadata + b"}}"
        assert refused(500, body).failure is F.NO_CREDIT
