"""``/users/me/identities``: the providers a person logs in through, linked and unlinked by hand."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.web.call import NO_CONTENT
from chalicelib.web.cookies import browser_session, federated_log_in
from chalicelib.web.pages.return_to import own_path
from chalicelib.web.resources.proofs import Proof
from chalicelib.web.resources.shapes import IdentityShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.sessions.session import LiveSession

api = Api("federation")


class Linking(Proof):
    """``return_to`` is the path of this site where the browser comes back to."""

    return_to: str | None = None


class IdentityList(msgspec.Struct, frozen=True):
    """One's linked identities, the oldest first."""

    identities: list[IdentityShape]


class LinkingBegun(msgspec.Struct, frozen=True):
    """Where to send the browser that got this answer. ``message`` says so in words."""

    message: str
    url: str


@api.route("/users/me/identities", methods=["GET"], own=True, gives=IdentityList)
def list_identities(call: Call) -> Answer:
    """Return one's own linked identities."""
    user = call.services.accounts.self_service.acting(call.principal).user
    return Answer(IdentityList([IdentityShape.of(identity) for identity in user.identities]))


@api.route(
    "/users/me/identities/{identity}",
    methods=["POST"],
    own=True,
    body=Linking,
    body_may_be_empty=True,
    gives=LinkingBegun,
    refuses=(400, 403, 404, 429, 503),
)
def begin_link(call: Call) -> Answer:
    """Begin to link the provider of this name; open the ``url`` in the same browser.

    Asks for a second factor of the last five minutes where there is one, else for the password or a log-in as young.
    """
    from chalicelib.federation.login_state import FLOW_SECONDS

    form: Linking = call.body
    return_to = own_path(form.return_to)
    acting = call.services.accounts.self_service.acting(call.principal)
    _demand(call, acting)
    browser, headers = federated_log_in.new(call, seconds=FLOW_SECONDS)
    name = call.params["identity"]
    url = call.services.federation.begin_link(
        name, acting, browser=browser, return_to=return_to, source=call.source
    )
    return Answer(LinkingBegun(f"Go on at {name} by opening this URL in the browser.", url), headers=headers)


@api.route(
    "/users/me/identities/{identity}",
    methods=["DELETE"],
    own=True,
    body=Proof,
    body_may_be_empty=True,
    status=204,
    refuses=(400, 403, 404, 429),
)
def unlink(call: Call) -> Answer:
    """Unlink an identity; all other sessions end. The last way to log in cannot be removed.

    Asks for a second factor of the last five minutes where there is one, else for the password or a log-in as young.
    """
    own = call.services.accounts.self_service
    acting = own.acting(call.principal)
    _demand(call, acting)
    call.services.federation.identities.unlink(acting, call.params["identity"], source=call.source)
    return NO_CONTENT


def _demand(call: Call, acting: "LiveSession") -> None:
    form: Proof = call.body
    call.services.accounts.reauthentication.demand(
        acting, password=form.password, answer=form.answer, source=browser_session.source(call)
    )
