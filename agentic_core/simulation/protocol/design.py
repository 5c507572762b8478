"""What is checked: how large a world, which invariants, and which part of the design may be left out."""

from enum import StrEnum

import msgspec

__all__ = ["ABLATIONS", "CONFIGS", "FULL_DESIGN", "Ablation", "Config", "Design", "Invariant", "Scope"]


class Invariant(StrEnum):
    """What must hold in every state; the value is the sentence that the reports use."""

    CAP = "no more than the cap is ever filled"
    LOST_FILL = "no attempt written dead or rejected ever has a fill"
    PHANTOM_FILL = "no attempt written filled is without a fill"
    CONTRADICTION = "no two pieces of evidence contradict each other"
    EXPOSURE = "fills and unresolved opens together never exceed the cap"
    INHERITED = "a new epoch opens nothing until everything it inherited is terminal"
    LATCH = "nothing opens once the kill is latched"
    FALSE_FLAT = "after a kill reported flat the account is flat and stays so"
    FALSE_RESIDUAL = "a kill that reports a residual names what the venue holds"
    STUCK = "from every state everything can still end"


class Ablation(StrEnum):
    """A part of the design that is left out, or a property of the venue that does not hold; the value is its name."""

    ERROR_IS_REJECTION = "error-is-rejection"
    UNKNOWN_IS_DEAD = "unknown-is-dead"
    NO_MARGIN = "no-margin"
    LOCAL_CLOCK = "local-clock"
    USED_NOOP_IS_PROOF = "used-noop-is-proof"
    SECOND_BURN_IS_PROOF = "second-burn-is-proof"
    DUPLICATE_IS_REJECTION = "duplicate-is-rejection"
    EXPIRED_IS_REJECTION = "expired-is-rejection"
    LIMITED_COPY_IS_REJECTION = "limited-copy-is-rejection"
    NO_DEADLINE = "no-deadline"
    RETRY_BEFORE_PROOF = "retry-before-proof"
    NO_WRITE_AHEAD = "no-write-ahead"
    NO_EPOCH_FENCE = "no-epoch-fence"
    INHERITED_IGNORED = "inherited-ignored"
    NAIVE_KILL = "naive-kill"
    KILL_FORGOTTEN = "kill-forgotten"
    READS_LAG_LONGER = "reads-lag-longer"
    NONCES_REPEAT = "nonces-repeat"
    EXPIRY_IGNORED = "expiry-ignored"


ABLATIONS: dict[Ablation, tuple[str, Invariant]] = {
    Ablation.ERROR_IS_REJECTION: ("a server error or a lost answer counts as a rejection", Invariant.LOST_FILL),
    Ablation.UNKNOWN_IS_DEAD: (
        "an order that the venue does not know twice counts as dead, at any time",
        Invariant.LOST_FILL,
    ),
    Ablation.NO_MARGIN: (
        "absence counts as soon as the expiry has passed, with no margin for lagging reads",
        Invariant.LOST_FILL,
    ),
    Ablation.LOCAL_CLOCK: (
        "the expiry is judged by the runner's clock, which is ahead, with no margin",
        Invariant.LOST_FILL,
    ),
    Ablation.USED_NOOP_IS_PROOF: ("a burn answered `used`, then absence, counts as dead", Invariant.LOST_FILL),
    Ablation.SECOND_BURN_IS_PROOF: (
        "a second burn answered `used` counts as proof that the first one landed",
        Invariant.LOST_FILL,
    ),
    Ablation.DUPLICATE_IS_REJECTION: ("an order answered `duplicate nonce` counts as rejected", Invariant.LOST_FILL),
    Ablation.EXPIRED_IS_REJECTION: ("an order answered `already expired` counts as rejected", Invariant.LOST_FILL),
    Ablation.LIMITED_COPY_IS_REJECTION: ("429 for a copy that a proxy made counts as a rejection", Invariant.LOST_FILL),
    Ablation.NO_DEADLINE: ("nobody asks the venue once the deadline has passed; only burns resolve", Invariant.STUCK),
    Ablation.RETRY_BEFORE_PROOF: ("an attempt whose fate is unknown does not block the next one", Invariant.CAP),
    Ablation.NO_WRITE_AHEAD: ("an attempt is written down only when its answer arrives", Invariant.CAP),
    Ablation.NO_EPOCH_FENCE: (
        "the check and the insert of an attempt are two steps, and neither asks for the epoch",
        Invariant.CAP,
    ),
    Ablation.INHERITED_IGNORED: ("a new runner does not resolve what the old one left", Invariant.CAP),
    Ablation.NAIVE_KILL: (
        "a kill reads the position, closes it and reports, without burning and waiting",
        Invariant.FALSE_FLAT,
    ),
    Ablation.KILL_FORGOTTEN: (
        "a kill ends the process and leaves nothing durable, so a restart trades",
        Invariant.FALSE_FLAT,
    ),
    Ablation.READS_LAG_LONGER: ("the venue's reads lag longer than the margin", Invariant.LOST_FILL),
    Ablation.NONCES_REPEAT: ("the venue carries an action out again when its nonce comes again", Invariant.CAP),
    Ablation.EXPIRY_IGNORED: ("the venue carries out actions after their expiry", Invariant.LOST_FILL),
}
"""What each ablation means, and the invariant whose breach shows that the part was needed."""


class Design(msgspec.Struct, frozen=True):
    """The design under check."""

    without: Ablation | None = None

    def drops(self, ablation: Ablation) -> bool:
        """Tell whether a part is left out."""
        return self.without is ablation

    def counts(self, invariant: Invariant) -> bool:
        """Tell whether breaking an invariant is a finding about this design."""
        return self.without is None or invariant is ABLATIONS[self.without][1]


FULL_DESIGN = Design()


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """How large a world is explored."""

    opens: int
    """Attempts to open."""
    closes: int
    """Attempts to close, once a kill is latched."""
    epochs: int
    """Runners, one after the other; each may still be alive when the next one takes over."""
    burns: bool = True
    """Whether nonces can be burned; otherwise only the deadline resolves."""
    merges: bool = True
    """Whether states that differ in nothing that can still matter count as one; False only to check that."""


class Config(StrEnum):
    """The scopes that have a name."""

    SMALL = "small"
    DEADLINE = "deadline"
    FULL = "full"


CONFIGS: dict[Config, Scope] = {
    Config.SMALL: Scope(opens=2, closes=1, epochs=2),
    Config.DEADLINE: Scope(opens=3, closes=2, epochs=4, burns=False),
    Config.FULL: Scope(opens=3, closes=2, epochs=4),
}
"""Small is for every test run, full for releases, deadline for venues that cannot burn."""
