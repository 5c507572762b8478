"""Frames of the stream, built from the shapes the venue is known to write, read into the right values."""

from decimal import Decimal

import pytest

from agentic_hl.wire.messages import channels
from agentic_hl.wire.messages.answers import L2_BOOK
from agentic_hl.wire.messages.fast_contexts import FastContext, read_fast_contexts
from agentic_hl.wire.messages.frames import CHANNELS, Greeting, UnknownChannel, channel_of, read_frame
from agentic_hl.wire.messages.mids import read_mids
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.messages.streams import UserEvent
from agentic_hl.wire.messages.subscriptions import StreamErrorKind, read_stream_error
from tests.support.wire_answers import AT, FILL, MASTER, WALLET
from tests.support.wire_frames import ERROR_TEXTS, FRAME_EXAMPLES, deflated, frame_text

D = Decimal
EXAMPLES = [(channel, place) for channel, some in FRAME_EXAMPLES.items() for place in range(len(some))]


def test_every_channel_has_an_example() -> None:
    """A channel that is added without an example here fails."""
    assert set(FRAME_EXAMPLES) == CHANNELS


@pytest.mark.parametrize(("channel", "place"), EXAMPLES)
def test_example_of_every_shape_is_a_frame_of_its_channel(channel: str, place: int) -> None:
    """Nulls, absent fields, unknown keys and unknown words among them."""
    frame = read_frame(frame_text(channel, FRAME_EXAMPLES[channel][place]))
    assert not isinstance(frame, Greeting | UnknownChannel | Unreadable), frame
    assert channel_of(frame) == channel


@pytest.mark.parametrize(
    ("text", "kind", "post_id"),
    [
        (ERROR_TEXTS[0], StreamErrorKind.ALREADY_SUBSCRIBED, None),
        (ERROR_TEXTS[1], StreamErrorKind.ALREADY_UNSUBSCRIBED, None),
        (ERROR_TEXTS[2], StreamErrorKind.INVALID_SUBSCRIPTION, None),
        (ERROR_TEXTS[3], StreamErrorKind.UNPARSEABLE, None),
        (ERROR_TEXTS[4], StreamErrorKind.TOO_MANY_USERS, None),
        (ERROR_TEXTS[5], StreamErrorKind.TOO_MANY_POSTS, 42),
        (ERROR_TEXTS[6], StreamErrorKind.OTHER, None),
    ],
)
def test_error_text_has_its_kind(text: str, kind: StreamErrorKind, post_id: int | None) -> None:
    """A post is named by its number."""
    frame = read_frame(frame_text("error", text))
    assert isinstance(frame, channels.ErrorFrame)
    assert (frame.error.kind, frame.error.post_id, frame.error.text) == (kind, post_id, text)


def test_error_text_names_the_subscription_it_is_about() -> None:
    """It stands as JSON inside the text; braces that hold none name nothing."""
    assert read_stream_error(ERROR_TEXTS[0]).subscription == {"type": "bbo", "coin": "BTC"}
    assert read_stream_error(ERROR_TEXTS[2]).subscription == {"type": "webData2", "user": "0xab"}
    for text in (ERROR_TEXTS[3], ERROR_TEXTS[4], "}{", "{", '{"type":1.5}', '{"type":["a"]}'):
        assert read_stream_error(text).subscription is None


def test_subscription_answer_keeps_the_defaults_the_venue_added() -> None:
    """Nulls and falsehoods are told, not guessed."""
    frame = read_frame(frame_text("subscriptionResponse", FRAME_EXAMPLES["subscriptionResponse"][0]))
    assert isinstance(frame, channels.SubscriptionAnswered)
    assert frame.payload.method == "subscribe"
    assert frame.payload.subscription == {
        "type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False
    }  # fmt: skip


@pytest.mark.parametrize("text", [b"Websocket connection established.", b" Websocket connection established.\n"])
def test_greeting_is_no_error(text: bytes) -> None:
    """Although it is no JSON."""
    assert read_frame(text) == Greeting()


def test_unknown_channel_is_told_with_its_bytes() -> None:
    """The venue adds channels; whoever wants to can look."""
    frame = read_frame(b'{"data":{"x":[1.50]},"channel":"brandNew"}')
    assert isinstance(frame, UnknownChannel)
    assert (frame.channel, bytes(frame.payload)) == ("brandNew", b'{"x":[1.50]}')
    assert isinstance(read_frame(b'{"channel":"brandNew"}'), UnknownChannel)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "frame"),
        (b"Websocket connection refused.", "frame"),
        (b"[]", "frame"),
        (b"{}", "frame"),
        (b'{"channel":5}', "frame"),
        (b'{"channel":"bbo"}', "bbo"),
        (b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[null]}}', "bbo"),
        (b'{"channel":"bbo","data":{"coin":"BTC","time":1.5,"bbo":[null,null]}}', "bbo"),
        (b'{"channel":"bbo","data":{"coin":"BTC","time":-1,"bbo":[null,null]}}', "bbo"),
        (b'{"channel":"bbo","data":{"coin":"BTC","time":99999999999999999999,"bbo":[null,null]}}', "bbo"),
        (b'{"channel":"allMids","data":' + b"[" * 100_000, "frame"),
        (b'{"channel":"userFills","data":{"user":"0x\xff"}}', "userFills"),
    ],
)
def test_broken_frame_says_what_it_should_have_been(text: bytes, what: str) -> None:
    """Its channel where that can be told, and how it begins."""
    frame = read_frame(text)
    assert isinstance(frame, Unreadable)
    assert frame.what == what
    assert frame.cause
    assert len(frame.excerpt) <= 4 * 120


