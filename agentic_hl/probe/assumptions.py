"""What is assumed about the venue and nobody has asked it yet, as data.

The id of an assumption stands wherever code relies on it, so that an answer that contradicts it leads there: `13.` and
`A-` are the open questions about the venue, `W-` are those of its error texts, and `M-` those of the market.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = ["ASSUMPTIONS", "Assumption", "Needs", "by_id"]


class Needs(StrEnum):
    """What it takes to ask."""

    NOTHING = "nothing"
    LIMITS = "leave to run into the rate limit"
    KEY = "a testnet key"
    FUNDS = "a testnet key with funds"
    EVENT = "an event at the venue"
    """Cannot be brought about: it has to be watched for."""


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """One thing we rely on without knowing it."""

    id: str
    also: tuple[str, ...] = ()
    """Other ids under which the same question is known."""
    question: str
    assumed: str
    otherwise: str
    """What follows if it is not so."""
    needs: Needs = Needs.NOTHING


ASSUMPTIONS = (
    # Streams
    Assumption(
        id="13.1",
        question="Is the webData2 subscription still served?",
        assumed="It is refused or silent; nothing of ours reads it.",
        otherwise="Nothing breaks; the simulated venue's switch for it could be on by default.",
    ),
    Assumption(
        id="13.2",
        question="How often do allMids, activeAssetCtx, l2Book and bbo speak?",
        assumed="About every 2 s, 1 s, 5 s and on change; none is silent for 15 s.",
        otherwise="The data deadlines of the stream are set anew, or they cry wolf.",
    ),
    Assumption(
        id="13.3",
        question="How many users may one address follow over its streams?",
        assumed="Ten at least; the error text speaks of 15.",
        otherwise="Fewer accounts share one machine.",
    ),
    Assumption(
        id="13.9",
        question="Does subscribing to userFills again on the same socket send the snapshot again?",
        assumed="Yes, as after a reconnect; fills are deduplicated by coin, tid and oid.",
        otherwise="Subscribing again does not fill a gap; only REST does.",
    ),
    # Market facts
    Assumption(
        id="M-1",
        question="How many candles does one answer hold, and from which end is it cut?",
        assumed="A range of 500 candles is answered whole, oldest first.",
        otherwise="Smaller pages; a cut at the old end is seen as a hole and asked for again.",
    ),
    Assumption(
        id="M-2",
        question="Does an interval without any fill have a candle?",
        assumed="It may be left out: a hole that stays after asking twice means that nothing was traded.",
        otherwise="A hole means that the venue lost something, and says so in the recording.",
    ),
    Assumption(
        id="M-3",
        question="Does a candle still change after the time at which it closes?",
        assumed="Not after 3 s; the recorder waits that long, and the newest candle is asked for again.",
        otherwise="The recorder has to wait longer.",
    ),
    Assumption(
        id="M-4",
        question="How far from the whole hour are the times of the funding history?",
        assumed="Less than a minute after it, so a time belongs to the hour it lies in.",
        otherwise="Rates would be booked at the wrong hour.",
    ),
    # Accounts
    Assumption(
        id="13.10",
        question="Which leverage has an account that never set one?",
        assumed="Cross, 20 or the asset's highest, and not 1; ours is set before the first order.",
        otherwise="Nothing breaks; one request could be saved.",
    ),
    Assumption(
        id="13.4",
        question="Is a reduce-only order below 10 USD taken when it closes only a part?",
        assumed="No; only closing the whole position is exempt.",
        otherwise="Partial closes need not be raised to the minimum.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="13.7",
        question="How far from the reference price may a limit be, and which text says no?",
        assumed="80 %, with a text that starts like the one in the catalogue; 95 % has been seen too.",
        otherwise="The refusal is classed as unknown, which is safe.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="13.8",
        question="How many orders or cancels may one action hold?",
        assumed="200; 201 are refused as a whole.",
        otherwise="Smaller batches, or a batch that was executed in part.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-11",
        question="What is the body of an answer 429, and can it follow an action that was taken?",
        assumed="The text null; a 429 proves nothing about an action.",
        otherwise="Nothing breaks: it is treated as unclear either way.",
        needs=Needs.LIMITS,
    ),
    # Lost orders
    Assumption(
        id="A-1",
        question="Is noop accepted from an agent wallet, and does it use up the nonce of an order?",
        assumed="Yes: an order with the nonce of an accepted noop can never execute.",
        otherwise="Burning is dropped; waiting for the deadline is safe alone, only slower.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-2",
        question="Which texts refuse a used nonce, a nonce that is too old or too new, and an expired action?",
        assumed="The prefixes of the catalogue; none of them proves anything about an earlier copy.",
        otherwise="More refusals are classed as unknown, which is safe.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-3",
        question="Which clock is expiresAfter compared with, and is the last millisecond still good?",
        assumed="With the time of the block, inclusive; nothing executes after it.",
        otherwise="The margin after a deadline grows.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-4",
        also=("13.5",),
        question="How long after the answer of an order do orderStatus, userFills and the account show it?",
        assumed="Within 3 s.",
        otherwise="The margin after a deadline grows; an order that is still on its way would be taken for absent.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="A-5",
        question="Is a client order id refused when it was used before, by an open or a finished order?",
        assumed="Nothing: ids are never used twice.",
        otherwise="Nothing breaks.",
        needs=Needs.FUNDS,
    ),
    # Keys
    Assumption(
        id="A-6",
        also=("13.6",),
        question="Does approving the zero address under the same name revoke a named and the unnamed agent wallet?",
        assumed="Yes, within seconds; extraAgents no longer lists it and its actions are refused.",
        otherwise="A key that is thrown away and a short validity take its place.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-7",
        question="Which actions does the venue take from an agent wallet beside orders?",
        assumed="No transfer, no withdrawal, no approval; our signer refuses to sign them anyway.",
        otherwise="A stolen key can do more than lose what is in positions.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="A-12",
        question="Does an agent wallet act for sub-accounts too, and do they share its nonces?",
        assumed="Yes and yes; one signer serves one account.",
        otherwise="Nothing breaks.",
        needs=Needs.KEY,
    ),
    # Orders
    Assumption(
        id="A-8",
        question="Is a stop with positionTpsl taken right after the order that opened the position, and how fast?",
        assumed="Yes, even for small accounts, as soon as the first answer is there.",
        otherwise="A position stands unprotected for longer and is flattened when the time is over.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="A-9",
        question="Do orders with a client order id work on the markets of builders?",
        assumed="No: these markets are refused by name.",
        otherwise="They could be supported.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="A-10",
        question="What do orders answer right after a network upgrade, and does a reduce-only ALO work then?",
        assumed="The text of the catalogue; a close is tried as ALO and a person is told.",
        otherwise="Positions cannot be closed until the window is over, either way.",
        needs=Needs.EVENT,
    ),
    # What messages mean
    Assumption(
        id="W-1",
        question="Is an error of a whole request found before anything of it executes?",
        assumed="Yes: where a batch is answered with one text, none of it was done.",
        otherwise="An order that was placed would be taken for dead.",
        needs=Needs.FUNDS,
    ),
    Assumption(
        id="W-4",
        question="Which text refuses to act for somebody else's sub-account?",
        assumed="One that holds `not registered`.",
        otherwise="The refusal is classed as unknown, which is safe.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="W-5",
        question="What is answered to an action that the venue cannot decode?",
        assumed="HTTP 422 with a text about deserializing; nothing of it was executed.",
        otherwise="The answer is treated as unclear, which is safe.",
    ),
    Assumption(
        id="W-6",
        question="Which dex comes first in allDexsAssetCtxs?",
        assumed="The main one.",
        otherwise="Marks are not read from this stream; activeAssetCtx has them too.",
    ),
    Assumption(
        id="W-7",
        question="Which instant is the close time of a candle?",
        assumed="The last millisecond of its interval.",
        otherwise="A candle is taken for closed too early or too late by that much.",
    ),
    Assumption(
        id="W-8",
        question="How does a fill tell an own liquidation from one whose other side we took?",
        assumed="An own one names the account in liquidatedUser, or its dir begins with Liquidated.",
        otherwise="A liquidation is booked as an execution nobody ordered; position and loss are right all the same.",
        needs=Needs.EVENT,
    ),
    Assumption(
        id="W-9",
        question="Do userCrossRate and userAddRate hold the referral discount already, or is it taken off afterwards?",
        assumed="Either way what is paid is at most the rate that is told.",
        otherwise="Fees are understated until the fills show what was paid.",
        needs=Needs.EVENT,
    ),
    Assumption(
        id="W-10",
        question="How long does an agent wallet last that was approved without an end?",
        assumed="About 90 days; ours are approved with an end, and what the venue lists is watched.",
        otherwise="A wallet that somebody approved elsewhere ends earlier or later than we say.",
        needs=Needs.KEY,
    ),
    Assumption(
        id="W-11",
        question="What does the last part of an answer's items weigh, when it is not full?",
        assumed="As much as a full one.",
        otherwise="Nothing breaks: the budget of the address counts up to 1 too much for an answer.",
        needs=Needs.EVENT,
    ),
    Assumption(
        id="W-12",
        question="Whose actions are those of an agent wallet, and how many is an empty batch?",
        assumed="They count against the account it acts for, and an empty batch counts as one.",
        otherwise="The account's budget is run dry, or saved, without our knowing before we ask for it.",
        needs=Needs.KEY,
    ),
)
"""Every assumption, by subject."""

by_id: Mapping[str, Assumption] = {name: one for one in ASSUMPTIONS for name in (one.id, *one.also)}
"""Each assumption under each of its ids."""
