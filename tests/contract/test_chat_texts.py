"""What every source of foreign text promises: nothing later than asked for, newest first, no more than asked."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from agentic_core.chat.tools.news_file import RecordedNews, RecordedNotes, read_news, read_notes
from agentic_core.domain import Instant, Symbol
from agentic_core.domain.ids import DeploymentId
from agentic_core.ports.untrusted_text import Headline, Memory, NewsFeed, Note
from agentic_core.system import SystemFiles
from tests.support.markets import BTC, ETH

PORTS = ("agentic_core.ports.untrusted_text.NewsFeed", "agentic_core.ports.untrusted_text.Memory")
pytestmark = pytest.mark.anyio

OURS, THEIRS = DeploymentId("ours"), DeploymentId("theirs")
START = 1_640_995_200_000
HEADLINES = (
    Headline(published_at=Instant(START + 3_000), source="wire", text="third", symbols=(ETH,)),
    Headline(published_at=Instant(START + 1_000), source="wire", text="first", symbols=(BTC,)),
    Headline(published_at=Instant(START + 2_000), source="", text="second, of everything"),
    Headline(published_at=Instant(START + 4_000), source="wire", text="fourth", symbols=(BTC, ETH)),
)
NOTES = (
    (OURS, Note(written_at=Instant(START + 2_000), text="two")),
    (THEIRS, Note(written_at=Instant(START + 1_500), text="not ours")),
    (OURS, Note(written_at=Instant(START + 1_000), text="one")),
)

OpenNews: TypeAlias = Callable[[Sequence[Headline], Path], NewsFeed]
OpenNotes: TypeAlias = Callable[[Sequence[tuple[DeploymentId, Note]], Path], Memory]


def news_in_memory(headlines: Sequence[Headline], folder: Path) -> NewsFeed:
    """Return a feed of what was handed over."""
    return RecordedNews(headlines)


def news_in_a_file(headlines: Sequence[Headline], folder: Path) -> NewsFeed:
    """Return a feed of what a file says, its times in two spellings."""
    lines = [
        {"at": one.published_at, "source": one.source, "text": one.text, "symbols": one.symbols} for one in headlines
    ]
    lines[0]["at"] = "2022-01-01T00:00:03Z"
    (folder / "news.jsonl").write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n")
    return read_news(folder / "news.jsonl", SystemFiles())


def notes_in_memory(notes: Sequence[tuple[DeploymentId, Note]], folder: Path) -> Memory:
    """Return notes that were handed over."""
    return RecordedNotes(notes)


def notes_in_a_file(notes: Sequence[tuple[DeploymentId, Note]], folder: Path) -> Memory:
    """Return notes of a file."""
    lines = [{"at": note.written_at, "deployment": whose, "text": note.text} for whose, note in notes]
    (folder / "notes.jsonl").write_bytes(b"\n\n".join(msgspec.json.encode(line) for line in lines))
    return read_notes(folder / "notes.jsonl", SystemFiles())


over_news = pytest.mark.parametrize("open_news", [news_in_memory, news_in_a_file])
over_notes = pytest.mark.parametrize("open_notes", [notes_in_memory, notes_in_a_file])


async def told(feed: NewsFeed, symbols: Sequence[Symbol], at: int, limit: int = 10) -> list[str]:
    """Return the texts of the headlines."""
    return [one.text for one in await feed.headlines(symbols, as_of=Instant(START + at), limit=limit)]


@over_news
async def test_news_are_told_newest_first_up_to_the_instant(open_news: OpenNews, tmp_path: Path) -> None:
    """One that is published at the instant itself is known, one a millisecond later is not."""
    feed = open_news(HEADLINES, tmp_path)
    assert await told(feed, [BTC, ETH], 3_000) == ["third", "second, of everything", "first"]
    assert await told(feed, [BTC, ETH], 2_999) == ["second, of everything", "first"]
    assert await told(feed, [BTC, ETH], 999) == []


@over_news
async def test_news_are_those_of_the_symbols_and_those_of_none(open_news: OpenNews, tmp_path: Path) -> None:
    """One about several is told once."""
    feed = open_news(HEADLINES, tmp_path)
    assert await told(feed, [BTC], 9_000) == ["fourth", "second, of everything", "first"]
    assert await told(feed, [], 9_000) == ["second, of everything"]


@over_news
async def test_news_are_no_more_than_asked_for(open_news: OpenNews, tmp_path: Path) -> None:
    """The newest of them."""
    assert await told(open_news(HEADLINES, tmp_path), [BTC, ETH], 9_000, limit=1) == ["fourth"]


@over_news
async def test_news_keep_their_source_and_their_time(open_news: OpenNews, tmp_path: Path) -> None:
    """As they were handed over."""
    found = await open_news(HEADLINES, tmp_path).headlines([ETH], as_of=Instant(START + 3_000), limit=1)
    assert found == (HEADLINES[0],)


@over_notes
async def test_notes_are_those_of_the_deployment_written_before(open_notes: OpenNotes, tmp_path: Path) -> None:
    """Newest first; one that is written at the instant itself is not yet known."""
    memory = open_notes(NOTES, tmp_path)
    found = await memory.recall(OURS, as_of=Instant(START + 2_001), limit=10)
    assert [note.text for note in found] == ["two", "one"]
    assert await memory.recall(OURS, as_of=Instant(START + 2_000), limit=10) == (NOTES[2][1],)
    assert await memory.recall(DeploymentId("nobody"), as_of=Instant(START + 9_000), limit=10) == ()


@over_notes
async def test_notes_are_no_more_than_asked_for(open_notes: OpenNotes, tmp_path: Path) -> None:
    """The newest of them."""
    found = await open_notes(NOTES, tmp_path).recall(OURS, as_of=Instant(START + 9_000), limit=1)
    assert [note.text for note in found] == ["two"]
