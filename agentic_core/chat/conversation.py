"""One turn's conversation with a chat model: what was said so far, what it cost, and the next request."""

from decimal import Decimal

from agentic_core.chat.effects import Asked
from agentic_core.chat.reading.faults import ReplyError
from agentic_core.chat.reading.readings import Reading, Wish, read_completion, said_to_tools
from agentic_core.chat.reading.repairs import LAST_QUESTION, repair_text
from agentic_core.chat.reading.replies import Parsed
from agentic_core.chat.showing.context import opening
from agentic_core.chat.showing.leash import narrowed
from agentic_core.chat.showing.reply_schema import reply_schema_json
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Answer, NotAsked, Question, Thought, Unusable
from agentic_core.chat.tools.propose_order import PROPOSE_ORDER, propose_order_spec
from agentic_core.chat.tools.read_tool import ANSWER_MAX
from agentic_core.domain.chat import CallId, ChatPurpose, ThoughtStep, UnusableCause
from agentic_core.domain.decision import Usage
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_model import ChatMessage, ChatRequest, ChatRole, Completion, ToolCall
from agentic_core.ports.chat_tools import ToolResult

__all__ = ["ANSWERS_MAX", "UNLISTED", "Conversation"]

ANSWERS_MAX = 120_000
"""Characters of all answers of tools together that one turn shows: each further request holds them again."""

UNLISTED = "unlisted"
"""How a tool is recorded that is not offered: its name is a word of the chat model."""

_TOO_LONG = '{"error":"the answer of the tool is too long; ask for less"}'
_TOO_MUCH = '{"error":"the tools have answered as much as one turn shows; give your answer"}'


