"""The official SDK signing orders in a process of its own, with coincurve or, as pip installs it, without.

    python -c "import sys; sys.modules['coincurve'] = None; from tests.bench import sdk_signer; sdk_signer.main()"

It answers `["check", n]` with n signatures, `["sign", n]` and `["send", n]` with the microseconds each of n orders took
from a ready action or from numbers to the body of the request, and `["spread", n]` with those of every single one.
"""

import gc
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from eth_account import Account
from eth_keys.main import KeyAPI
from hyperliquid.utils.signing import (
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_l1_action,
)
from hyperliquid.utils.types import Cloid

from tests.bench.order_samples import ASSET, SECRET, SampleOrder, sample_order
from tests.bench.workers import attend, tell

_wallet = Account.from_key(SECRET)


def _action(order: SampleOrder) -> Mapping[str, Any]:
    request = {
        "coin": "BTC",
        "is_buy": True,
        "sz": float(order.size),
        "limit_px": float(order.price),
        "order_type": {"limit": {"tif": "Gtc"}},
        "reduce_only": False,
        "cloid": Cloid.from_str(order.cloid),
    }
    action: Mapping[str, Any] = order_wires_to_order_action([order_request_to_order_wire(request, ASSET)], None, "na")
    return action


def _sign(action: Mapping[str, Any], nonce: int) -> Mapping[str, Any]:
    signature: Mapping[str, Any] = sign_l1_action(_wallet, action, None, nonce, None, True)  # noqa: FBT003 - its shape
    return signature


def _body(order: SampleOrder) -> str:
    action = _action(order)
    signature = _sign(action, order.nonce)
    # What `Exchange._post_action` and `requests` make of it.
    envelope = {"action": action, "nonce": order.nonce, "signature": signature}
    return json.dumps({**envelope, "vaultAddress": None, "expiresAfter": None})


class _Orders:
    def __init__(self) -> None:
        self._next = 0

    def take(self, count: int) -> Sequence[SampleOrder]:
        self._next += count
        return [sample_order(number) for number in range(self._next - count, self._next)]


def main() -> None:
    """Answer the bench until it has no more questions."""
    orders = _Orders()
    gc.disable()

    def answer(question: str, count: int) -> object:
        gc.collect()
        if question == "check":
            made = [(_sign(_action(order), order.nonce)) for order in map(sample_order, range(count))]
            return [[int(one["r"], 16), int(one["s"], 16), one["v"]] for one in made]
        taken = orders.take(count)
        ready = [(_action(order), order.nonce) for order in taken]
        if question == "spread":
            return [_timed(*one) for one in ready]
        began = time.thread_time()
        if question == "sign":
            for one in ready:
                _sign(*one)
        else:
            for order in taken:
                _body(order)
        return (time.thread_time() - began) / count * 1e6

    tell(KeyAPI().backend.__class__.__name__)
    attend(answer)


def _timed(action: Mapping[str, Any], nonce: int) -> float:
    began = time.thread_time_ns()
    _sign(action, nonce)
    return (time.thread_time_ns() - began) / 1000


if __name__ == "__main__":
    main()
