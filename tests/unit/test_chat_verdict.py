"""The verdict follows from the figures: which one, and with which words."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.backtest.chat.verdict import Findings, judge, overlap_of, overlap_words
from agentic_core.domain import DAY_MS, Bps, Instant, Usd
from agentic_core.domain.honesty import Chance, HonestyVerdict, KnowledgeOverlap, MaskedTest
from agentic_core.domain.run import Coverage
from tests.support.backtests import MIDNIGHT

D = Decimal
UNKNOWN = KnowledgeOverlap(known_until=None, source="", share_bps=None)
CLEAR = KnowledgeOverlap(known_until=MIDNIGHT, source="its maker", share_bps=Bps(0))
HALF = KnowledgeOverlap(known_until=MIDNIGHT, source="its maker", share_bps=Bps(6_100))
SKILLED = Chance(runs=199, at_least=0, gain_low=D(0), gain_median=D(0), gain_high=D(0))
LUCKY = msgspec.structs.replace(SKILLED, at_least=10)
KEPT = MaskedTest(marks=300, block=7, draws=1_999, at_least=900, kept_bps=Bps(9_900))
LOST = MaskedTest(marks=300, block=7, draws=1_999, at_least=3, kept_bps=Bps(-1_200))
UNSURE = msgspec.structs.replace(LOST, at_least=60)
PARTLY = msgspec.structs.replace(LOST, kept_bps=Bps(6_000))
WHOLE = Coverage(turns=312, answered=312, unusable={}, skipped={}, calls=312, cost_usd=Usd(D(1)))
HOLED = msgspec.structs.replace(WHOLE, answered=290)
FOUND = Findings(coverage=WHOLE, actions=40, overlap=HALF, chance=SKILLED, masked=KEPT)


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (FOUND, HonestyVerdict.HOLDS_UP, "beat 199 of 199 runs"),
        (msgspec.structs.replace(FOUND, coverage=HOLED), HonestyVerdict.VOID, "only 290 of 312 turns (92.9 %)"),
        (msgspec.structs.replace(FOUND, actions=19), HonestyVerdict.CANNOT_TELL, "19 executed actions are too few"),
        (msgspec.structs.replace(FOUND, chance=None), HonestyVerdict.CANNOT_TELL, "too few"),
        (msgspec.structs.replace(FOUND, chance=LUCKY), HonestyVerdict.NO_BETTER_THAN_CHANCE, "10 of 199 runs"),
        (msgspec.structs.replace(FOUND, masked=LOST), HonestyVerdict.KNOWS_THE_FUTURE, "kept none of its edge"),
        (msgspec.structs.replace(FOUND, masked=UNSURE), HonestyVerdict.CANNOT_TELL, "in 3.05 % of cases"),
        (msgspec.structs.replace(FOUND, masked=PARTLY), HonestyVerdict.HOLDS_UP, "go by the masked figures"),
        (msgspec.structs.replace(FOUND, masked=None), HonestyVerdict.CANNOT_TELL, "overlap 61 % of the window"),
        (msgspec.structs.replace(FOUND, masked=None, overlap=UNKNOWN), HonestyVerdict.CANNOT_TELL, "overlap unknown"),
        (msgspec.structs.replace(FOUND, masked=None, overlap=CLEAR), HonestyVerdict.HOLDS_UP, "(2023-12-31)"),
        (msgspec.structs.replace(FOUND, masked=LOST, overlap=CLEAR), HonestyVerdict.KNOWS_THE_FUTURE, "kept none"),
        (msgspec.structs.replace(FOUND, masked=LOST, altered=("2020",)), HonestyVerdict.CANNOT_TELL, "name “2020”"),
    ],
)
def test_verdict_is_the_first_that_applies(found: Findings, verdict: HonestyVerdict, words: str) -> None:
    """Each comes with a sentence that holds the numbers."""
    judged, sentence = judge(found)
    assert judged is verdict
    assert words in sentence


def test_verdict_of_a_void_masked_run_says_so() -> None:
    """A masked run that was not decided by the chat model proves nothing."""
    found = msgspec.structs.replace(FOUND, masked=None, masked_missing="its masked run is void")
    assert "its masked run is void, so this may be memory" in judge(found)[1]


@pytest.mark.parametrize(
    ("days", "share", "words"),
    [
        (None, None, "overlap unknown: all of the window may be known to the chat model"),
        (-3, 0, "overlap 0 %: the window begins after the chat model's knowledge ends"),
        (6, 6_000, "overlap 60 % of the window may be known to the chat model"),
        (30, 10_000, "overlap 100 % of the window may be known to the chat model"),
    ],
)
def test_overlap_is_the_share_of_the_window_before_the_knowledge_ends(
    days: int | None, share: int | None, words: str
) -> None:
    """A window of ten days; nobody saying anything is no zero."""
    until = None if days is None else Instant(MIDNIGHT + days * DAY_MS)
    overlap = overlap_of(until, "its maker", start=MIDNIGHT, end=Instant(MIDNIGHT + 10 * DAY_MS))
    assert overlap.share_bps == share
    assert overlap_words(overlap) == words


def test_odds_of_chance_count_the_run_itself_and_are_rounded_up() -> None:
    """None of 199 is one of 200; none of 1999 one of 2000."""
    assert SKILLED.p_bps == 50
    assert LOST.p_bps == 20
    assert msgspec.structs.replace(LOST, at_least=0).p_bps == 5
