"""Files of headlines and notes that cannot be used are refused with their line."""

from pathlib import Path

import pytest

from agentic_core.chat.tools.news_file import read_news, read_notes
from agentic_core.errors import InputError
from agentic_core.system import SystemFiles


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"at": 1640995200000}', "line 2: Object missing required field `text`"),
        ('{"at": "yesterday", "text": "up"}', "line 2: 'yesterday' is not a time"),
        ('{"at": 1640995200000, "text": "up", "url": "x"}', "line 2: Object contains unknown field `url`"),
        ('{"at": 1640995200000, "text": 5}', "line 2: Expected `str`, got `int`"),
        ("headline", "line 2: JSON is malformed"),
        ('{"at": 1640995200000, "text": "' + "x" * 20_001 + '"}', "line 2: the text has 20001 characters"),
    ],
)
def test_line_of_news_that_is_no_headline_is_named(tmp_path: Path, line: str, message: str) -> None:
    """With its number and what is wrong with it."""
    path = tmp_path / "news.jsonl"
    path.write_text('{"at": 1640995200000, "text": "up"}\n' + line + "\n")
    with pytest.raises(InputError) as refusal:
        read_news(path, SystemFiles())
    assert f"{path}, {message}" in str(refusal.value)


def test_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    """It is a setting that points nowhere."""
    with pytest.raises(InputError, match=r"notes\.jsonl is not there"):
        read_notes(tmp_path / "notes.jsonl", SystemFiles())
    with pytest.raises(InputError, match="cannot be read"):
        read_notes(tmp_path, SystemFiles())


def test_file_without_a_line_tells_nothing(tmp_path: Path) -> None:
    """An empty feed is a feed."""
    path = tmp_path / "news.jsonl"
    path.write_text("\n\n")
    assert len(read_news(path, SystemFiles())) == 0
