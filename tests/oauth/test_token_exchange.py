"""Token exchange (RFC 8693): a service acts for the person that called it, says so, and can do no more than the person let on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import Invalid
from chalicelib.oauth.client import AUTHORIZATION_CODE, TOKEN_EXCHANGE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.resources import ResourceChanges
from chalicelib.store import Store
from chalicelib.tokens.jwt_access_tokens import Signer
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.apis import ORDERS, SCOPES, STOCK, register, tokens_for
from tests.oauth.server import (
    CALLBACK,
    ISSUER,
    PASSWORD,
    SOURCE,
    VERIFIER,
    App,
    Reply,
    Server,
    open_server,
    services,
)
from tests.oauth.test_dpop import ask
from tests.support.overtaken import overtaken
from tests.support.prover import Prover

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
SERVICE = {"redirect_uris": (), "post_logout_redirect_uris": (), "resource_server": True}
BOTH = "openid offline_access orders:read stock:read"


@dataclass
class Place:
    """A shop that calls Orders, which calls Stock for the person; each API has a resource server that sees its tokens."""

    server: Server
    shop: App
    orders: App
    stock: App

    def called(self, *apis: str, scope: str = BOTH) -> str:
        """The access token for Orders alone that the shop calls it with; its log-in was granted what is named."""
        tokens = tokens_for(
            self.shop, self.server.browser(), *(apis or (ORDERS, STOCK)), scope=scope, resource=ORDERS
        )
        return str(tokens["access_token"])

    def exchange(self, subject: str, by: App | None = None, **changes: str | None) -> Reply:
        usual: dict[str, str | None] = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": subject,
            "subject_token_type": ACCESS_TOKEN,
            "resource": STOCK,
        }
        return (by or self.orders).token(**(usual | changes))

    def given(self, subject: str, **changes: Any) -> dict[str, Any]:
        answer = self.exchange(subject, **changes)
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def seen(self, token: str) -> Any:
        return self.stock.post("/oauth/introspect", token=token).json

    @property
    def zoe(self) -> str:
        return str(self.server.services.accounts.users.id_of("zoe"))


@pytest.fixture(params=["jwt", "opaque"])
def place(store: Store, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS=request.param)) as server:
        register(server)
        server.person("zoe", granted="get:profile orders:read stock:read")
        yield Place(
            server,
            server.client(scopes=SCOPES),
            service(server, ORDERS),
            server.client(**SERVICE, name="Stock", options=ClientOptions(resources=(STOCK,))),
        )


def service(
    server: Server, *apis: str, scopes: str = "orders:read stock:read", into: str = f"{STOCK}/"
) -> App:
    options = ClientOptions(resources=apis, exchanges_into=(into.rstrip("/"),))
    return server.client(**SERVICE, name="Orders", grants=(TOKEN_EXCHANGE,), scopes=scopes, options=options)


def test_a_service_gets_a_token_for_the_next_api_that_says_who_acts_for_whom(place: Place) -> None:
    """TE-1, TE-2: an access token alone, of the person, with the service as the actor."""
    answer = place.given(place.called())
    assert answer.keys() == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (answer["issued_token_type"], answer["token_type"]) == (ACCESS_TOKEN, "Bearer")
    seen = place.seen(answer["access_token"])
    assert (seen["aud"], seen["scope"], answer["scope"]) == (STOCK, "stock:read", "stock:read")
    assert (seen["sub"], seen["client_id"]) == (place.zoe, place.orders.client_id)
    assert seen["act"] == {"sub": f"client:{place.orders.client_id}"}
    assert {"sid", "auth_time"} <= seen.keys()


def test_the_api_may_be_named_by_audience_too(place: Place) -> None:
    assert (
        place.seen(place.given(place.called(), resource=None, audience=STOCK)["access_token"])["aud"] == STOCK
    )


def test_it_never_widens(place: Place) -> None:
    """TE-3: the person's, the service's, the API's, and what the log-in's own client was granted there."""
    granted_orders_alone = place.called(ORDERS, scope="openid orders:read")
    assert place.exchange(granted_orders_alone).error == "invalid_scope"
    subject = place.called()
    assert place.given(subject, scope="stock:read orders:read")["scope"] == "stock:read"
    assert place.exchange(subject, scope="orders:read").error == "invalid_scope"
    unentitled = service(place.server, ORDERS, scopes="orders:read")
    assert place.exchange(subject, by=unentitled).error == "invalid_target"
    place.server.services.accounts.administration.change_scopes(
        place.zoe, lambda held: held - {"stock:read"}, source=SOURCE
    )
    assert place.exchange(subject).error == "invalid_scope"


def test_another_log_ins_consent_is_not_this_ones(place: Place) -> None:
    """TE-3: the same client was granted the same scope at the other API elsewhere; this log-in was not."""
    twin = "https://twin.example.com"
    words = ResourceChanges(name="Twin", scopes={"orders:read": "Read your other orders"})
    place.server.services.oauth.resources.create(twin, words)
    orders = service(place.server, ORDERS, into=twin)
    at_both = place.called(ORDERS, twin, scope="openid orders:read")
    assert place.exchange(at_both, by=orders, resource=twin).json["scope"] == "orders:read"
    at_one = place.called(ORDERS, scope="openid orders:read")
    assert place.exchange(at_one, by=orders, resource=twin).error == "invalid_scope"


def test_what_is_taken_from_the_application_is_taken_from_the_service_too(place: Place) -> None:
    """TE-3."""
    subject = place.called()
    exchanged = place.given(subject)["access_token"]
    place.server.services.oauth.clients.update(
        place.shop.client_id, lambda known: replace(known, scopes=known.scopes - {"stock:read"})
    )
    assert place.seen(exchanged)["scope"] == ""
    assert place.exchange(subject).error == "invalid_scope"


def test_a_consent_that_is_withdrawn_at_that_moment_leaves_nothing(place: Place) -> None:
    """TE-8: what was read is demanded in the commit."""
    subject, at = place.called(), place.server.services
    late = overtaken(at, lambda: _withdraw(place))
    form = {
        "subject_token": subject,
        "subject_token_type": ACCESS_TOKEN,
        "resource": STOCK,
        "grant_type": TOKEN_EXCHANGE,
    }
    client = at.oauth.clients.require(place.orders.client_id)
    with pytest.raises(OAuthRefusal, match="invalid_request"):
        late.oauth.token_requests.redeem(form, client, source=SOURCE)
    assert "token_exchanged" not in place.server.events(place.zoe)


def test_a_chain_of_actors_is_no_token_of_ours(place: Place) -> None:
    """TE-6: signed by our own key even."""
    now = place.server.services.world.timestamp()
    payload = {
        "iss": ISSUER,
        "sub": place.zoe,
        "aud": STOCK,
        "client_id": place.orders.client_id,
        "iat": now,
        "exp": now + 300,
    }
    act = {"sub": "client:x", "act": {"sub": "client:y"}}
    for wrong in (act, "client:x", {}, {"sub": 1}):
        text = Signer(place.server.services.keys.ring).sign(
            "at+jwt", payload | {"jti": "j", "scope": "", "act": wrong}
        )
        assert place.seen(text) == {"active": False}


def test_it_is_exchanged_only_into_what_the_service_is_registered_for(place: Place) -> None:
    """TE-4: our own API is never it."""
    subject = place.called()
    for changes in (
        {"resource": ORDERS},
        {"resource": None},
        {"resource": ISSUER},
        {"resource": "https://x.example"},
    ):
        assert place.exchange(subject, **changes).error == "invalid_target", changes
    plain = place.server.client(**SERVICE, options=ClientOptions(resources=(ORDERS,)))
    assert place.exchange(subject, by=plain).error == "unauthorized_client"


def test_the_subject_token_is_a_persons_and_meant_for_the_service(place: Place) -> None:
    """TE-5."""
    machine = place.server.client(
        redirect_uris=(), post_logout_redirect_uris=(), name="job", scopes="orders:read stock:read"
    )
    tokens = tokens_for(place.shop, place.server.browser(), ORDERS, STOCK, scope=BOTH, resource=STOCK)
    for subject in (
        machine.token(grant_type="client_credentials", resource=ORDERS).json["access_token"],
        tokens["access_token"],  # for Stock
        tokens["refresh_token"],
        tokens["id_token"],
        tokens_for(place.shop, place.server.browser())["access_token"],  # for our own API
        "x",
        "x.y.z",
        "cbo_x",
    ):
        assert place.exchange(subject).error == "invalid_request", subject


def test_a_service_of_our_own_api_exchanges_our_own_log_ins(place: Place) -> None:
    """TE-5: a first-party log-in holds all that its person does."""
    own = service(place.server)
    log_in = place.server.services.authentication.log_in.with_password(
        username="zoe", password=PASSWORD, source=SOURCE
    )
    answer = place.exchange(log_in.access_token, by=own)
    assert place.seen(answer.json["access_token"])["scope"] == "stock:read"


def test_what_was_exchanged_is_exchanged_no_further(place: Place) -> None:
    """TE-6."""
    onward = service(place.server, STOCK, scopes="orders:read", into=ORDERS)
    exchanged = place.given(place.called())["access_token"]
    assert place.exchange(exchanged, by=onward, resource=ORDERS).error == "invalid_request"


def test_a_bound_token_is_not_exchanged_and_the_services_may_be_bound_to_its_own_key(
    place: Place, world: World
) -> None:
    """TE-6: whose key it is cannot be shown by whom it was sent to."""
    holders, services_key = Prover(world), Prover(world)
    url = place.shop.authorize_url(scope=BOTH) + f"&resource={ORDERS}&resource={STOCK}"
    browser = place.server.browser()
    code = browser.consent(browser.log_in(browser.go(url))).parameters["code"]
    fields = {"grant_type": AUTHORIZATION_CODE, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    bound = ask(place.shop, holders, code=code, resource=ORDERS, **fields).json
    assert bound["token_type"] == "DPoP"
    assert place.exchange(bound["access_token"]).error == "invalid_request"
    own = ask(
        place.orders,
        services_key,
        grant_type=TOKEN_EXCHANGE,
        subject_token=place.called(),
        subject_token_type=ACCESS_TOKEN,
        resource=STOCK,
    ).json
    assert own["token_type"] == "DPoP"
    assert place.seen(own["access_token"])["cnf"] == {"jkt": services_key.jkt}


def test_it_lives_no_longer_than_what_it_was_got_for(place: Place, clock: Clock) -> None:
    """TE-7."""
    subject = place.called()
    clock.advance(200)
    assert place.given(subject)["expires_in"] == 100
    clock.advance(99)
    last = place.given(subject)["access_token"]
    clock.advance(1)
    assert place.exchange(subject).error == "invalid_request"
    clock.advance(61)
    assert place.seen(last) == {"active": False}


def _disable_person(place: Place) -> None:
    place.server.services.accounts.administration.administer(place.zoe, disabled=True, source=SOURCE)


def _disable_app(place: Place) -> None:
    place.server.services.oauth.clients.set_disabled(place.shop.client_id, disabled=True)


def _withdraw(place: Place) -> None:
    place.server.services.oauth.consents.withdraw(place.zoe, place.shop.client_id, source=SOURCE)


def _end_sessions(place: Place) -> None:
    for session in place.server.services.authentication.sessions.live(place.zoe):
        place.server.services.authentication.sessions.end(place.zoe, session.session_id, source=SOURCE)


@pytest.mark.parametrize("act", [_disable_person, _disable_app, _withdraw, _end_sessions])
def test_whatever_ends_the_log_in_or_its_consent_ends_it_too(place: Place, act: Any) -> None:
    """TE-8: what is out already, and what would be got."""
    subject = place.called()
    exchanged = place.given(subject)["access_token"]
    act(place)
    assert place.seen(exchanged) == {"active": False}
    assert place.exchange(subject).error == "invalid_request"


def test_it_ends_with_the_service_and_its_right_to_exchange(place: Place) -> None:
    """TE-8."""
    exchanged = place.given(place.called())["access_token"]
    clients = place.server.services.oauth.clients
    clients.set_disabled(place.orders.client_id, disabled=True)
    assert place.seen(exchanged) == {"active": False}
    clients.set_disabled(place.orders.client_id, disabled=False)
    assert place.seen(exchanged)["active"] is True
    clients.update(
        place.orders.client_id,
        lambda known: replace(
            known, grants=("client_credentials",), options=replace(known.options, exchanges_into=())
        ),
    )
    assert place.seen(exchanged) == {"active": False}


def test_revoking_it_leaves_the_persons_log_in_alone(place: Place) -> None:
    """TE-9."""
    subject = place.called()
    exchanged = place.given(subject)["access_token"]
    assert place.shop.post("/oauth/revoke", token=exchanged).error == "unauthorized_client"
    revoked = place.orders.post("/oauth/revoke", token=exchanged)
    if exchanged.startswith("cbo_"):
        assert revoked.status == 200
        assert place.seen(exchanged) == {"active": False}
    else:
        assert revoked.error == "unsupported_token_type"
    assert place.given(subject)["scope"] == "stock:read"


def test_it_opens_no_route_of_ours(place: Place) -> None:
    """TE-4, RI-12."""
    bearer = {"Authorization": f"Bearer {place.given(place.called())['access_token']}"}
    for path in ("/oauth/userinfo", "/users/me", "/sessions"):
        assert place.server.ask("GET", path, headers=bearer).status == 401


def test_both_the_person_and_the_service_have_it_in_their_trail(place: Place) -> None:
    """TE-10."""
    place.given(place.called())
    (event,) = (
        each for each in place.server.services.audit.of(place.zoe)[0] if each.event == "token_exchanged"
    )
    assert event.detail == {
        "client_id": place.orders.client_id,
        "client": "Orders",
        "resource": STOCK,
        "scope": "stock:read",
    }
    assert place.exchange("x").error == "invalid_request"
    assert "request_refused" in place.server.events(f"client:{place.orders.client_id}")


def test_one_access_token_is_exchanged_for_another_and_nothing_else(place: Place) -> None:
    """TE-1."""
    subject, kinds = place.called(), "urn:ietf:params:oauth:token-type:"
    for changes in (
        {"subject_token": None},
        {"subject_token_type": None},
        {"subject_token_type": f"{kinds}refresh_token"},
        {"subject_token_type": f"{kinds}jwt"},
        {"requested_token_type": f"{kinds}refresh_token"},
        {"actor_token": "x", "actor_token_type": ACCESS_TOKEN},
        {"actor_token_type": ACCESS_TOKEN},
    ):
        fields: dict[str, Any] = dict(changes)
        assert place.exchange(subject, **fields).error == "invalid_request", changes
    assert place.exchange(subject, requested_token_type=ACCESS_TOKEN).status == 200


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"public": True, "redirect_uris": (CALLBACK,), "resource_server": False}, "resource server"),
        ({"resource_server": False}, "resource server"),
        ({"options": ClientOptions(resources=(ORDERS,))}, "go together"),
        ({"grants": ("client_credentials",)}, "go together"),
        ({"options": ClientOptions(exchanges_into=("stock",))}, "absolute URI"),
    ],
)
def test_only_a_resource_server_is_registered_for_it_with_the_apis(
    server: Server, wanted: dict[str, Any], says: str
) -> None:
    """TE-4."""
    usual = {
        **SERVICE,
        "grants": (TOKEN_EXCHANGE,),
        "options": ClientOptions(exchanges_into=(STOCK,)),
    }
    with pytest.raises(Invalid, match=says):
        server.client(**(usual | wanted))
