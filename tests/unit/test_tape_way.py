"""How a tape was asked for: it travels with the tape, so that a replay needs nothing of the machine it was made on."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from agentic_core.backtest.report import read_json
from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.chat.tapes.tape_way import TapeWay
from agentic_core.chat.wire import Flavour
from agentic_core.errors import ConfigError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.system import SystemFiles
from tests.support.chat_room import THESIS, ChatRoom

D = Decimal


def card(name: str, price: str) -> ChatModelCard:
    """Return a card."""
    return ChatModelCard(id=name, name=name, prompt_usd_mtok=D(price), completion_usd_mtok=D(price))


CHEAP = Catalogue(own=[card("vendor/one", "1"), card("vendor/two", "2")])
DEAR = Catalogue(own=[card("vendor/one", "9")])


def test_tape_keeps_how_it_was_asked_and_the_newest_cards_win(tmp_path: Path) -> None:
    """The same way again writes nothing; a card that is not known any more stays."""
    tape = FileTape.open(tmp_path / "tape", SystemFiles(), records=True)
    assert tape.way is None
    for catalogue, flavour in ((CHEAP, Flavour.PLAIN), (CHEAP, Flavour.PLAIN), (DEAR, Flavour.OPENROUTER)):
        tape.keep_way(TapeWay.of(flavour, catalogue, ("vendor/one", "vendor/two", "vendor/unheard-of")))
    tape.close()
    again = FileTape.open(tmp_path / "tape", SystemFiles(), records=False)
    way = again.way
    assert way is not None
    assert (way.flavour, sorted(way.cards)) == (Flavour.OPENROUTER, ["vendor/one", "vendor/two"])
    assert [kept.prompt_usd_mtok for kept in way.own_cards()] == [D(9), D(2)]
    assert (len(again), len((tmp_path / "tape").read_bytes().splitlines())) == (0, 3)
    with pytest.raises(ConfigError, match="opened for reading"):
        again.keep_way(TapeWay.of(Flavour.PLAIN, CHEAP, ("vendor/one",)))
    again.close()


def test_card_is_kept_under_the_name_that_skills_use() -> None:
    """An alias is found under what it names today, and tomorrow under something else."""
    moved = TapeWay(flavour=Flavour.OPENROUTER, cards={"~vendor/latest": card("vendor/one", "1")})
    found = Catalogue(own=moved.own_cards()).find("~vendor/latest")
    assert found is not None
    assert (found.id, found.prompt_usd_mtok) == ("~vendor/latest", D(1))
    assert msgspec.json.decode(msgspec.json.encode(moved), type=TapeWay) == moved


def test_tape_of_a_plain_endpoint_replays_where_nothing_is_known_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No address, no key, no prices, or quite others: the same decisions, and the same bytes in both files."""
    room = ChatRoom(tmp_path, capsys)
    with room.connected():
        assert room.run_skill("backtest", "--tape", room.tape, "--max-cost", "5").code == 0
    written = room.json.read_bytes(), room.html.read_bytes()
    coverage = read_json(room.json).coverage
    assert coverage is not None
    assert coverage.answered == coverage.turns
    bare = {name: room.environment[name] for name in ("AGENTIC_HOME", "DATABASE_URL")}
    dear = tmp_path / "dear.json"
    dear.write_text(
        '{"models":[{"id":"vendor/name","promptUsdPerMtok":99999,"completionUsdPerMtok":99999,'
        '"knowledgeUntil":"2030-01-01"}]}'
    )
    others: tuple[dict[str, str], ...] = (
        {},
        {"OPENROUTER_API_KEY": "sk-or-made-up"},
        {"AGENTIC_CHAT_URL": "http://127.0.0.1:1/v1"},
        {"AGENTIC_CHAT_MODELS": str(dear)},
    )
    for other in others:
        room.environment = bare | other
        again = room.run_skill("backtest", "--tape", room.tape)
        assert again.code == 0, (other, again.err)
        assert (room.json.read_bytes(), room.html.read_bytes()) == written, other


def test_replay_with_a_chat_model_of_unknown_price_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be a run in which nobody was asked, and a report full of noughts."""
    room = ChatRoom(tmp_path, capsys)
    with room.connected():
        assert room.run_skill("backtest", "--tape", room.tape, "--plain-only", "--max-cost", "5").code == 0
    room.json.unlink()
    room.write_skill({**THESIS, "model": "vendor/unheard-of"})
    refused = room.run_skill("backtest", "--tape", room.tape, "--plain-only")
    assert (refused.code, room.json.exists()) == (2, False), refused.out
    assert "nobody knows what vendor/unheard-of costs" in refused.err
    assert "but with vendor/name; name the chat model it was recorded with" in refused.err
