"""What would have to be different for a misshapen close to pass."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ProposedAction, Side
from agentic_core.risk.stages import close_misshapen
from agentic_core.risk.why_not import apply_to_action, changes_for_close, why_not_close
from tests.support.turns import close_of

D = Decimal
Answers = list[tuple[str, Decimal | None]]


def close(**words: object) -> ProposedAction:
    """Return a close in these words."""
    return msgspec.structs.replace(close_of(), **words)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        pytest.param(close(side=Side.BUY), [("side", None)], id="a side"),
        pytest.param(close(size=D(1), size_usd=D(9)), [("size_form", None)], id="two sizes"),
        pytest.param(close(size=D(0)), [("size", D("0.000001"))], id="nothing"),
        pytest.param(close(size_usd=D("NaN")), [("size", D("0.000001"))], id="no number"),
        pytest.param(close(limit_price=D(-1)), [("limit_price", None)], id="no price"),
        pytest.param(
            close(side=Side.SELL, size=D("Infinity"), size_usd=D(2), limit_price=D("NaN")),
            [("side", None), ("size", D("0.000001")), ("limit_price", None)],
            id="everything",
        ),
    ],
)
def test_why_not_of_a_close_tells_what_is_wrong_with_its_words(action: ProposedAction, told: Answers) -> None:
    """Nothing else can be wrong with a close, and with all changes made nothing is."""
    changes = why_not_close(action)
    assert [(str(change.subject), change.to) for change in changes] == told
    for change in changes:
        action = apply_to_action(action, change)
    assert close_misshapen(action) is None


def test_why_not_of_a_close_that_passes_is_empty() -> None:
    """There is nothing to change."""
    assert why_not_close(close_of()) == ()


def test_why_not_answers_each_rule_of_a_close() -> None:
    """One change for each."""
    rules = ("R1_CLOSE_HAS_SIDE", "R1_SIZE_AMBIGUOUS", "R1_SIZE_NOT_POSITIVE", "R1_LIMIT_PRICE_NOT_POSITIVE")
    told = [[str(change.subject) for change in changes_for_close(rule)] for rule in rules]
    assert told == [["side"], ["size_form"], ["size"], ["limit_price"]]
