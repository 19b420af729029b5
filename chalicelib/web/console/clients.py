"""The registered applications, page by page, and a form that registers one."""

from chalicelib.web.console import client_forms
from chalicelib.web.console.changes import Acts, Change, changed
from chalicelib.web.console.frame import JUST_LOOKING, SENT, Outcome, Visit, console_page, cursor_of, shown
from chalicelib.web.routes import Answer, Api, Call

api = Api("console")

PATH = "/console/clients"
NEW = f"{PATH}/new"
LIMIT = 50


@api.route(PATH, methods=["GET"], **shown("after"))
@console_page
def clients(visit: Visit) -> Answer:
    """Show the applications that may ask for tokens, in the order of registration."""
    listed, after = visit.call.services.oauth.clients.page(after=cursor_of(visit.call), limit=LIMIT)
    return visit.rendered("console_clients.html", here="clients", clients=listed, after=after, path=PATH)


@api.route(NEW, methods=["GET"], **shown())
@console_page
def new_client(visit: Visit) -> Answer:
    """Show the form that registers an application."""
    return _form(visit, JUST_LOOKING)


@api.route(NEW, methods=["POST"], **SENT)
def register_application(call: Call) -> Answer:
    """Register an application, and show its secret once."""
    return changed(call, ACTS, _form)


def _register(change: Change) -> Answer:
    clients = change.call.services.oauth.clients
    fields, options = client_forms.said(change.fields, clients.grants)
    fields["public"] = "public" in change.fields
    by = clients.authority(change.doer, change.visit.held)
    client, secret = clients.register(fields, options, source=change.source, by=by)
    return change.visit.rendered(
        "console_secret.html",
        here="clients",
        client=client,
        secret=secret,
        origins=clients.origins_to_allow(client),
        is_new=True,
    )


ACTS: Acts = {"register": (_register, "")}


def _form(visit: Visit, outcome: Outcome) -> Answer:
    return visit.rendered(
        "console_new_client.html",
        here="clients",
        outcome=outcome,
        path=NEW,
        grants=visit.call.services.oauth.clients.grants,
        of=dict(outcome.fields),
    )