class Conversation:
    """Grows by one question at a time; nothing of it outlives the turn but what the thought records."""

    def __init__(self, thinking: Thinking, question: Question) -> None:
        """Open the conversation: nothing was asked yet."""
        self._thinking = thinking
        self._question = question
        self._by_tool = not thinking.has_reply_schema
        specs = tuple(spec for spec in thinking.tools.specs() if spec.name != PROPOSE_ORDER and thinking.steps_max > 1)
        self._offered = tuple(spec.name for spec in specs)
        self.step = 0
        """The question that is asked next, or just now."""
        self.last_call = self.call(0)
        """The sending that was answered last."""
        envelope = narrowed(thinking, question)
        self._schema = None if self._by_tool else reply_schema_json(envelope)
        self._tools = (*specs, propose_order_spec(envelope)) if self._by_tool else specs
        self._messages: list[ChatMessage] = list(opening(thinking, question))
        self._steps: list[ThoughtStep] = []
        self._usage = Usage()
        self._context_hash = ""
        self._said_to_tools = ""
        self._repairs = 0
        self._shown = 0
        self._is_repair = False

    @property
    def is_last(self) -> bool:
        """Whether no question can follow this one."""
        return self.step + 1 >= self._thinking.steps_max

    @property
    def may_repair(self) -> bool:
        """Whether an answer that cannot be read may be asked for again."""
        return self._repairs < self._thinking.repairs_max and not self.is_last

    @property
    def purpose(self) -> ChatPurpose:
        """What this question is paid for."""
        if self._is_repair:
            return ChatPurpose.REPAIR
        return ChatPurpose.POSITION if self._question.context.account.positions else ChatPurpose.LOOK

    def call(self, attempt: int) -> CallId:
        """Return the id of one sending of this question."""
        context = self._question.context
        return CallId(deployment=context.deployment, decision=self._question.decision, step=self.step, attempt=attempt)

    def request(self) -> ChatRequest:
        """Return this question, the same however often it is sent."""
        thinking = self._thinking
        must_answer = self._by_tool and (self.is_last or self._is_repair or not self._offered)
        return ChatRequest(
            model_id=thinking.model_id,
            fallbacks=thinking.fallbacks,
            messages=tuple(self._messages),
            tools=self._tools,
            must_use=PROPOSE_ORDER if must_answer else None,
            reply_schema=self._schema,
            completion_tokens_max=thinking.completion_tokens_max,
            temperature=thinking.temperature,
            seed=thinking.seed,
            effort=thinking.effort,
            routing=thinking.routing,
        )

    def book(self, call: CallId, asked: Asked) -> None:
        """Add what a call consumed."""
        outcome, self.last_call = asked.outcome, call
        consumed, paid = outcome.usage, self._usage.cost_usd or Decimal(0)
        self._context_hash = self._context_hash or outcome.request_hash
        self._usage = Usage(
            prompt_tokens=self._usage.prompt_tokens + consumed.prompt_tokens,
            completion_tokens=self._usage.completion_tokens + consumed.completion_tokens,
            cost_usd=Usd(paid + asked.cost_usd),
        )
        self._steps.append(
            ThoughtStep(
                step=call.step,
                attempt=call.attempt,
                request_hash=outcome.request_hash,
                outcome="completed" if isinstance(outcome, Completion) else outcome.failure.value,
                prompt_tokens=consumed.prompt_tokens,
                completion_tokens=consumed.completion_tokens,
                cost_usd=asked.cost_usd,
            )
        )

    def read(self, completion: Completion) -> Reading:
        """Read what was answered to this question."""
        return read_completion(
            completion,
            canary=self._thinking.canary,
            tools=self._offered,
            by_tool=self._by_tool,
            before=self._said_to_tools,
        )

    def wished(self, completion: Completion, wishes: tuple[Wish, ...]) -> tuple[ToolCall, ...]:
        """Say that tools were wished for, and return the wishes under ids of our own.

        What is no name of a tool and no object is not carried on: a provider reads it again with each further request.
        """
        self._said_to_tools += said_to_tools(completion)
        calls = tuple(
            ToolCall(id=f"t{self.step:04}{number:04}", name=wish.tool or UNLISTED, arguments=wish.arguments or "{}")
            for number, wish in enumerate(wishes)
        )
        self._messages.append(ChatMessage(role=ChatRole.ASSISTANT, content=completion.text, tool_calls=calls))
        return calls

    def answered(self, call: ToolCall, result: ToolResult) -> None:
        """Say what a tool answered."""
        refusal = self._refusal(len(result.content))
        content = result.content if refusal is None else refusal
        is_error = result.is_error or refusal is not None
        self._shown += 0 if refusal is not None else len(content)
        self._messages.append(ChatMessage(role=ChatRole.TOOL, content=content, answers=call.id))
        outcome = "refused" if is_error else "answered"
        self._steps.append(ThoughtStep(step=self.step, outcome=outcome, tool=call.name))

    def go_on(self) -> None:
        """Turn to the next question, after tools were used."""
        self.step += 1
        self._is_repair = False
        if self.is_last:
            self._say(LAST_QUESTION)

    def repair(self, errors: tuple[ReplyError, ...]) -> None:
        """Turn to the next question, which asks for the answer again; the one that was given is not repeated."""
        self.step += 1
        self._repairs += 1
        self._is_repair = True
        self._say(repair_text(errors, by_tool=self._by_tool))
        if self.is_last:
            self._say(LAST_QUESTION)

    def answer(self, parsed: Parsed) -> Answer:
        """Return the thought that ends in an answer."""
        return Answer(
            action=parsed.action,
            text=parsed.text,
            usage=self._usage,
            context_hash=self._context_hash,
            steps=tuple(self._steps),
        )

    def unusable(self, cause: UnusableCause, detail: str) -> Unusable:
        """Return the thought that ends in nothing usable."""
        return Unusable(
            cause=cause, detail=detail, usage=self._usage, context_hash=self._context_hash, steps=tuple(self._steps)
        )

    def unpaid(self, reason: str) -> Thought:
        """Return the thought that ends because a call was not paid for."""
        if not self._steps:
            return NotAsked(reason=reason)
        return self.unusable(UnusableCause.OVER_BUDGET, reason)

    def _refusal(self, length: int) -> str | None:
        if length > ANSWER_MAX:
            return _TOO_LONG
        return _TOO_MUCH if self._shown + length > ANSWERS_MAX else None

    def _say(self, text: str) -> None:
        # Templates of some chat models take no two messages of a user in a row.
        last = self._messages[-1]
        if last.role is ChatRole.USER:
            self._messages[-1] = ChatMessage(role=ChatRole.USER, content=f"{last.content.rstrip()}\n\n{text}")
        else:
            self._messages.append(ChatMessage(role=ChatRole.USER, content=text))
