"""One application: what it may do, and what may be done with it. It is named in the query, as an id may be an address."""

from urllib.parse import urlencode

from chalicelib.web.console import client_forms
from chalicelib.web.console.changes import Acts, Change, changed, outcome_of
from chalicelib.web.console.frame import SENT, Outcome, Visit, console_page, shown
from chalicelib.web.pages.page_forms import see_other
from chalicelib.web.routes import Answer, Api, Call

api = Api("console")

PATH = "/console/client"


@api.route(PATH, methods=["GET"], **shown("id", "done"))
@console_page
def client(visit: Visit) -> Answer:
    """Show one application."""
    return _shown(visit, outcome_of(visit.call, ACTS))


@api.route(PATH, methods=["POST"], **SENT)
def change_client(call: Call) -> Answer:
    """Do with an application what a form of its page asks."""
    return changed(call, ACTS, _shown)


def _change(change: Change) -> Answer:
    clients = change.call.services.oauth.clients
    fields, options = client_forms.said(change.fields, clients.grants)
    by = clients.authority(change.doer, change.visit.held)
    clients.reword(_id(change), fields, options, source=change.source, by=by)
    return _back(change, "change")


def _rotate(change: Change) -> Answer:
    clients = change.call.services.oauth.clients
    by = clients.authority(change.doer, change.visit.held)
    seen = change.fields.get("seen", "-")
    found, secret = clients.rotate_secret(_id(change), after=seen, source=change.source, by=by)
    return change.visit.rendered(
        "console_secret.html", here="clients", client=found, secret=secret, origins=(), is_new=False
    )


def _disable(change: Change) -> Answer:
    return _set_disabled(change, "disable", disabled=True)


def _enable(change: Change) -> Answer:
    return _set_disabled(change, "enable", disabled=False)


def _set_disabled(change: Change, act: str, *, disabled: bool) -> Answer:
    clients = change.call.services.oauth.clients
    by = clients.authority(change.doer, change.visit.held)
    clients.set_disabled(_id(change), disabled=disabled, source=change.source, by=by)
    return _back(change, act)


def _delete(change: Change) -> str:
    clients = change.call.services.oauth.clients
    change.demand_typed("confirm", clients.require(_id(change)).name)
    by = clients.authority(change.doer, change.visit.held)
    clients.delete(_id(change), source=change.source, by=by)
    return "/console/clients"


ACTS: Acts = {
    "change": (_change, "It is changed."),
    "rotate": (_rotate, ""),
    "disable": (_disable, "It is disabled: every request of it is refused."),
    "enable": (_enable, "It is enabled."),
    "delete": (_delete, ""),
}


def _id(change: Change) -> str:
    return change.fields.get("id", "")


def _back(change: Change, done: str) -> Answer:
    query = urlencode({"id": _id(change), "done": done})
    return see_other(f"{change.call.services.settings.issuer}{PATH}?{query}")


def _shown(visit: Visit, outcome: Outcome) -> Answer:
    services = visit.call.services
    client_id = outcome.fields.get("id") or visit.call.one("id") or ""
    found, grants = services.oauth.clients.require(client_id), services.oauth.clients.grants
    is_typed = outcome.fields.get("act") == "change"
    return visit.rendered(
        "console_client.html",
        here="clients",
        outcome=outcome,
        path=PATH,
        client=found,
        grants=grants,
        of=dict(outcome.fields) if is_typed else client_forms.typed(found, grants),
        bound_seconds=services.settings.revocation_bound_seconds,
    )
