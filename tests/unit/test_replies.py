"""What `/exchange` answered, read: statuses aligned with the request, refusals, and failures of HTTP."""

from decimal import Decimal

import pytest

from agentic_hl.wire.errors import ErrorClass, Proof
from agentic_hl.wire.messages.channels import PostAnswered
from agentic_hl.wire.messages.frames import read_frame
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.replies import (
    Done,
    Filled,
    HttpFailed,
    HttpFailure,
    ItemRefused,
    ItemUnclear,
    RequestRefused,
    Resting,
    Running,
    Statuses,
    Succeeded,
    Waiting,
    proof_of,
    read_posted_reply,
    read_reply,
)
from tests.support.wire_frames import frame_text
from tests.support.wire_replies import ok, refused

CLOID = "0x0000000000000000000000000000beef"
GONE = "Order was never placed, already canceled, or filled. asset=1"
HTML = b"<html><body>502 Bad Gateway</body></html>"
UNDECODED = b"Failed to deserialize the JSON body into the target type"


def statuses_of(body: bytes) -> Statuses:
    """Read an answer that holds statuses."""
    reply = read_reply(200, body)
    assert isinstance(reply, Statuses)
    return reply


def test_order_answer_has_a_status_for_every_order() -> None:
    """Each of the five ways an order can be answered, in their order."""
    reply = statuses_of(
        ok(
            "order",
            {
                "statuses": [
                    {"resting": {"oid": 1, "cloid": CLOID}},
                    {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 2}},
                    {"error": "Insufficient margin to place order. asset=5"},
                    "waitingForFill",
                    "waitingForTrigger",
                ]
            },
        )
    )
    resting, filled, denied, *waiting = reply.aligned(5)
    assert (reply.kind, resting) == ("order", Resting(oid=1, cloid=CLOID))
    assert isinstance(filled, Filled)
    assert (filled.oid, filled.size, filled.average_price) == (2, Decimal("0.02"), Decimal("1891.4"))
    assert isinstance(denied, ItemRefused)
    assert (denied.refusal.error_class, denied.refusal.asset) == (ErrorClass.MARGIN, 5)
    assert waiting == [Waiting(on="waitingForFill"), Waiting(on="waitingForTrigger")]


def test_cancel_answer_tells_done_and_gone() -> None:
    """That an order is gone proves nothing about it."""
    done, gone = statuses_of(ok("cancel", {"statuses": ["success", {"error": GONE}]})).aligned(2)
    assert done == Succeeded()
    assert isinstance(gone, ItemRefused)
    assert (gone.refusal.error_class, proof_of(gone)) == (ErrorClass.ORDER_GONE, Proof.PROVES_NOTHING)


@pytest.mark.parametrize(
    ("body", "item"),
    [
        (ok("twapOrder", {"status": {"running": {"twapId": 77}}}), Running(twap_id=77)),
        (ok("twapCancel", {"status": "success"}), Succeeded()),
    ],
)
def test_sliced_order_answer_has_one_status(body: bytes, item: object) -> None:
    """It stands alone and not in a list."""
    assert statuses_of(body).items == (item,)


def test_answers_without_statuses_say_what_was_made() -> None:
    """Most actions answer nothing, a new sub-account its address."""
    assert read_reply(200, ok("default")) == Done(kind="default")
    assert read_reply(200, ok("createSubAccount", "0xab")) == Done(kind="createSubAccount", made="0xab")


def test_refusal_of_the_request_is_one_for_all() -> None:
    """With HTTP status 200."""
    reply = read_reply(200, refused("Signed action over weight limit of 200."))
    assert isinstance(reply, RequestRefused)
    assert (reply.refusal.error_class, proof_of(reply)) == (ErrorClass.BATCH_TOO_LARGE, Proof.NOTHING_EXECUTED)


def test_shorter_list_with_one_error_proves_nothing_of_anything() -> None:
    """The error stands for all, but whether something executed before it is not known."""
    reply = statuses_of(ok("order", {"statuses": [{"error": "Insufficient margin to place order."}]}))
    items = reply.aligned(3)
    assert [isinstance(item, ItemRefused) for item in items] == [True] * 3
    assert {proof_of(item) for item in items} == {Proof.PROVES_NOTHING}
    assert proof_of(reply.aligned(1)[0]) is Proof.NOTHING_EXECUTED


@pytest.mark.parametrize("count", [3, 1])
def test_list_of_another_length_keeps_what_names_an_order(count: int) -> None:
    """An error among them belongs to nobody in particular."""
    refusal = {"error": "Insufficient margin to place order."}
    items = statuses_of(ok("order", {"statuses": [{"resting": {"oid": 1}}, refusal]})).aligned(count)
    assert len(items) == count
    assert items[0] == Resting(oid=1)
    assert all(isinstance(item, ItemUnclear) for item in items[1:])


