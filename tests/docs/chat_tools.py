"""The page of what a chat model may use and say, drawn from the tools, the codes and the outcomes."""

import json

from agentic_core.chat.conversation import ANSWERS_MAX
from agentic_core.chat.reading.faults import Fault
from agentic_core.chat.reading.readings import WISHES_MAX
from agentic_core.chat.reading.repairs import MEANINGS
from agentic_core.chat.reading.strict_json import DIGITS_MAX, LENGTH_MAX
from agentic_core.chat.tools import PROPOSE_ORDER, built_in_tools
from agentic_core.chat.tools.news_file import RecordedNews, RecordedNotes
from agentic_core.chat.tools.read_tool import ANSWER_MAX
from agentic_core.domain.chat import UnusableCause
from agentic_core.ports.chat_model import ToolSpec

__all__ = ["ENDS", "chat_tools"]

ENDS = {
    UnusableCause.REFUSED: "the chat model declined to answer",
    UnusableCause.FILTERED: "the provider withheld the answer",
    UnusableCause.TRUNCATED: "the answer was cut off; give it more tokens",
    UnusableCause.EMPTY: "the answer held nothing, or reasoning alone",
    UnusableCause.MALFORMED: "the answer could not be read, and repairs did not help",
    UnusableCause.LEAKED: "something it said repeats the canary of the instructions",
    UnusableCause.STEPS_USED_UP: "the last question was answered with a wish for tools",
    UnusableCause.BROKEN_OFF: "the time of the turn ran out, or the turn was needed",
    UnusableCause.OVER_BUDGET: "the first call was paid for, a further one was not",
    UnusableCause.UNAVAILABLE: "the provider failed in a way that may pass, more often than it is asked",
    UnusableCause.NOT_ALLOWED: "the provider refuses the key, the model or the request: somebody has to look",
}
"""When a thought ends with which cause."""


def chat_tools() -> str:
    """Return the page of tools, faults and ends."""
    tools = built_in_tools(news=RecordedNews(()), memory=RecordedNotes(()))
    return "\n".join(
        [
            "# What a chat model may use and say",
            "",
            "Drawn from the code by `python -m tests.docs`; the test suite compares it.",
            "",
            _LOOP.replace("WISHES_MAX", str(WISHES_MAX)),
            "## Tools that come with the library",
            "",
            "A skill lists those it wants in `tools`; what is not listed does not exist for its chat model. All of",
            "them only read, at the instant of the turn and no later. What cannot be answered is an error in words of",
            f"ours; an answer has at most {ANSWER_MAX:,} characters, all answers of a turn {ANSWERS_MAX:,}. News and",
            "notes are there where a file of them is.",
            "",
            "| tool | arguments | answers with |",
            "|---|---|---|",
            *(_tool_row(tool.spec) for tool in tools),
            "",
            f"`{PROPOSE_ORDER}` is no tool of the list: it stands beside the others where a skill says",
            "`replyBy: tool`. Its arguments are the answer, in the schema that is made from the envelope of the turn.",
            "",
            _FOREIGN,
            "## Codes of answers that cannot be read",
            "",
            "An answer is asked for again with these codes and the places of the faults, never with a word of its own.",
            f"It has at most {LENGTH_MAX:,} characters and numbers of at most {DIGITS_MAX} digits.",
            "",
            "| code | meaning |",
            "|---|---|",
            *(f"| `{fault}` | {MEANINGS[fault]} |" for fault in Fault),
            "",
            _ENDS_HEAD,
            *(f"| `{cause}` | {ENDS[cause]} |" for cause in UnusableCause),
            "",
        ]
    )


_LOOP = """\
`run_skill(thinking, question)` is a generator without I/O. It yields what it needs and is resumed with what came
of it, so that the runner, a backtest and a test drive the same code:

| effect | means | reply |
|---|---|---|
| `Reserve(call, purpose, bound)` | hold the most that one sending can cost | `Reserved`, `Refused` |
| `Ask(call, request, wait_ms)` | make the call that was reserved, and settle what it cost | `Asked` |
| `UseTool(call, tool, arguments, context)` | use a tool that is on the list | `ToolResult` |

It asks at most `maxSteps` questions, sends each again only where the provider failed in a way that may pass,
uses at most WISHES_MAX tools after a question, and asks for an answer again as often as repairs are allowed.
A test takes every course of a small thought and holds all of this.
"""

_FOREIGN = """\
## Tools of other people's servers

`AGENTIC_CHAT_MCP` names a file of servers that speak the Model Context Protocol; they need the extra `mcp`:

```json
{"macro": {"command": ["uvx", "macro-rates"], "env": {}, "tools": ["rates"]},
 "calendar": {"url": "http://127.0.0.1:8100/mcp", "tools": ["next_events"]}}
```

Only the tools named here are offered, as `macro__rates`, and only to skills that list them. Their descriptions and
answers stand in marked envelopes of at most 600 and 4,000 characters; of their schemas nothing is shown but the
structure and single words. A server that cannot be connected, a tool that is not there, that says of itself that it
destroys, or whose schema needs a stranger's sentences, ends the start with its name. A server knows only the
present: to a turn that lies more than 15 minutes back, as in a backtest, its tools refuse. What a chat model writes
into the arguments of such a tool reaches that server, so name none that may not know what the account holds.

## News and notes

`AGENTIC_CHAT_NEWS` and `AGENTIC_CHAT_NOTES` name files of JSON lines; a time is ISO 8601 or epoch milliseconds:

```json
{"at": "2026-03-01T09:00:00Z", "source": "wire", "text": "…", "symbols": ["BTC"]}
{"at": 1772355600000, "deployment": "6d1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1", "text": "…"}
```

A headline without symbols is told about every symbol. A turn sees what was published by then, never a later line.
"""


_ENDS_HEAD = """\
## Ends without an answer

None of them becomes an order, and none is taken for a wish to do nothing; each is counted by its cause.

| cause | when |
|---|---|"""


def _tool_row(spec: ToolSpec) -> str:
    properties = json.loads(spec.parameters)["properties"]
    arguments = ", ".join(f"`{name}` {_values(schema)}".strip() for name, schema in properties.items())
    return f"| `{spec.name}` | {arguments or 'none'} | {spec.description} |"


def _values(schema: dict[str, object]) -> str:
    match schema:
        case {"enum": list() as words}:
            return "/".join(str(word) for word in words)
        case {"minimum": least, "maximum": most}:
            return f"{least}–{most}"
        case _:
            return ""
