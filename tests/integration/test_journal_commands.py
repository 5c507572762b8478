"""`agentic journal show` and `verify` as people and programs use them, and what is said of bad input."""

import json
from pathlib import Path

import pytest

from tests.support.by_hand import execute
from tests.support.command_room import NOWHERE
from tests.support.journal_by_hand import digest_of
from tests.support.journal_scene import Scene
from tests.support.journal_story import KEY, KINDS, SECRET

pytest_plugins = ["tests.support.tampering"]

EMPTY = "delete from {0}"
STRANGER = "99999999-9999-4999-8999-999999999999"
SEED = bytes(range(32))


def test_show_lists_the_newest_records_for_people(scene: Scene) -> None:
    """Number, time, epoch, kind and facts of each, oldest first; what is private is not there."""
    code, said = scene.journal("show", scene.run, "--limit", 3)
    header, *lines = said.splitlines()
    firsts = [line.split() for line in lines if line[:6].strip()]
    assert (code, header.split()) == (0, ["record", "at", "epoch", "kind", "what"])
    assert [(number, epoch, kind) for number, _, _, epoch, kind, *_ in firsts] == [
        ("22", "1", "lease"),
        ("23", "2", "lease"),
        ("24", "2", "fill"),
    ]
    told = " ".join(said.split())
    for fact in ("holder runner-1, state free", "holder runner-2, state held", "fill_id away", "price 46400.1"):
        assert fact in told
    everything = " ".join(scene.journal("show", scene.run).said.split())
    assert [kind in everything for kind in KINDS.split()] == [True] * 24
    assert SECRET not in everything


def test_show_prints_records_for_programs_as_they_were_hashed(scene: Scene) -> None:
    """One a line, so that anybody can compute the hashes again; from any record on."""
    code, said = scene.journal("show", scene.run, "--json", "--after", 20, "--limit", 3)
    assert code == 0
    lines = said.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [21, 22, 23]
    stored = execute(scene.dsn, "select encode(hash, 'hex') from journal where seq between 21 and 23 order by seq")
    assert [(digest_of(line),) for line in lines] == stored
    assert scene.journal("show", scene.run, "--json", "--after", 24) == (0, "")


def test_show_of_a_tampered_record_says_what_can_be_read(scene: Scene) -> None:
    """A record that is none is called unreadable; terminals get no markup from it."""
    scene.alter("update journal set record = '[bold]x' where seq = 24")
    code, said = scene.journal("show", scene.run, "--limit", 1)
    assert (code, "unreadable" in said) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["show", STRANGER], f"there is no journal of a deployment {STRANGER}"),
        (["verify", STRANGER], f"there is no journal of a deployment {STRANGER}"),
        (["show", "nonsense"], "'nonsense' is no deployment; its id is a UUID"),
        (["verify", "nonsense"], "'nonsense' is no deployment; its id is a UUID"),
        (["verify", "--public-key", "no key"], "'no key' is no public key; it is written in base64"),
        (["verify", "--public-key", "AAAA"], "a public key of Ed25519 has 32 bytes, and this has 3"),
        (["verify", "--copy", "/nowhere/copy"], "there is no file /nowhere/copy"),
        (["verify", STRANGER, STRANGER, "--copy", "x"], "--copy is the copy of one journal; name one deployment"),
        (
            ["checkpoint", "--key", "/nowhere/key"],
            "there is no key in /nowhere/key; make one with: agentic journal key",
        ),
        (["key", "/nowhere/key"], "/nowhere/key cannot be written"),
        (["key", "/"], "/ cannot be read"),
    ],
)
def test_bad_input_is_refused_in_words(scene: Scene, arguments: list[str], why: str) -> None:
    """Exit code 2 and one line that says what was wrong."""
    code, said = scene.command(*arguments)
    assert (code, said.startswith("error: ")) == (2, True)
    assert why in said
    assert said.count("\n") == 1


def test_verify_says_so_where_there_is_nothing_to_verify(scene: Scene) -> None:
    """A database without deployments; programs get no line."""
    for table in ("journal", "journal_checkpoints", "journal_heads", "journal_payloads", "deployments"):
        scene.alter(EMPTY.format(table))
    assert scene.journal("verify") == (0, "there is no deployment, and so no journal\n")
    assert scene.journal("verify", "--json") == (0, "")


def test_verify_for_programs_says_what_was_proven(scene: Scene) -> None:
    """One object a journal, with its schema; a break is a sentence, differences are a list."""
    code, said = scene.journal("verify", "--public-key", KEY.public, "--json")
    assert code == 0
    head = scene.entries()[-1]
    assert json.loads(said) == {
        "schema": "agentic-journal-verify/1",
        "deployment": scene.run,
        "records": 24,
        "hash": head.hash,
        "epoch": 2,
        "signed": 2,
        "unproven": 0,
        "signed_until": 24,
        "broken": None,
        "differences": [],
    }
    scene.alter("update transfers set amount_usd = 7")
    code, said = scene.journal("verify", "--json")
    told = json.loads(said)
    assert (code, told["broken"], told["unproven"]) == (1, None, 2)
    assert told["differences"] == ["transfer t: amount_usd is 100 by the journal, 7 by the table"]


def test_verify_of_a_copy_alone_needs_no_database(scene: Scene, tmp_path: Path) -> None:
    """It is looked at by itself, torn tail and all; nothing in it is changed."""
    copy = scene.copy_to(tmp_path / "a.journal", 5)
    whole = copy.read_bytes()
    copy.write_bytes(whole + b"\x00\x00")
    elsewhere = Scene(dsn=NOWHERE, run=scene.run)
    code, said = elsewhere.journal("verify", "--copy", copy)
    assert said == (f"{copy}: 5 records of {scene.run}, and 2 bytes of a write that never came to its end: whole\n")
    assert (code, copy.read_bytes()) == (0, whole + b"\x00\x00")
    (tmp_path / "empty").touch()
    assert elsewhere.journal("verify", "--copy", tmp_path / "empty").said.endswith("0 records of nobody: whole\n")


def test_copy_of_another_journal_is_refused(scene: Scene, tmp_path: Path) -> None:
    """Comparing the two would only say that everything is different."""
    copy = scene.copy_to(tmp_path / "a.journal", 5)
    code, said = scene.command("verify", STRANGER, "--copy", copy)
    assert (code, said) == (2, f"error: {copy} is the copy of {scene.run}'s journal\n")
