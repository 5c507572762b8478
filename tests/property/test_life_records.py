"""What is known of an order is read back from the store exactly as it was noted."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from agentic_core.domain.records import IntentRecord
from agentic_core.errors import IllegalTransition
from agentic_core.execution.evidence import Evidence
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import Life, begin, life_of
from tests.support.intents import every_evidence, made

EVIDENCE: tuple[Evidence, ...] = tuple(every_evidence())
STYLES = ("ioc", "gtc", "close", "trim", "stop", "cover")


@given(st.sampled_from(STYLES), st.lists(st.sampled_from(EVIDENCE), max_size=8))
def test_life_is_read_back_as_it_was_noted(style: str, story: list[Evidence]) -> None:
    """After any evidence in any order, contradictions among it; nothing is lost on the way and nothing is made up."""
    life: Life = begin(made(style))
    for evidence in story:
        try:
            learned = learn(life, evidence)
        except IllegalTransition:
            continue
        life = learned.now if isinstance(learned, Contradiction) else learned.life
        record = life.record()
        assert life_of(record) == life
        assert life_of(record).record() == record


def test_record_has_a_place_for_everything_that_is_known() -> None:
    """The two have the same fields, so that none can be forgotten."""
    assert [field.name for field in structs.fields(IntentRecord)] == [field.name for field in structs.fields(Life)]
