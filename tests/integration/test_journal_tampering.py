"""What an owner who switches every trigger off does to a journal: `agentic journal verify` names the first break."""

import pytest

from tests.support.journal_scene import Scene
from tests.support.journal_story import KEY, KINDS

pytest_plugins = ["tests.support.tampering"]

NEWEST = len(KINDS.split())
SIGNED = 15
"""The record in the middle that was signed."""
BREAKS = [
    ("update journal set deployment_id = gen_random_uuid() where seq = 5", 5, "it is missing; record 6 comes next"),
    ("update journal set seq = 99 where seq = 5", 5, "it is missing; record 6 comes next"),
    ("update journal set epoch = 7 where seq = 5", 5, "row and its text tell different things about epoch"),
    ("update journal set epoch = null where seq = 5", 5, "row and its text tell different things about epoch"),
    ("update journal set kind = 'status' where seq = 5", 5, "row and its text tell different things about kind"),
    ("update journal set record = replace(record, 'stop', 'stap') where seq = 5", 5, "text does not have its hash"),
    ("update journal set record = '' where seq = 5", 5, "it cannot be read as a record"),
    ("update journal set record = record || ' ' where seq = 5", 5, "text does not have its hash"),
    ("update journal set hash = sha256(hash) where seq = 5", 5, "text does not have its hash"),
    ("delete from journal where seq = 1", 1, "it is missing; record 2 comes next"),
    ("delete from journal where seq = 5", 5, "it is missing; record 6 comes next"),
    ("delete from journal where seq = 24", NEWEST, f"it is missing, and record {NEWEST} was signed"),
    (
        "update journal set seq = 1011 - seq where seq in (5, 6); update journal set seq = seq - 1000 where seq > 1000",
        5,
        "tell different things about seq",
    ),
    ("update journal set seq = 1025 - seq; update journal set seq = seq - 1000", 1, "tell different things about seq"),
    (
        "update journal set (record, hash, kind) = (select record, hash, kind from journal where seq=7) where seq=5",
        5,
        "tell different things about seq",
    ),
    (
        "update journal a set (record, hash) = (b.record, b.hash) from journal b where (a.seq, b.seq) = (5, 4)",
        5,
        "tell different things about seq",
    ),
    ("update journal_heads set hash = sha256(hash)", NEWEST, "the head of the journal tells of another hash"),
    ("update journal_heads set epoch = 77", NEWEST, "the head of the journal tells of another hash or epoch"),
    ("update journal_heads set epoch = null", NEWEST, "the head of the journal tells of another hash or epoch"),
    ("update journal_heads set seq = 99", NEWEST + 1, "it is missing; the head of the journal is record 99"),
    ("update journal_heads set seq = 21", 22, "it stands behind the head of the journal, which is record 21"),
    ("update journal_heads set deployment_id = gen_random_uuid()", NEWEST, "the journal has no head that says so"),
    ("delete from journal_heads", NEWEST, "the journal has no head that says so"),
    ("update journal_payloads set salt = sha256(salt) where seq = 3", 3, "private text kept with it is not the one"),
    ("update journal_payloads set payload = payload || ' ' where seq = 3", 3, "private text kept with it is not the"),
    ("update journal_payloads set payload = 'no JSON' where seq = 3", 3, "private text kept with it is not the one"),
    ("update journal_payloads set seq = 4 where seq = 3", 4, "private text kept with it is not the one"),
    (
        "update journal_payloads set seq = 1017 - seq; update journal_payloads set seq = seq - 1000",
        3,
        "private text kept with it is not the one",
    ),
    ("update journal_checkpoints set seq = 3 where seq = 15", 3, "another record than this one was signed"),
    ("update journal_checkpoints set seq = 77 where seq = 24", 25, "it is missing, and record 77 was signed"),
    ("update journal_checkpoints set hash = sha256(hash) where seq = 15", SIGNED, "another record than this one was"),
    ("update journal_checkpoints set key_id = repeat('f', 16) where seq = 15", SIGNED, "row and its statement tell"),
    ("update journal_checkpoints set made_at = made_at + interval '1 ms' where seq = 15", SIGNED, "row and its statem"),
    ("update journal_checkpoints set statement = statement || ' ' where seq = 15", SIGNED, "not spelled as statements"),
    ("update journal_checkpoints set statement = '{}' where seq = 15", SIGNED, "its statement cannot be read"),
    (
        "update journal_checkpoints set statement = replace(statement, '\"epoch\":1', '\"epoch\":2') where seq = 15",
        SIGNED,
        f"key {KEY.public.key_id} did not sign it",
    ),
    (
        "update journal_checkpoints set signature = set_byte(signature, 0, 1) where seq = 15",
        SIGNED,
        f"key {KEY.public.key_id} did not sign it",
    ),
    (
        "delete from journal where seq > 22; delete from journal_checkpoints where seq > 22",
        23,
        f"it is missing; the head of the journal is record {NEWEST}",
    ),
    ("delete from journal; delete from journal_checkpoints", 1, "it is missing; the head of the journal is record 24"),
    (
        "delete from journal; delete from journal_checkpoints; delete from journal_heads",
        1,
        "it is missing, and so is the head",
    ),
]


