"""`agentic journal checkpoint` and `key`: what is signed, what is not, and who may see a key."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from agentic_core.journal.checkpoints import CheckpointKey
from tests.support.by_hand import execute
from tests.support.forger import signed_by
from tests.support.journal_by_hand import is_signed
from tests.support.journal_scene import Scene
from tests.support.journal_story import FORGER, KEY

pytest_plugins = ["tests.support.tampering"]

SEED = bytes(range(32))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return the file of the key that signed the story."""
    path = tmp_path / "checkpoint.key"
    path.write_bytes(b64encode(SEED) + b"\n")
    path.chmod(0o600)
    return path


def grow(scene: Scene) -> None:
    """Let one more thing happen."""
    execute(scene.dsn, "update deployments set halt_reason = 'drawdown'")


def test_checkpoint_signs_what_came_since_the_last_one(scene: Scene, key_file: Path) -> None:
    """Once; what it signed is what an independent reader of the page verifies."""
    assert scene.journal("checkpoint", "--key", key_file) == (0, "nothing to sign\n")
    grow(scene)
    said = f"{scene.run}: signed record 25 by key {KEY.public.key_id}\n"
    assert scene.journal("checkpoint", "--key", key_file) == (0, said)
    ((statement, signature),) = execute(
        scene.dsn, "select statement, signature from journal_checkpoints where seq = 25"
    )
    assert isinstance(signature, bytes)
    assert is_signed(KEY.public.raw, str(statement), signature)
    told = json.loads(str(statement))
    assert (told["seq"], told["hash"], told["epoch"]) == (25, scene.entries()[-1].hash, 2)
    assert "checkpoints until record 25 signed by trusted keys" in scene.verify().said
    again = f"{scene.run}: nothing came since the last checkpoint\n"
    assert scene.journal("checkpoint", scene.run, "--key", key_file) == (0, again)


def test_checkpoint_leaves_out_what_has_hardly_grown(scene: Scene, key_file: Path) -> None:
    """By fewer records than were asked for."""
    grow(scene)
    assert scene.journal("checkpoint", "--key", key_file, "--every", 2) == (0, "nothing to sign\n")
    code, said = scene.journal("checkpoint", "--key", key_file, "--every", 1, "--json")
    assert code == 0
    told = json.loads(said)
    assert (told["schema"], told["seq"], told["key_id"]) == ("agentic-journal-checkpoint/1", 25, KEY.public.key_id)


@pytest.mark.parametrize(
    ("altered", "why"),
    [
        ("update journal set hash = sha256(hash) where seq = 25", "record 25: its text does not have its hash"),
        ("delete from journal where seq = 24", "record 24 of the journal"),
        ("update journal set hash = sha256(hash) where seq = 24", "record 24 of the journal"),
    ],
)
def test_checkpoint_signs_nothing_that_is_broken(scene: Scene, key_file: Path, altered: str, why: str) -> None:
    """Neither what does not follow from what was signed, nor what was signed and is not there any more."""
    grow(scene)
    scene.alter(altered)
    code, said = scene.journal("checkpoint", scene.run, "--key", key_file)
    assert (code, "NOT SIGNED: " in said, why in said) == (1, True, True)
    assert execute(scene.dsn, "select max(seq) from journal_checkpoints") == [(24,)]


def test_checkpoint_notices_that_all_it_signed_is_gone(scene: Scene, key_file: Path) -> None:
    """A journal that is shorter than what was signed is not one to which nothing came."""
    scene.alter("delete from journal where seq > 20")
    code, said = scene.journal("checkpoint", scene.run, "--key", key_file)
    assert (code, "record 24 of the journal" in said, "was signed, and is gone" in said) == (1, True, True)


def test_checkpoint_does_not_say_signed_where_another_key_was_there_first(scene: Scene, key_file: Path) -> None:
    """Somebody else's checkpoint of the same record stays, and ours is not stored."""
    grow(scene)
    made = signed_by(FORGER, scene.run, 25, scene.entries()[-1].hash, 2)
    scene.alter(
        "insert into journal_checkpoints values (%s, 25, decode(%s, 'hex'), %s, %s, %s, now())",
        *(scene.run, made.hash, made.key_id, made.statement, made.signature),
    )
    code, said = scene.journal("checkpoint", scene.run, "--key", key_file)
    assert code == 1
    assert "NOT SIGNED: record 25 of the journal" in said
    assert "bears a checkpoint that this key did not make" in said


def test_key_is_made_once_and_shown_from_then_on(scene: Scene, tmp_path: Path) -> None:
    """Nobody else may read the file; of the key only its public half and its name are shown."""
    path = tmp_path / "new.key"
    code, made = scene.journal("key", path)
    first, *shown = made.splitlines()
    assert (code, first, path.stat().st_mode & 0o777) == (0, f"made {path}", 0o600)
    assert scene.journal("key", path).said.splitlines() == shown
    seed = path.read_text().strip()
    assert seed not in made
    name, public = shown
    assert name.startswith("key ")
    assert len(name.removeprefix("key ")) == 16
    code, said = scene.journal("verify", "--public-key", public.removeprefix("public key "))
    assert (code, "is none of those given" in said) == (1, True)


def test_key_that_others_may_read_is_refused(scene: Scene, key_file: Path) -> None:
    """The command that helps is said."""
    key_file.chmod(0o640)
    code, said = scene.command("checkpoint", "--key", key_file)
    assert (code, said) == (2, f"error: others may read {key_file}; run: chmod 600 {key_file}\n")


@pytest.mark.parametrize("content", [b"", b"AAAA\n", b"not base64!\n", bytes(32)])
def test_file_without_a_key_is_refused(scene: Scene, key_file: Path, content: bytes) -> None:
    """It is not written over, either."""
    key_file.write_bytes(content)
    code, said = scene.command("key", key_file)
    assert (code, said.startswith("error: ")) == (2, True)
    assert key_file.read_bytes() == content


def test_signing_key_does_not_show_itself() -> None:
    """Neither its text nor a copy of it tells the seed."""
    key = CheckpointKey(SEED)
    assert repr(key) == f"CheckpointKey({KEY.public.key_id})"
    assert b64encode(SEED).decode() not in f"{key!r}{key!s}{vars(key)}"
