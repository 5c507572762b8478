"""The pinned skill version, read again before each turn."""

import msgspec

from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Restriction
from agentic_core.errors import Fenced, SkillInvalid
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.session import SessionContext
from agentic_core.runtime.standing import Standing
from agentic_core.skills.versions import AlteredVersion, load_version

__all__ = ["PinnedVersion", "tightened"]


class PinnedVersion:
    """Holds opens back while the stored payload is not the one that was deployed.

    A deployment that began while it was edited does not trade on what it read then: once the deployed text is back, it
    begins again with that. An edit takes effect where it tightens: a cap that somebody lowers in the database binds
    from the next mark on, and one that somebody raises never does.
    """

    def __init__(self, context: SessionContext, standing: Standing) -> None:
        """Watch the version of one deployment."""
        self._context = context
        self._standing = standing
        self._payload: str | None = None
        self._limits = context.mandate.limits

    def limits(self) -> RiskLimits:
        """Return the caps as they were read last."""
        return self._limits

    async def __call__(self, mark: Instant) -> str | None:
        """Read the payload again; a changed one restricts trading, and stands against no turn.

        Raises:
            Fenced: the deployed text is back, and the deployment runs by another one; the next lease reads it.
        """
        mandate = self._context.mandate
        row = await self._context.store.skills.version(mandate.skill, mandate.skill_version)
        if row.payload != self._payload:
            self._compare(row.payload)
            self._payload = row.payload
        return None

    def _compare(self, payload: str) -> None:
        mandate, say = self._context.mandate, self._context.diary.say
        version = f"version {mandate.skill_version} of {mandate.skill_name}"
        change = _change(payload, mandate.payload_hash)
        self._limits = mandate.limits
        if change is None and not mandate.is_intact:
            raise Fenced(f"the deployed payload of {version} is back, and this lease began with an edited one")
        if change is None:
            if Restriction.VERSION_CHANGED in self._standing.restrictions:
                self._standing.lift(Restriction.VERSION_CHANGED)
                say(LogEvent.VERSION_CHANGED, f"the payload of {version} is again the one that was deployed")
            return
        self._standing.hold(Restriction.VERSION_CHANGED)
        if isinstance(change, AlteredVersion):
            self._limits = tightened(mandate.limits, change.skill.limits())
        message = f"the payload of {version} is not the one that was deployed, so nothing is opened"
        say(LogEvent.VERSION_CHANGED, message, level=LogLevel.ERROR, found=_found(change))


def _change(payload: str, expected_hash: str) -> AlteredVersion | SkillInvalid | None:
    try:
        loaded = load_version(payload, expected_hash)
    except SkillInvalid as error:
        return error
    return loaded if isinstance(loaded, AlteredVersion) else None


def _found(change: AlteredVersion | SkillInvalid) -> str:
    return change.found_hash if isinstance(change, AlteredVersion) else str(change)


def tightened(pinned: RiskLimits, now: RiskLimits) -> RiskLimits:
    """Return the tighter of each cap of two; distances and ages stay the pinned ones."""
    drawdowns = [cap for cap in (pinned.drawdown_bps_max, now.drawdown_bps_max) if cap is not None]
    daily_costs = [cap for cap in (pinned.cost_usd_day_max, now.cost_usd_day_max) if cap is not None]
    return msgspec.structs.replace(
        pinned,
        position_bps_max=min(pinned.position_bps_max, now.position_bps_max),
        exposure_bps_max=min(pinned.exposure_bps_max, now.exposure_bps_max),
        orders_per_day_max=min(pinned.orders_per_day_max, now.orders_per_day_max),
        orders_per_minute_max=min(pinned.orders_per_minute_max, now.orders_per_minute_max),
        leverage_max=min(pinned.leverage_max, now.leverage_max),
        order_usd_min=max(pinned.order_usd_min, now.order_usd_min),
        symbols_allowed=pinned.symbols_allowed & now.symbols_allowed,
        cost_usd_month_max=min(pinned.cost_usd_month_max, now.cost_usd_month_max),
        cost_usd_day_max=min(daily_costs, default=None),
        daily_loss_bps_max=min(pinned.daily_loss_bps_max, now.daily_loss_bps_max),
        drawdown_bps_max=min(drawdowns, default=None),
    )
