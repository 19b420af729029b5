"""What a token that is out may do when what stood behind it changed (M8, TK-6, SC-2): stored ones at the next look."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from chalicelib.oauth.client_rules import Registration
from chalicelib.store import Replace
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.oauth.server import basic
from tests.support.watching import over_line

SCOPES = ["get:profile", "pangolins"]


def client_of(app: Client) -> str:
    return app.services.tokens.bearer.verify(app.access_token or "").client_id


def strip_person(app: Client) -> None:
    app.services.accounts.administration.administer(
        app.user_id or "", granted=frozenset({"get:profile"}), source=SOURCE
    )


def strip_client(app: Client) -> None:
    registered = app.services.oauth.clients.require(client_of(app))
    assert registered.record is not None
    less = replace(registered, scopes=frozenset({"get:profile"}))
    app.services.store.commit(Replace(registered.record, less.data()))


def disable_client(app: Client) -> None:
    app.services.oauth.clients.set_disabled(client_of(app), disabled=True)


def delete_client(app: Client) -> None:
    app.services.oauth.clients.delete(client_of(app))


def withdraw_consent(app: Client) -> None:
    app.services.oauth.consents.withdraw(app.user_id or "", client_of(app), source=SOURCE)


ENDS: list[Callable[[Client], None]] = [disable_client, delete_client, withdraw_consent]
NARROWS: list[Callable[[Client], None]] = [strip_person, strip_client]


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(SCOPES)


def introspected(client: Client, token: str | None) -> dict[str, object]:
    """Ask as a resource server."""
    api, secret = client.services.oauth.clients.create(Registration(name="API", resource_server=True))
    headers = {
        **basic(api.client_id, secret or ""),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = f"token={token}".encode()
    reply = client.anonymous().request("POST", "/oauth/introspect", body=body, headers=headers)
    assert reply.status == 200, reply.body
    return dict(reply.json)


class TestStored:
    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": "opaque"}

    @pytest.mark.parametrize("act", NARROWS)
    def test_a_right_that_was_taken_is_gone_at_the_next_look(
        self, ann: Client, act: Callable[[Client], None]
    ) -> None:
        app = ann.through_app(SCOPES)
        assert app.get("/pangolins").status == 200
        act(app)
        assert (app.get("/pangolins").status, app.get("/profile").status) == (403, 200)

    def test_a_right_taken_from_the_person_is_gone_from_the_own_token_too(self, ann: Client) -> None:
        strip_person(ann)
        assert (ann.get("/pangolins").status, ann.get("/profile").status) == (403, 200)

    def test_a_right_given_later_is_not_in_a_token_of_before(self, client: Client) -> None:
        ann = client.as_user(["get:profile"])
        client.services.accounts.administration.administer(
            ann.user_id or "", granted=frozenset(SCOPES), source=SOURCE
        )
        assert ann.get("/pangolins").status == 403

    @pytest.mark.parametrize("act", ENDS)
    def test_it_ends_with_its_client_and_its_consent(
        self, ann: Client, act: Callable[[Client], None]
    ) -> None:
        app = ann.through_app(SCOPES)
        act(app)
        assert app.get("/pangolins").status == 401
        assert ann.get("/pangolins").status == 200

    @pytest.mark.parametrize("act", [disable_client, delete_client])
    def test_a_machines_ends_with_the_machine(self, client: Client, act: Callable[[Client], None]) -> None:
        machine = client.as_machine(["pangolins"])
        assert machine.get("/pangolins").status == 200
        act(machine)
        assert machine.get("/pangolins").status == 401

    def test_a_machine_loses_what_was_taken_from_it(self, client: Client) -> None:
        machine = client.as_machine(SCOPES)
        strip_client(machine)
        assert (machine.get("/pangolins").status, machine.get("/profile").status) == (403, 200)

    def test_a_client_in_the_text_of_a_token_is_believed_for_no_other_token(self, ann: Client) -> None:
        """A token that names another client, or none, than it was made for is another text: it is unknown."""
        app = ann.through_app(SCOPES)
        user_id, session_id, client_id, secret = (app.access_token or "").removeprefix("cba_").split(".")
        for text in (f"cba_{user_id}.{session_id}.{secret}", f"cba_-.-.{client_id}.{secret}"):
            assert Client(ann.under_test, access_token=text).get("/pangolins").status == 401

    @pytest.mark.parametrize("kind", ["own", "app", "machine"])
    def test_a_look_is_one_read_whatever_it_depends_on(
        self, cupbearer: AppUnderTest, ann: Client, kind: str
    ) -> None:
        """The design's section 8: one batch."""
        caller = {
            "own": lambda: ann,
            "app": lambda: ann.through_app(SCOPES),
            "machine": lambda: ann.as_machine(SCOPES),
        }[kind]()
        services, line = over_line(cupbearer)
        services.tokens.bearer.verify(caller.access_token or "")
        assert line.requests == 1


@pytest.fixture(params=["jwt", "opaque"])
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return {"CUPBEARER_ACCESS_TOKENS": request.param}


@pytest.mark.parametrize("act", ENDS)
def test_introspection_calls_no_token_active_whose_client_or_consent_is_over(
    ann: Client, act: Callable[[Client], None]
) -> None:
    """OP-8."""
    app = ann.through_app(SCOPES)
    assert introspected(ann, app.access_token)["active"] is True
    act(app)
    assert introspected(ann, app.access_token) == {"active": False}


@pytest.mark.parametrize("act", ENDS)
def test_userinfo_tells_an_application_nothing_more_once_its_client_or_consent_is_over(
    ann: Client, act: Callable[[Client], None]
) -> None:
    """TK-6: the handler that tells of a person looks again."""
    app = ann.through_app(["openid", "profile"])
    assert app.get("/oauth/userinfo").json["preferred_username"] == ann.username
    act(app)
    assert app.get("/oauth/userinfo").status == 401


@pytest.mark.parametrize("act", NARROWS)
def test_introspection_tells_the_scope_that_is_held_now(ann: Client, act: Callable[[Client], None]) -> None:
    """OP-8, SC-2."""
    app = ann.through_app(SCOPES)
    assert introspected(ann, app.access_token)["scope"] == "get:profile pangolins"
    act(app)
    assert introspected(ann, app.access_token)["scope"] == "get:profile"
