"""Cupbearer, the whole application: a table of contents."""

from typing import Any

from chalice import Chalice
from chalice.app import AuthRequest

from chalicelib import api
from chalicelib.outbox import function
from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import Settings
from chalicelib.web import openapi, scope_descriptions
from chalicelib.web.authorizer import decide
from chalicelib.web.console import (
    activity,
    client,
    clients,
    keys,
    people,
    person,
    resources,
    settings_in_force,
    statistics,
    viewing,
)
from chalicelib.web.oauth import (
    authorize,
    consent_pages,
    device_pages,
    email_log_in_pages,
    endpoints,
    log_in_pages,
    metadata,
    passkey_pages,
    protected_resource,
    pushed_requests,
    registration,
    second_factor_pages,
)
from chalicelib.web.pages import (
    library,
    mailed_links,
    not_found,
    outbox,
    password_reset,
    plain_account,
    rendering,
    restore_account,
)
from chalicelib.web.resources import (
    about,
    account_restorations,
    consents,
    email_sessions,
    email_verifications,
    federation,
    identities,
    own_account,
    own_data,
    password_resets,
    second_factors,
    second_step,
    sessions,
    users,
    views,
    ways_in,
)
from chalicelib.web.routes import Api, mount
from chalicelib.wiring import services

SETTINGS = settings.from_environment()


def samples(chosen: Settings) -> tuple[Api, ...]:
    """Return the example routes and the board's files where the settings have them; elsewhere they need not be there."""
    if not chosen.samples:
        return ()
    try:
        from chalicelib.sample import animals, board, profile
    except ModuleNotFoundError:
        raise SettingsError(
            "CUPBEARER_SAMPLES", 'is on, but this was packaged without them: make deploy SET="Samples=on"'
        ) from None
    return (animals.api, profile.api, board.api, rendering.board_api)


APIS = (
    users.api,
    views.api,
    own_account.api,
    own_data.api,
    account_restorations.api,
    sessions.api,
    ways_in.api,
    second_step.api,
    second_factors.api,
    about.api,
    rendering.api,
    library.api,
    plain_account.api,
    outbox.api,
    password_reset.api,
    restore_account.api,
    mailed_links.api,
    email_verifications.api,
    password_resets.api,
    email_sessions.api,
    federation.api,
    identities.api,
    consents.api,
    metadata.api,
    protected_resource.api,
    endpoints.api,
    pushed_requests.api,
    registration.api,
    authorize.api,
    log_in_pages.api,
    email_log_in_pages.api,
    second_factor_pages.api,
    passkey_pages.api,
    consent_pages.api,
    device_pages.api,
    people.api,
    person.api,
    viewing.api,
    activity.api,
    statistics.api,
    clients.api,
    client.api,
    resources.api,
    keys.api,
    settings_in_force.api,
    *samples(SETTINGS),
    *api.APIS,
)

app = Chalice(app_name="cupbearer", configure_logs=False)
app.api.binary_types = []  # everything here is text


@app.authorizer(name="jwt_authorizer", ttl_seconds=SETTINGS.authorizer_ttl_seconds)  # type: ignore[untyped-decorator]
def jwt_authorizer(request: AuthRequest) -> dict[str, Any]:
    """Turn a bearer token into a policy and a context. Refuses with 401; trouble of ours is raised, never cached."""
    return decide({"authorizationToken": request.token, "methodArn": request.method_arn}, TABLE)


@app.lambda_function(name="deliver_mail")  # type: ignore[untyped-decorator]
def deliver_mail(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 - what Lambda calls
    """Deliver what an act has just stored, mails or log-outs, and what of these is overdue. Called by the API, asynchronously."""
    if "log_outs" in event:
        return function.deliver(services().log_outs.outbox, event, member="log_outs")
    return function.deliver(services().mail.outbox, event)


TABLE = mount(app, APIS, jwt_authorizer, otherwise=(not_found.ANY_OTHER, not_found.not_found))
openapi.describe(APIS)
scope_descriptions.describe(APIS)