def test_empty_list_leaves_every_item_unclear() -> None:
    """Nothing was told of them."""
    items = statuses_of(ok("order", {"statuses": []})).aligned(2)
    assert [type(item) for item in items] == [ItemUnclear, ItemUnclear]


@pytest.mark.parametrize(
    "status",
    [
        "somethingNewer",
        {},
        {"somethingNewer": {"oid": 1}},
        {"resting": {"oid": 1}, "error": "Insufficient margin to place order."},
        {"filled": {"totalSz": "nonsense", "avgPx": "1", "oid": 2}},
        {"filled": {"totalSz": "0.0", "avgPx": "1", "oid": 2}},
        {"filled": {"totalSz": "-1", "avgPx": "1", "oid": 2}},
        {"filled": {"totalSz": "1", "avgPx": "0", "oid": 2}},
    ],
)
def test_status_that_contradicts_itself_is_unclear(status: object) -> None:
    """And proves nothing; the statuses beside it are read."""
    odd, sound = statuses_of(ok("order", {"statuses": [status, {"resting": {"oid": 9}}]})).aligned(2)
    assert isinstance(odd, ItemUnclear)
    assert proof_of(odd) is Proof.PROVES_NOTHING
    assert sound == Resting(oid=9)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        HTML,
        b'{"status":"ok"}',
        b'{"status":"ok","response":"done"}',
        b'{"status":"err","response":{"type":"order"}}',
        b'{"status":"somethingNewer","response":{"type":"default"}}',
        b'{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":"1"}}]}}}',
        b'{"status":"ok","response":{"type":"order","data":{"statuses":[1.5]}}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_success_that_cannot_be_read_proves_nothing(body: bytes) -> None:
    """Neither that it was done nor that it was not."""
    reply = read_reply(200, body)
    assert isinstance(reply, Unreadable)
    assert proof_of(reply) is Proof.PROVES_NOTHING


@pytest.mark.parametrize(
    ("status", "body", "failure", "proof"),
    [
        (429, b"null", HttpFailure.RATE_LIMITED, Proof.NOT_THIS_COPY),
        (429, HTML, HttpFailure.RATE_LIMITED, Proof.PROVES_NOTHING),
        (422, UNDECODED, HttpFailure.MALFORMED, Proof.NOTHING_EXECUTED),
        (422, b'"' + UNDECODED + b'"', HttpFailure.MALFORMED, Proof.NOTHING_EXECUTED),
        (422, HTML, HttpFailure.MALFORMED, Proof.PROVES_NOTHING),
        (403, HTML, HttpFailure.REFUSED, Proof.PROVES_NOTHING),
        (400, b"", HttpFailure.REFUSED, Proof.PROVES_NOTHING),
        (500, b"null", HttpFailure.SERVER, Proof.PROVES_NOTHING),
        (502, HTML, HttpFailure.SERVER, Proof.PROVES_NOTHING),
        (504, UNDECODED, HttpFailure.SERVER, Proof.PROVES_NOTHING),
        (302, b"", HttpFailure.STRANGE, Proof.PROVES_NOTHING),
        (201, ok("default"), HttpFailure.STRANGE, Proof.PROVES_NOTHING),
    ],
)
def test_http_failure_proves_only_what_the_venue_itself_said(
    status: int, body: bytes, failure: HttpFailure, proof: Proof
) -> None:
    """A page of something before the venue proves nothing."""
    reply = read_reply(status, body)
    assert isinstance(reply, HttpFailed)
    assert (reply.failure, proof_of(reply)) == (failure, proof)


def test_long_page_of_a_proxy_is_cut_short() -> None:
    """What is kept of it fits into a log line."""
    reply = read_reply(503, b"<html>" + b"x" * 5_000_000)
    assert isinstance(reply, HttpFailed)
    assert len(reply.text) == 200


def test_action_posted_over_the_stream_is_read_like_one_over_http() -> None:
    """An error of the stream itself proves nothing."""

    def posted(kind: str, payload: object) -> object:
        frame = read_frame(frame_text("post", {"id": 3, "response": {"type": kind, "payload": payload}}))
        assert isinstance(frame, PostAnswered)
        return read_posted_reply(frame.payload)

    assert posted("action", {"status": "ok", "response": {"type": "default"}}) == Done(kind="default")
    halted = posted("action", {"status": "err", "response": "Trading is halted."})
    assert isinstance(halted, RequestRefused)
    assert halted.refusal.error_class is ErrorClass.HALTED
    assert isinstance(posted("error", "too slow"), Unreadable)