def test_snapshot_is_marked_and_what_follows_is_not() -> None:
    """Absent is not false, and only true is true."""
    snapshot, update = (read_frame(frame_text("userFills", one)) for one in FRAME_EXAMPLES["userFills"])
    assert isinstance(snapshot, channels.FillsFrame)
    assert isinstance(update, channels.FillsFrame)
    assert (snapshot.payload.is_snapshot, update.payload.is_snapshot) == (True, None)
    assert (snapshot.payload.user, len(snapshot.payload.fills)) == (MASTER, 2)


def test_user_event_is_one_of_its_kinds_or_newer() -> None:
    """A newer kind is known to be unknown."""
    events: list[UserEvent] = []
    for one in FRAME_EXAMPLES["user"]:
        frame = read_frame(frame_text("user", one))
        assert isinstance(frame, channels.UserEventFrame)
        events.append(frame.payload)
    assert [event.is_known for event in events] == [True] * 6 + [False]
    fills, funding, liquidation, cancel = events[:4]
    assert fills.fills is not None
    assert fills.fills[0].tid == FILL["tid"]
    assert funding.funding is not None
    assert (funding.funding.time, funding.funding.received) == (AT, D("-3.625312"))
    assert liquidation.liquidation is not None
    assert liquidation.liquidation.liquidated_account_value == "1.5"
    assert cancel.non_user_cancel is not None
    assert [(order.coin, order.oid) for order in cancel.non_user_cancel] == [("BTC", 5)]


def test_main_dex_is_read_only_from_the_first_place() -> None:
    """Where another one came first nothing is read, instead of the wrong marks."""
    first, other = (read_frame(frame_text("allDexsAssetCtxs", one)) for one in FRAME_EXAMPLES["allDexsAssetCtxs"])
    assert isinstance(first, channels.DexesContextsFrame)
    assert isinstance(other, channels.DexesContextsFrame)
    assert ([context.mark_price for context in first.payload.main], other.payload.main) == ([D("77562.0")], ())


def test_account_on_all_dexes_finds_the_main_one_anywhere() -> None:
    """It is named, so its place does not matter."""
    frame = read_frame(frame_text("allDexsClearinghouseState", FRAME_EXAMPLES["allDexsClearinghouseState"][0]))
    assert isinstance(frame, channels.StatesFrame)
    assert frame.payload.main is not None
    assert frame.payload.main.margin_summary.equity == D("1182.31")


def test_standing_tells_wallet_mode_and_capped_markets() -> None:
    """Nothing of positions or orders."""
    frame = read_frame(frame_text("webData3", FRAME_EXAMPLES["webData3"][0]))
    assert isinstance(frame, channels.UserStateFrame)
    state = frame.payload.user_state
    assert (state.agent_wallet, state.agent_wallet_valid_until, state.server_time) == (WALLET, AT, AT)
    assert (state.abstraction, frame.payload.main.perps_at_open_interest_cap) == ("unifiedAccount", ("BADGER",))


def test_answer_to_a_posted_question_is_read_by_its_reader() -> None:
    """The answer of an action or an error is no book."""
    info, action, error = (read_frame(frame_text("post", one)) for one in FRAME_EXAMPLES["post"])
    assert isinstance(info, channels.PostAnswered)
    book = info.payload.answer_of(L2_BOOK)
    assert not isinstance(book, Unreadable)
    assert book.bids[0].price == D(77558)
    for other in (action, error):
        assert isinstance(other, channels.PostAnswered)
        answer = other.payload.answer_of(L2_BOOK)
        assert isinstance(answer, Unreadable)


def test_mids_are_read_for_the_coins_that_are_asked_for() -> None:
    """One of them that is no decimal spoils only those who ask for it."""
    raw = b'{"BTC":"77558.5","ODD":"1e5","@107":"14.5"}'
    assert read_mids(raw, ["BTC", "BTC", "NOBODYS"]) == {"BTC": D("77558.5")}
    assert isinstance(read_mids(raw, ["ODD"]), Unreadable)
    assert isinstance(read_mids(raw), Unreadable)
    assert isinstance(read_mids(b'{"BTC":77558.5}', ["BTC"]), Unreadable)


def test_compressed_contexts_tell_only_what_changed() -> None:
    """By coin, mark and mid."""
    found = read_fast_contexts(deflated(b'{"BTC":{"markPx":"77562.0"},"ETH":{"midPx":"2296.45"}}'))
    assert found == {"BTC": FastContext(mark_px="77562.0"), "ETH": FastContext(mid_px="2296.45")}


@pytest.mark.parametrize(
    "payload",
    ["", "????", "AAAA", deflated(b"[]"), deflated(b'{"BTC":{"markPx":1.5}}'), deflated(b" " * 5_000_000), "\ud800"],
)
def test_compressed_contexts_that_are_none_are_unreadable(payload: str) -> None:
    """Among them one of a few kilobytes that would fill megabytes."""
    assert isinstance(read_fast_contexts(payload), Unreadable)
