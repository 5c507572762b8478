"""How every drill ends: the account is taken to flat by a command, and all that was said of it is compared."""

from decimal import Decimal

from agentic_core.domain import CommandKind, CommandState
from tests.drills.judging import Evidence, faults_of
from tests.drills.seeding import Seeded
from tests.drills.stage import Runner, Stage
from tests.support.hyperliquid_desk import OWNER

__all__ = ["evidence_of", "flat_at_last", "judged_flat"]


async def flat_at_last(stage: Stage, seeded: Seeded, dsn: str, runner: Runner) -> list[str]:
    """Order a kill, wait until the runner has ended, and return everything that is not as it has to be."""
    queue, at = stage.store.commands.queue, stage.clock.now()
    ordered = await queue(seeded.id, CommandKind.KILL, payload={}, at=at)
    code = await runner.gone(stage.patience_s)
    (kill,) = [each for each in await stage.store.commands.recent(seeded.id, 99) if each.id == ordered.id]
    faults = await judged_flat(stage, seeded, dsn)
    if code:
        faults.append(f"the last runner ended with {code}: {runner}")
    if kill.state is not CommandState.APPLIED:
        faults.append(f"the kill ended {kill.state}: {kill.outcome}")
    return faults


async def judged_flat(stage: Stage, seeded: Seeded, dsn: str) -> list[str]:
    """Compare what venue, database and request log say of an account that is flat."""
    return faults_of(dsn, await evidence_of(stage, seeded))


async def evidence_of(stage: Stage, seeded: Seeded) -> Evidence:
    """Collect what the venue says."""
    shown = await stage.overview()
    (account,) = (each for each in shown["accounts"] if each["address"] == OWNER.address.lower())
    return Evidence(
        account=seeded.account,
        books=stage.books(),
        requests=stage.requests(),
        account_value=Decimal(account["accountValue"]),
    )
