"""What this package takes for true although nobody has tried it on the real network."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ASSUMED"]

ASSUMED: Mapping[str, str] = MappingProxyType(
    {
        "A-2": "The texts for a used nonce, a nonce out of its window and an expired action are the pinned ones.",
        "A-6": "Approving the zero address under a name revokes what was approved under it, named or unnamed.",
        "A-10": "In the post-only window an order is refused with the pinned text, and nothing of it executes.",
        "A-11": "A 429 has the body `null`; whether one can follow an accepted request is unknown: it proves nothing.",
        "13.3": "One IP address may follow ten users; the text of the error says fifteen, and fewer are safe.",
        "13.4": "The minimum of 10 dollars is refused with the same text for a partial reduce-only order.",
        "13.7": "A price out of its band is refused with the pinned beginning, whichever percentage follows.",
        "13.8": "A request of more than 200 items is refused as a whole.",
        "W-1": "Errors of a whole request are found before anything of it executes, so none of a batch did.",
        "W-2": "A list of statuses shorter than the request is not aligned with it; its errors prove nothing.",
        "W-3": "A text that begins like a pinned one means the same, whatever follows the beginning.",
        "W-4": "A wrong `vaultAddress` is refused with a text that holds `not registered`.",
        "W-5": "A 422 with the pinned text means that the body was never decoded, so nothing of it executed.",
        "W-6": "In `allDexsAssetCtxs` and `webData3` the main dex comes first, as in the list of dexes.",
        "W-7": "A candle's close time is the last millisecond of its interval.",
        "W-8": "A fill of an own liquidation names us in `liquidatedUser`, or its `dir` begins with Liquidated.",
        "W-9": "`userCrossRate` and `userAddRate` are at most lowered by the referral discount, never raised.",
        "W-10": "An agent wallet that was approved without an end acts for 90 days.",
        "W-11": "Of what an answer's items weigh, a part that was begun counts whole.",
        "W-12": "An agent wallet's actions count against the account it acts for, and an empty batch as one.",
    }
)
"""By id: `A-` and `13.` are numbers of the open questions that the probe asks, `W-` are of this package alone."""
