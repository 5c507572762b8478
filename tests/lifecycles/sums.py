"""Whether what the records add up to is what the store answers, and what the venue holds."""

from collections.abc import Collection, Iterator, Mapping

from agentic_core.domain import ClientOrderId
from agentic_core.domain.records import IntentRecord
from agentic_core.journal.facts import IntentFacts, OrderFacts, Projections
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.lifecycles.scene import Scene
from tests.support.hyperliquid_desk import WALLET

__all__ = ["faults_of_sums"]

_ALL = 1_000_000

_Facts = Mapping[object, object]


async def faults_of_sums(scene: Scene, sums: Projections) -> list[str]:
    """Compare everything that the journal comes to with the answers of the store."""
    store = scene.store
    deployment = await store.deployments.load(DEPLOYMENT)
    lease = await store.leases.read(ACCOUNT)
    found = await store.continuity.find(DEPLOYMENT, 0, [WALLET.address])
    orders = await store.ledger.orders(DEPLOYMENT, _ALL)
    commands = await store.commands.recent(DEPLOYMENT, _ALL)
    fills = await store.intents.fills(ACCOUNT)
    entries = await store.ledger.entries(ACCOUNT, scene.began)
    told_status = None if sums.deployment is None else (sums.deployment.status, sums.deployment.desired)
    sides: dict[str, tuple[object, object]] = {
        "status": (told_status, (deployment.status, deployment.desired)),
        "epoch": (sums.epoch, None if lease is None else lease.epoch),
        "nonces": (sums.nonces, found.nonces),
        "positions": (sums.positions, _held(scene)),
        "fills": (sums.fills.keys(), {fill.fill_id for fill in fills}),
        "entries": (len(sums.fills) + len(sums.funding) + len(sums.transfers), len(entries)),
        "commands": (
            {each.id: each.state for each in sums.commands.values()},
            {each.id: each.state for each in commands},
        ),
    }
    return [
        *(
            f"{told} by the journal, {stored} by the store: {what}"
            for what, (told, stored) in sides.items()
            if told != stored
        ),
        *_differing("order", _orders(sums.orders.values()), _orders(orders)),
        *_differing("intent", _told(sums.intents), await _stored(scene, sums.intents)),
    ]


def _held(scene: Scene) -> dict[str, object]:
    return {str(scene.books.symbol(asset)): size for asset, size in scene.books.held.items() if size}


def _orders(orders: Collection[object]) -> _Facts:
    names = OrderFacts.__struct_fields__
    rows = (tuple(getattr(order, name) for name in names) for order in orders)
    return {row[names.index("cloid")]: row for row in rows}


def _told(intents: Mapping[str, IntentFacts]) -> _Facts:
    return {cloid: (_noted(facts), facts.signing.nonce, facts.epoch) for cloid, facts in intents.items()}


def _noted(facts: IntentFacts) -> tuple[object, ...]:
    noted = facts.noted
    return (noted.state, noted.filled, noted.booked, noted.sends, noted.burns, noted.ended_by)


async def _stored(scene: Scene, told: Collection[str]) -> _Facts:
    rows: dict[object, object] = {}
    for cloid in {*told, *scene.notes.intents}:
        record = await scene.store.intents.find(ACCOUNT, ClientOrderId(cloid))
        if record is not None:
            rows[cloid] = (_known(record), record.prepared.nonce, record.prepared.fence.epoch)
    return rows


def _known(record: IntentRecord) -> tuple[object, ...]:
    return (record.state, record.filled, record.booked, record.sends, record.burns, record.ended_by)


def _differing(what: str, told: _Facts, stored: _Facts) -> Iterator[str]:
    for key in sorted(told.keys() | stored.keys(), key=str):
        if told.get(key) != stored.get(key):
            yield f"{what} {key} is {told.get(key)} by the journal, {stored.get(key)} by the store"
