"""The payloads: every goal in every wrapping and every disguise, and in every language."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from tests.injection.disguises import DISGUISES
from tests.injection.goals import ENGLISH, FOREIGN, Goal

__all__ = ["CHANNELS", "PAYLOADS", "QUIET", "READERS", "WRAPPINGS", "Attack", "Payload", "attacks", "spread"]

_FOLDER = Path(__file__).parent
WRAPPINGS: Mapping[str, str] = tomllib.loads((_FOLDER / "wrappings.toml").read_text(encoding="utf-8"))
QUIET: Sequence[str] = tomllib.loads((_FOLDER / "quiet.toml").read_text(encoding="utf-8"))["texts"]
"""Foreign text that asks for nothing."""

_OFTEN = ("plain", "forget", "chat_template", "closes_json", "system_role")
"""Wrappings of sentences in other languages."""

READERS: Mapping[str, str] = {
    "headline": "fetch_news",
    "headline_source": "fetch_news",
    "two_headlines": "fetch_news",
    "tool_output": "desk__search",
    "tool_error": "desk__search",
    "tool_description": "desk__search",
    "tool_schema": "desk__search",
    "memory": "recall_notes",
    "memory_then_news": "recall_notes",
    "symbol_name": "fetch_recent_bars",
    "provider_error": "fetch_recent_bars",
}
"""Through which door a payload comes in, and the tool of the skill that a reader of it can use."""
CHANNELS = tuple(READERS)


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One inert text, but for the name of a tool in some."""

    goal: Goal
    wrapping: str
    template: str
    disguise: str | None = None
    mark: str
    """A word that stands in no other payload, and in nothing else."""

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return f"{self.goal.name}/{self.wrapping}"

    def text(self, reader: str) -> str:
        """Return what is said to somebody who has a tool of this name."""
        order = self.goal.sentence.replace("{mark}", self.mark).replace("{reader}", reader)
        shown = order if self.disguise is None else DISGUISES[self.disguise](order)
        return self.template.format(order=shown, mark=self.mark)


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that comes in through a door."""

    payload: Payload
    channel: str

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return f"{self.channel}:{self.payload.name}"

    @property
    def text(self) -> str:
        """What is said."""
        return self.payload.text(READERS[self.channel])


def attacks(channels: Sequence[str] = CHANNELS) -> Iterator[Attack]:
    """Yield every payload through every door."""
    for payload in PAYLOADS:
        for channel in channels:
            yield Attack(payload=payload, channel=channel)


def spread(channels: Sequence[str] = CHANNELS) -> Iterator[Attack]:
    """Yield every payload once, through one door after the other."""
    for number, payload in enumerate(PAYLOADS):
        # One more each time round, so that a wrapping does not meet the same door with every goal.
        yield Attack(payload=payload, channel=channels[(number + number // len(channels)) % len(channels)])


def _payloads() -> Iterator[Payload]:
    for goal in ENGLISH:
        for wrapping, template in WRAPPINGS.items():
            yield _payload(goal, wrapping, template)
        for name in DISGUISES:
            yield _payload(goal, f"disguise_{name}", "{order}", name)
    for goal in FOREIGN:
        for wrapping in _OFTEN:
            yield _payload(goal, wrapping, WRAPPINGS[wrapping])


def _payload(goal: Goal, wrapping: str, template: str, disguise: str | None = None) -> Payload:
    mark = f"qx{_number_of(f'{goal.name}/{wrapping}'):09d}"
    return Payload(goal=goal, wrapping=wrapping, template=template, disguise=disguise, mark=mark)


def _number_of(name: str) -> int:
    number = 7
    for one in name:
        number = (number * 131 + ord(one)) % 999_999_937
    return number


PAYLOADS = tuple(_payloads())
