"""A journal that was written anew, from the first record on and with hashes that fit: what still betrays it."""

from pathlib import Path

import pytest

from tests.support.forger import forge_checkpoints, rewrite
from tests.support.journal_by_hand import links_of
from tests.support.journal_scene import Scene
from tests.support.journal_story import FORGER, KEY

pytest_plugins = ["tests.support.tampering"]

TRUE = KEY.public.key_id
FALSE = FORGER.public.key_id


def lie(scene: Scene) -> list[int]:
    """Make the liquidation of record 24 cheaper, in the journal as in the table."""
    altered = rewrite(
        scene, lambda text: text.replace('"fee":"0.027145","fill_id":"away"', '"fee":"0","fill_id":"away"')
    )
    scene.alter("update fills set fee = 0 where fill_id = 'away'")
    links_of(scene.run, scene.entries())
    return altered


def lie_early(scene: Scene) -> list[int]:
    """Make the first fill cheaper, in record 8 and wherever it stands."""
    altered = rewrite(
        scene, lambda text: text.replace('"fee":"0.027145","fill_id":"first"', '"fee":"0","fill_id":"first"')
    )
    scene.alter("update fills set fee = 0 where fill_id = 'first'")
    scene.alter("update mainnet_orders set fee_usd = 0.027145 where kind = 'order'")
    links_of(scene.run, scene.entries())
    return altered


def test_rewritten_journal_is_one_chain_that_the_tables_follow_from(scene: Scene) -> None:
    """By itself it proves nothing: without checkpoints nobody could tell."""
    assert lie_early(scene) == list(range(8, 25))
    scene.alter("delete from journal_checkpoints")
    code, said = scene.verify()
    assert (code, "0 checkpoints signed by trusted keys" in said) == (0, True)


@pytest.mark.parametrize("knows_the_key", [True, False])
def test_rewritten_journal_is_betrayed_by_the_first_record_that_was_signed_after_it(
    scene: Scene, *, knows_the_key: bool
) -> None:
    """Also for whoever has not been given the key: the checkpoints are of another chain."""
    lie_early(scene)
    code, said = scene.verify() if knows_the_key else scene.journal("verify")
    assert code == 1
    assert said.startswith(f"{scene.run}: BROKEN at record 15: another record than this one was signed by key {TRUE}")


def test_rewritten_end_is_betrayed_by_the_newest_checkpoint(scene: Scene) -> None:
    """What was signed before it stays good."""
    assert lie(scene) == [24]
    code, said = scene.verify()
    assert (code, "BROKEN at record 24: another record than this one was signed" in said) == (1, True)


def test_checkpoints_of_another_key_are_refused_where_a_key_is_trusted(scene: Scene) -> None:
    """Without any key they are counted, and the word for it says that nothing is proven."""
    lie_early(scene)
    forge_checkpoints(scene, FORGER)
    code, said = scene.verify()
    assert code == 1
    assert f"BROKEN at record 15: its checkpoint is refused: key {FALSE}, which made it, is none of those given" in said
    code, said = scene.journal("verify")
    assert (code, "0 checkpoints signed by trusted keys, 2 by keys not given" in said) == (0, True)


def test_both_keys_are_trusted_where_both_are_given(scene: Scene) -> None:
    """After a change of keys the old checkpoints are still worth something."""
    scene.alter("delete from journal_checkpoints where seq = 15")
    forge_checkpoints(scene, FORGER)
    code, said = scene.journal("verify", "--public-key", KEY.public, "--public-key", FORGER.public)
    assert (code, "1 checkpoints until record 24 signed by trusted keys" in said) == (0, True)


def test_checkpoints_that_claim_to_be_of_the_trusted_key_are_refused(scene: Scene) -> None:
    """The name of a key signs nothing."""
    lie_early(scene)
    forge_checkpoints(scene, FORGER, claims=TRUE)
    code, said = scene.verify()
    assert (code, f"BROKEN at record 15: its checkpoint is refused: key {TRUE} did not sign it" in said) == (1, True)


def test_signature_of_another_record_is_refused(scene: Scene) -> None:
    """A statement that was signed once stands for its own record only, even with the row made to fit."""
    scene.alter(
        "update journal_checkpoints a set (statement, signature, made_at, hash) = "
        "(b.statement, b.signature, b.made_at, a.hash) from journal_checkpoints b where a.seq = 15 and b.seq = 24"
    )
    code, said = scene.verify()
    assert (code, "BROKEN at record 15: its checkpoint is refused: its row and its statement" in said) == (1, True)


def test_shortened_journal_with_all_that_followed_is_betrayed_by_the_runners_copy(scene: Scene, tmp_path: Path) -> None:
    """Records, checkpoint, head and tables go back to record 22: a restored backup, or somebody who makes one up."""
    copy = scene.copy_to(tmp_path / f"{scene.run}.journal")
    scene.alter("delete from journal where seq > 22")
    scene.alter("delete from journal_checkpoints where seq > 22")
    scene.alter("update journal_heads set (seq, hash, epoch) = (select seq, hash, epoch from journal where seq = 22)")
    scene.alter("delete from fills where fill_id = 'away'")
    assert scene.verify().code == 0
    code, said = scene.journal("verify", scene.run, "--copy", copy)
    assert (code, said.splitlines()[0]) == (1, f"{copy}: 24 records of {scene.run}: whole")
    assert "BROKEN at record 23: it is missing, and the runner's copy goes on to record 24" in said


def test_rewritten_journal_is_betrayed_by_the_runners_copy(scene: Scene, tmp_path: Path) -> None:
    """At the first record that is another one."""
    copy = scene.copy_to(tmp_path / f"{scene.run}.journal")
    lie_early(scene)
    scene.alter("delete from journal_checkpoints")
    code, said = scene.journal("verify", scene.run, "--copy", copy)
    assert (code, "BROKEN at record 8: the runner's copy holds another one" in said) == (1, True)


def test_shorter_copy_is_no_fault(scene: Scene, tmp_path: Path) -> None:
    """A runner fetches what is new before it sends, and not before."""
    copy = scene.copy_to(tmp_path / f"{scene.run}.journal", 7)
    code, said = scene.journal("verify", scene.run, "--copy", copy)
    assert (code, said.splitlines()[0]) == (0, f"{copy}: 7 records of {scene.run}: whole")


def test_copy_that_is_damaged_is_no_witness(scene: Scene, tmp_path: Path) -> None:
    """That it holds together no further is said, and is a fault by itself."""
    copy = scene.copy_to(tmp_path / f"{scene.run}.journal")
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    code, said = scene.journal("verify", scene.run, "--copy", copy)
    assert (code, "BROKEN at record " in said.splitlines()[0]) == (1, True)
    assert said.splitlines()[1].endswith("the tables hold what it tells")
