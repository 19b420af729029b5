"""``/users/me/data``: everything that is kept of a person, for that person to take along."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.web.cookies import browser_session
from chalicelib.web.pages import plain_acts, plain_forms
from chalicelib.web.pages.page_forms import page
from chalicelib.web.resources.factor_shapes import FactorList
from chalicelib.web.resources.proofs import Proof
from chalicelib.web.resources.shapes import IdentityShape, SessionShape, UserShape
from chalicelib.web.resources.told_shapes import ActivityPage, ConsentShape, EventShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.accounts.own_data import OwnRecords
    from chalicelib.sessions.session import LiveSession

api = Api("users")


class WaitingMail(msgspec.Struct, frozen=True):
    """A mail to the person's address that has not left yet. ``asked_at`` is seconds since the epoch."""

    kind: str
    to: str
    asked_at: int
    tries: int


class OwnDataShape(msgspec.Struct, frozen=True):
    """Everything. Secrets are not in it: a password, keys and codes are kept as hashes, or wrapped.

    ``activity`` has the newest 200 events; the rest is at ``/users/me/activity?cursor=``. ``networks`` and ``devices`` are what
    log-ins are known from; ``made_at`` is seconds since the epoch.
    """

    made_at: int
    profile: UserShape
    has_password: bool
    networks: list[str]
    devices: list[str]
    sessions: list[SessionShape]
    identities: list[IdentityShape]
    second_factors: FactorList
    consents: list[ConsentShape]
    activity: ActivityPage
    mails: list[WaitingMail]


@api.route(
    "/users/me/data", methods=["GET"], own=True, in_person=True, gives=OwnDataShape, refuses=(400, 403)
)
def own_data(call: Call) -> Answer:
    """Return everything that is kept of oneself.

    Asks for a second factor of the last five minutes where there is one, else for a log-in as young; with a proof in the
    body: ``POST``.
    """
    return _answer(call, Proof())


@api.route(
    "/users/me/data",
    methods=["POST"],
    own=True,
    body=Proof,
    body_may_be_empty=True,
    gives=OwnDataShape,
    refuses=(400, 403, 429),
)
def own_data_with_proof(call: Call) -> Answer:
    """Return everything that is kept of oneself, on a second factor or the password in the body where one is asked for."""
    return _answer(call, call.body)


@api.route(
    f"{plain_acts.PATH}/data",
    methods=["POST"],
    public=True,
    form=True,
    gives=OwnDataShape,
    redirects=(303,),
    refuses=(400, 403, 429),
)
@page
def own_data_by_form(call: Call) -> Answer:
    """Return the same to a form of the account page without script."""
    return plain_forms.acted(call, f"{plain_acts.PATH}/data", _given)


def _given(act: plain_acts.Act) -> Answer:
    kept = act.call.services.accounts.own_data.of(
        act.live, password=act.fields.get("password"), answer=act.answer, source=act.source
    )
    return _file(act.call, kept, act.live)


def _answer(call: Call, proof: Proof) -> Answer:
    acting = call.services.accounts.self_service.acting(call.principal)
    kept = call.services.accounts.own_data.of(
        acting, password=proof.password, answer=proof.answer, source=browser_session.source(call)
    )
    return _file(call, kept, acting)


def _file(call: Call, kept: "OwnRecords", acting: "LiveSession") -> Answer:
    """Return the file, for a browser to keep."""
    brand, indicators = call.services.settings.brand, call.services.oauth.resource_indicators
    user, lines = kept.user, [listed.line for listed in kept.mails]
    names = {consent.client_id: consent.client_name for consent in kept.others["consents"]}
    events = [EventShape.of_own(event, user.user_id) for event in kept.events]
    shape = OwnDataShape(
        made_at=kept.made_at,
        profile=UserShape.of(user),
        has_password=user.password is not None,
        networks=list(user.networks),
        devices=list(user.devices),
        sessions=[SessionShape.of(each, acting.session.session_id, names) for each in kept.sessions],
        identities=[IdentityShape.of(identity) for identity in user.identities],
        second_factors=FactorList.of(kept.factors),
        consents=[ConsentShape.of(consent, indicators) for consent in kept.others["consents"]],
        activity=ActivityPage(events, kept.next_events),
        mails=[WaitingMail(line.mail.kind, line.mail.to, line.at, line.tries) for line in lines],
    )
    headers = {"Content-Disposition": f'attachment; filename="{brand.file_name}-data.json"'}
    return Answer(shape, headers=headers)
