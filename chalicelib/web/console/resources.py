"""The APIs of one's own that tokens are made for (RFC 8707). Each is named in the query: its identifier is an address."""

from urllib.parse import urlencode

from chalicelib.web.console.changes import Acts, Change, changed, outcome_of
from chalicelib.web.console.frame import SENT, Outcome, Visit, console_page, cursor_of, shown
from chalicelib.web.pages.page_forms import see_other
from chalicelib.web.routes import Answer, Api, Call

api = Api("console")

PATH, ONE = "/console/resources", "/console/resource"
LIMIT = 50


@api.route(PATH, methods=["GET"], **shown("after", "done"))
@console_page
def resources(visit: Visit) -> Answer:
    """Show the registered APIs, and the form that registers one."""
    return _listed(visit, outcome_of(visit.call, {**NEW, **ACTS}))


@api.route(PATH, methods=["POST"], **SENT)
def register_resource(call: Call) -> Answer:
    """Register an API."""
    return changed(call, NEW, _listed)


@api.route(ONE, methods=["GET"], **shown("id", "done"))
@console_page
def resource(visit: Visit) -> Answer:
    """Show one API."""
    return _one(visit, outcome_of(visit.call, ACTS))


@api.route(ONE, methods=["POST"], **SENT)
def change_resource(call: Call) -> Answer:
    """Change or remove an API."""
    return changed(call, ACTS, _one)


def _create(change: Change) -> None:
    known, fields = change.call.services.oauth.resources, change.fields
    wanted = known.said(
        fields.get("scopes", "").splitlines(),
        name=fields.get("name", ""),
        host_metadata="host_metadata" in fields,
        open_to_clients="open_to_clients" in fields,
    )
    known.create(fields.get("id", ""), wanted, source=change.source, doer=change.doer)


def _change(change: Change) -> Answer:
    known, fields = change.call.services.oauth.resources, change.fields
    wanted = known.said(
        fields.get("scopes", "").splitlines(),
        name=fields.get("name", ""),
        host_metadata="host_metadata" in fields,
        open_to_clients="open_to_clients" in fields,
        of=known.require(fields.get("id", "")),
    )
    known.update(fields.get("id", ""), wanted, source=change.source, doer=change.doer)
    query = urlencode({"id": fields.get("id", ""), "done": "change"})
    return see_other(f"{change.call.services.settings.issuer}{ONE}?{query}")


def _delete(change: Change) -> str:
    known, identifier = change.call.services.oauth.resources, change.fields.get("id", "")
    change.demand_typed("confirm", known.require(identifier).name)
    known.delete(identifier, source=change.source, doer=change.doer)
    return PATH


NEW: Acts = {"create": (_create, "It is registered.")}
ACTS: Acts = {
    "change": (_change, "It is changed. The next tokens for it are made by that."),
    "delete": (_delete, "It is removed: nobody gets a token for it any more."),
}


def _listed(visit: Visit, outcome: Outcome) -> Answer:
    listed, after = visit.call.services.oauth.resources.page(after=cursor_of(visit.call), limit=LIMIT)
    return visit.rendered(
        "console_resources.html",
        here="resources",
        outcome=outcome,
        path=PATH,
        one=ONE,
        resources=listed,
        after=after,
        of=dict(outcome.fields),
    )


def _one(visit: Visit, outcome: Outcome) -> Answer:
    identifier = outcome.fields.get("id") or visit.call.one("id") or ""
    found = visit.call.services.oauth.resources.require(identifier)
    lines = "\n".join(f"{each.scope}={each.says}" for each in found.scopes)
    as_it_is = {
        "name": found.name,
        "scopes": lines,
        **({"host_metadata": "yes"} if found.host_metadata else {}),
        **({"open_to_clients": "yes"} if found.open_to_clients else {}),
    }
    is_typed = outcome.fields.get("act") == "change"
    return visit.rendered(
        "console_resource.html",
        here="resources",
        outcome=outcome,
        path=ONE,
        resource=found,
        of=dict(outcome.fields) if is_typed else as_it_is,
    )
