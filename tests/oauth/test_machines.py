"""Machines: tokens for themselves, which are nobody's (SC-2, SC-4; RFC 6749 section 4.4)."""

import pytest

from tests.oauth.server import App, Server, payload_of

MACHINE = {"redirect_uris": (), "post_logout_redirect_uris": ()}


@pytest.fixture
def machine(server: Server) -> App:
    return server.client(**MACHINE, name="nightly", scopes="pangolins get:profile users:read")


def test_a_machine_gets_a_token_for_itself_and_nothing_else(server: Server, machine: App) -> None:
    answer = machine.token(grant_type="client_credentials", scope="pangolins")
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "expires_in", "scope", "token_type"}
    claims = payload_of(answer.json["access_token"])
    assert claims["sub"] == f"client:{machine.client_id}"
    assert claims["client_id"] == machine.client_id
    assert {"sid", "auth_time", "amr"}.isdisjoint(claims)
    assert "client_log_in" in server.events(f"client:{machine.client_id}")


def test_its_token_opens_the_sample_routes_and_no_account(server: Server, machine: App) -> None:
    token = machine.token(grant_type="client_credentials").json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.ask("GET", "/pangolins", headers=bearer).status == 200
    assert server.ask("GET", "/profile", headers=bearer).status == 200
    assert server.ask("GET", "/users", headers=bearer).status == 200
    for path in ("/users/me", "/sessions", "/users/me/consents", "/users/me/identities", "/oauth/userinfo"):
        assert server.ask("GET", path, headers=bearer).status == 403


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, "get:profile pangolins users:read"),
        ("pangolins", "pangolins"),
        ("pangolins users:write", "pangolins"),
        ("openid pangolins", "pangolins"),
    ],
)
def test_granted_is_what_is_asked_for_and_allowed(machine: App, asked: str | None, granted: str) -> None:
    """SC-2."""
    answer = machine.token(grant_type="client_credentials", scope=asked).json
    assert answer["scope"] == granted == payload_of(answer["access_token"])["scope"]


@pytest.mark.parametrize("asked", ["users:write", "openid", "PANGOLINS", "pangolin", 'a"b'])
def test_a_scope_it_may_not_have_is_refused(machine: App, asked: str) -> None:
    """SC-1."""
    assert machine.token(grant_type="client_credentials", scope=asked).error == "invalid_scope"


def test_a_public_client_cannot_be_registered_for_it(server: Server) -> None:
    with pytest.raises(Exception, match="public client has no credentials"):
        server.client(**MACHINE, public=True, grants=("client_credentials",))


def test_no_client_can_take_a_persons_subject(server: Server, machine: App) -> None:
    """SC-4: whatever a client is called, its subject has a colon, which no user id has."""
    person = server.person("amy")
    named = server.client(**MACHINE, name=person.user.user_id, scopes="get:profile")
    token = named.token(grant_type="client_credentials").json["access_token"]
    assert payload_of(token)["sub"] == f"client:{named.client_id}" != person.user.user_id
