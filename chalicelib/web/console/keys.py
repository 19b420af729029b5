"""The keys of both rings: how old they are, which comes next, and a rotation."""

from typing import TYPE_CHECKING

from chalicelib.errors import FormRefused
from chalicelib.web.console.changes import Acts, Change, changed, outcome_of
from chalicelib.web.console.frame import SENT, Outcome, Visit, console_page, shown
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.accounts.key_rotation import Ring

api = Api("console")

PATH = "/console/keys"
DAY = 24 * 60 * 60


@api.route(PATH, methods=["GET"], **shown("done"))
@console_page
def keys(visit: Visit) -> Answer:
    """Show the keys. No private key is ever shown."""
    return _shown(visit, outcome_of(visit.call, ACTS))


@api.route(PATH, methods=["POST"], **SENT)
def rotate_keys(call: Call) -> Answer:
    """Start to use a new key."""
    return changed(call, ACTS, _shown)


def _rotate(change: Change) -> None:
    rotation = change.call.services.accounts.key_rotation
    rotation.rotate(_ring(change), source=change.source, doer=change.doer)


def _emergency(change: Change) -> None:
    ring = _ring(change)
    change.demand_typed("confirm", ring)
    rotation = change.call.services.accounts.key_rotation
    rotation.rotate(ring, emergency=True, source=change.source, doer=change.doer)


ACTS: Acts = {
    "rotate": (_rotate, "A new key is made. It is used once every cache has seen it."),
    "emergency": (_emergency, "The old keys are gone, and a new one is in use."),
}


def _ring(change: Change) -> "Ring":
    for ring in change.call.services.accounts.key_rotation.emergencies:
        if change.fields.get("ring") == ring:
            return ring
    raise FormRefused("There is no such ring of keys.")


def _shown(visit: Visit, outcome: Outcome) -> Answer:
    services = visit.call.services
    return visit.rendered(
        "console_keys.html",
        here="keys",
        outcome=outcome,
        path=PATH,
        signing=services.keys.ring.list(),
        refresh=services.keys.mac.list(),
        now=services.world.timestamp(),
        day=DAY,
        emergencies=services.accounts.key_rotation.emergencies,
        typed_ring=outcome.fields.get("ring", ""),
    )
