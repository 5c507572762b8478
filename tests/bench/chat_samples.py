"""What the chat bench asks and is answered: a request of some 15 KB with twelve tools, an answer of some 900 bytes."""

import json
from typing import Any

__all__ = ["ANSWER", "ANSWERED", "MESSAGES", "MODEL_ID", "TOKENS_MAX", "TOOLS"]

MODEL_ID = "anthropic/claude-sonnet-4.5"
TOKENS_MAX = 2_000
ANSWERED = '{"text": "The range holds.", "action": null}'

_CANDLE = "2026-03-01T%02d:%02d,50000.5,50120.25,49980.75,50050.0,12.345\n"

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "You look after one account. " * 60},
    {"role": "user", "content": "".join(_CANDLE % (count // 60, count % 60) for count in range(120))},
]

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": f"fetch_series_{number}",
            "description": "Return the newest closed candles of a symbol, oldest first. " * 3,
            "parameters": {
                "type": "object",
                "properties": {
                    "symbol": {"type": "string", "enum": ["BTC", "ETH", "SOL"]},
                    "interval": {"type": "string", "enum": ["1m", "5m", "15m", "1h", "4h", "1d"]},
                    "lookback": {"type": "integer", "minimum": 1, "maximum": 500},
                },
                "required": ["symbol", "interval", "lookback"],
                "additionalProperties": False,
            },
        },
    }
    for number in range(12)
]

ANSWER = json.dumps(
    {
        "id": "gen-1763600000-abcdefghijklmnop",
        "object": "chat.completion",
        "created": 1763600000,
        "model": MODEL_ID,
        "provider": "Anthropic",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "native_finish_reason": "end_turn",
                "logprobs": None,
                "message": {"role": "assistant", "content": ANSWERED, "refusal": None, "reasoning": None},
            }
        ],
        "usage": {
            "prompt_tokens": 5321,
            "completion_tokens": 41,
            "total_tokens": 5362,
            "cost": 0.01657800,
            "is_byok": False,
            "cost_details": {
                "upstream_inference_cost": None,
                "upstream_inference_prompt_cost": 0.015963,
                "upstream_inference_completions_cost": 0.000615,
            },
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0, "video_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
        },
    }
).encode()
