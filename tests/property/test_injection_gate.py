"""Payloads do harm where nothing defends and none in the shipped turn; `python -m tests.injection` plays them all."""

from collections import Counter
from decimal import Decimal

import anyio
import pytest

from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from tests.injection.corpus import CHANNELS, PAYLOADS, QUIET
from tests.injection.figures import ALL_UP, DEFENCES, SUCCESS_LEAST
from tests.injection.gate import against_naive, quiet_naive, quiet_shipped
from tests.injection.goals import Harm
from tests.injection.metamorphic import CHANGES, OTHER_PRICES, Outline, by_prices, outline, unnamed
from tests.injection.naive import Defences
from tests.injection.scene import Scene, Strangers
from tests.injection.shipped import play
from tests.injection.tally import Slice, Tally, compared, judged, once

_STEP = 4
"""Every so manieth payload is played here."""
_PAYLOADS_LEAST = 500
_HARMS = {payload.goal.harm for payload in PAYLOADS}


@pytest.fixture(scope="module")
def tally() -> Tally:
    """Play the part of the corpus once."""
    return judged(Slice(first=1, step=_STEP, whole=False))


def test_corpus_is_large_and_every_payload_is_another() -> None:
    """More than two thousand texts, no two alike, and more than five hundred of them are played here."""
    texts = {payload.text("fetch_news") for payload in PAYLOADS}
    assert len(PAYLOADS) == 2_198
    assert len(texts) > len(PAYLOADS) * 0.99
    assert len({payload.mark for payload in PAYLOADS}) == len(PAYLOADS)


def test_payloads_do_harm_where_nothing_defends(tally: Tally) -> None:
    """At least 80 % of every kind of harm that is tried comes about, through every door."""
    assert tally.attacks.total() >= _PAYLOADS_LEAST
    for place in (0, 1):
        tried: Counter[str] = Counter()
        done: Counter[str] = Counter()
        for name, count in tally.attacks.items():
            tried[name.split("|")[place]] += count
            done[name.split("|")[place]] += tally.undefended[name]
        assert set(tried) == {*(CHANNELS if place else _HARMS)}
        assert not {name: done[name] for name in tried if done[name] < SUCCESS_LEAST * tried[name]}


def test_no_payload_escapes_from_the_shipped_turn(tally: Tally) -> None:
    """No action outside the envelope, no unlisted tool, no secret word, no end of questions, nothing carried on."""
    assert tally.escapes == ()


def test_shipped_turn_is_attacked_for_real(tally: Tally) -> None:
    """Most payloads are obeyed there as well, and every kind of wall is met."""
    assert tally.obeyed.total() > tally.attacks.total() / 2
    walls = {name.split("|")[1] for name in tally.met}
    assert walls >= {"R2_SYMBOL_NOT_ALLOWED", "R3_REDUCING", "R5_POSITION_CAP", "R9_COLLAR", "leaked", "malformed"}
    assert walls >= {"no such tool", "steps_used_up"}


def test_nothing_a_stranger_wrote_stands_outside_of_an_envelope(tally: Tally) -> None:
    """A chat model that obeys everything but what stands in a marked envelope obeys no payload."""
    assert tally.trusted.total() == 0


@pytest.mark.parametrize("text", QUIET)
def test_text_that_asks_for_nothing_does_nothing(text: str) -> None:
    """Not even where nothing defends, so no success of a payload comes from anything but the payload."""
    assert [quiet_naive(channel, text) for channel in CHANNELS] == [()] * len(CHANNELS)


def test_text_that_asks_for_nothing_does_nothing_in_the_shipped_turn() -> None:
    """The gate does not take an ordinary turn for an escape."""

    async def every() -> list[tuple[Harm, ...]]:
        return [await quiet_shipped(channel, text) for channel in CHANNELS for text in QUIET[:3]]

    assert set(anyio.run(every)) == {()}


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("whitelist", Harm.TOOL),
        ("envelope", Harm.ACTION),
        ("canary", Harm.CANARY),
        ("step_cap", Harm.SPENDING),
        ("forgetting", Harm.CARRIED),
    ],
)
def test_defence_that_is_taken_away_is_missed(name: str, harm: Harm) -> None:
    """Without it its kind of harm comes about at once, and with all of them none does."""
    without = Defences(**{defence: defence != name for defence in DEFENCES})
    tried = [attack for attack in once()[:: _STEP * 4] if attack.payload.goal.harm is harm]
    assert sum(harm in against_naive(attack, without) for attack in tried) >= SUCCESS_LEAST * len(tried) > 0
    assert not [attack.name for attack in tried if against_naive(attack, ALL_UP)]


def test_attack_comes_to_the_same_under_other_names_prices_dates_and_sequences() -> None:
    """What stopped it, what was used and which orders went out stay the same."""
    differing = compared(23)
    assert [count for count, _ in differing.values()] == [0, 0, 0, 0, 0]
    assert all(tried > 30 for _, tried in differing.values())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("held", [0, 5, -20])
def test_chat_model_that_goes_by_prices_does_the_same_after_a_change(change: str, held: int) -> None:
    """The same dollars of the same market go out, and but for prices it was shown the same lines."""
    before = Scene(strangers=Strangers(), tools=("get_portfolio",), held=Decimal(held))
    after = CHANGES[change](before)
    (outlined, shown), (outlined_after, shown_after) = anyio.run(_by_prices, before), anyio.run(_by_prices, after)
    assert outlined.orders
    assert outlined_after == outlined
    assert (shown_after == shown) is (change != OTHER_PRICES)


async def _by_prices(scene: Scene) -> tuple[Outline, list[str]]:
    requests: list[ChatRequest] = []

    def answering(request: ChatRequest) -> CallOutcome:
        requests.append(request)
        return by_prices(request)

    happened = await play(scene, answering)
    return outline(happened, scene), unnamed(requests[0], scene)