def test_untouched_journal_is_one_chain_that_the_tables_follow_from(scene: Scene) -> None:
    """The story has a record of every kind; both signatures are good, and nothing differs."""
    assert [entry.kind for entry in scene.entries()] == KINDS.split()
    code, said = scene.verify()
    assert code == 0
    assert said == (
        f"{scene.run}: 24 records, one chain; 2 checkpoints until record 24 signed by trusted keys; "
        "the tables hold what it tells\n"
    )


@pytest.mark.parametrize(("altered", "seq", "why"), BREAKS)
def test_verify_names_the_first_record_that_does_not_fit(scene: Scene, altered: str, seq: int, why: str) -> None:
    """Whatever is altered, deleted or moved in the tables of the journal: one line, exit code 1."""
    scene.alter(altered)
    code, said = scene.verify()
    assert code == 1
    assert said.startswith(f"{scene.run}: BROKEN at record {seq}: ")
    assert why in said
    assert said.count("\n") == 1


def test_verify_of_all_journals_finds_those_that_were_taken_away(scene: Scene) -> None:
    """A journal without head, records and checkpoints is looked for because there is its deployment."""
    scene.alter("delete from journal; delete from journal_checkpoints; delete from journal_heads")
    code, said = scene.journal("verify")
    assert code == 1
    assert said.startswith(f"{scene.run}: BROKEN at record 1: it is missing, and so is the head; 0 records ")


def test_verify_of_all_journals_finds_one_whose_deployment_was_taken_away(scene: Scene) -> None:
    """What is in the journal is in no table."""
    scene.alter("delete from deployments")
    code, said = scene.journal("verify")
    assert code == 1
    assert "DIFFERENT deployment: it is in the journal, and not in its table" in said


def test_private_text_that_was_erased_everywhere_breaks_nothing(scene: Scene) -> None:
    """Text and salt are gone, and so is the decision's own text."""
    scene.alter("delete from journal_payloads; update decision_snapshots set final_text = '', proposed_action = null")
    assert scene.verify().code == 0


@pytest.mark.parametrize(
    ("altered", "why"),
    [
        ("update decision_snapshots set final_text = 'a lie' where final_text <> ''", "final_text in the table is not"),
        (
            "update decision_snapshots set final_text = 'new' where cost_usd is null",
            "in its table, and not in the jour",
        ),
        ("update decision_snapshots set proposed_action = '{}'", "proposed_action in the table is not what was"),
        ("update decision_snapshots set proposed_action = null", "proposed_action in the table is not what was"),
        ("delete from journal_payloads", "it is in its table, and not in the journal"),
        ("update decision_snapshots set final_text = '' where proposed_action is null", "in the journal, and not in"),
    ],
)
def test_verify_compares_private_text_where_people_read_it_with_what_was_committed_to(
    scene: Scene, altered: str, why: str
) -> None:
    """It is told which decision, and nothing of the text, not even a digest."""
    scene.alter(altered)
    code, said = scene.verify()
    assert code == 1
    assert "DIFFERENT private text of decision " in said
    assert why in said
    assert "a lie" not in said
    assert "crossed" not in said
