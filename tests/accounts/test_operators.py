"""Operators: what each may pass on, and that one of them is always left (SC-2, SC-4, M8)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.accounts.administration import Authority
from chalicelib.errors import InsufficientScope, InvalidToken, NotAllowed
from chalicelib.store import Forget, Replace
from chalicelib.users.user import operator_key
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.overtaken import overtaken

BOTH = ["users:read", "users:write"]


@pytest.fixture
def operator(client: Client) -> Client:
    return client.as_user([*BOTH, "pangolins"], username="operator")


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile"], username="ann")


def scopes_of(person: Client) -> frozenset[str]:
    return person.services.accounts.users.require(person.user_id or "").scopes


def indirect(client: Client, operator: Client, kind: str) -> Client:
    """Return a caller that holds all scopes of the operator and is not the person in person."""
    scopes = [*BOTH, "pangolins"]
    return client.as_machine(scopes) if kind == "machine" else operator.through_app(scopes)


@pytest.mark.parametrize("access_tokens", ["jwt", "opaque"])
class TestThroughOthers:
    @pytest.fixture
    def cupbearer_settings(self, access_tokens: str) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": access_tokens}

    @pytest.mark.parametrize("kind", ["machine", "app"])
    @pytest.mark.parametrize("scope", ["users:write", "users:read", "users:anything"])
    def test_a_token_that_is_not_a_persons_own_gives_nobody_a_scope_about_users(
        self, client: Client, operator: Client, ann: Client, kind: str, scope: str
    ) -> None:
        """Or it passes users:write on in one step, and all else in the second."""
        caller = indirect(client, operator, kind)
        refused = caller.patch(f"/users/{ann.user_id}", json={"scopes": ["get:profile", scope]})
        assert (refused.status, refused.code) == (403, "own_token_required")
        assert caller.patch(f"/users/{ann.user_id}", json={"scopes": ["pangolins"]}).status == 200
        assert scopes_of(ann) == {"pangolins"}

    @pytest.mark.parametrize("kind", ["machine", "app"])
    def test_nor_does_it_let_one_in_again_who_has_such(
        self, client: Client, operator: Client, kind: str
    ) -> None:
        other = client.as_user(BOTH)
        caller = indirect(client, operator, kind)
        assert caller.patch(f"/users/{other.user_id}", json={"disabled": True}).status == 200
        refused = caller.patch(f"/users/{other.user_id}", json={"disabled": False})
        assert (refused.status, refused.code) == (403, "own_token_required")
        assert operator.patch(f"/users/{other.user_id}", json={"disabled": False}).status == 200

    @pytest.mark.parametrize("act", ["disable", "delete", "strip"])
    def test_a_machine_whose_client_lost_the_right_stops_at_once(
        self, client: Client, ann: Client, act: str
    ) -> None:
        """TK-6: the handler that acts looks again, at machines too."""
        machine = client.as_machine(BOTH)
        clients = client.services.oauth.clients
        claims = client.services.tokens.bearer.verify(machine.access_token or "")
        registered = clients.require(claims.client_id)
        assert registered.record is not None
        if act == "disable":
            clients.set_disabled(registered.client_id, disabled=True)
        elif act == "delete":
            clients.delete(registered.client_id)
        else:
            less = replace(registered, scopes=frozenset({"users:read"}))
            client.services.store.commit(Replace(registered.record, less.data()))
        with pytest.raises((InvalidToken, InsufficientScope)):
            client.services.accounts.operators.acting(
                claims
            )  # as a gateway that still has the policy lets it through
        assert machine.patch(f"/users/{ann.user_id}", json={"name": "Mia"}).status in (401, 403)


def test_nobody_gives_what_they_do_not_hold(operator: Client, ann: Client) -> None:
    """SC-2: a person by the own log-in neither; what the other has already may stay."""
    path = f"/users/{ann.user_id}"
    refused = operator.patch(path, json={"scopes": ["get:profile", "orders:write"]})
    assert (refused.status, refused.code) == (403, "insufficient_scope")
    assert operator.patch(path, json={"scopes": ["get:profile", "pangolins", *BOTH]}).status == 200


def test_an_operator_who_was_stripped_meanwhile_changes_nothing(
    cupbearer: AppUnderTest, client: Client, operator: Client, ann: Client
) -> None:
    """ST-2: what was read of the operator is demanded in the commit."""
    client.as_user(BOTH)

    def strip() -> None:
        cupbearer.services.accounts.administration.administer(
            operator.user_id or "", granted=frozenset(), source=SOURCE
        )

    services = overtaken(cupbearer.services, strip)
    acting = services.accounts.operators.acting(services.tokens.bearer.verify(operator.access_token or ""))
    with pytest.raises(InsufficientScope):
        services.accounts.administration.administer(
            ann.user_id or "",
            granted=frozenset({"pangolins"}),
            source=SOURCE,
            by=acting.authority,
        )
    assert scopes_of(ann) == {"get:profile"}


@pytest.mark.parametrize("body", [{"disabled": True}, {"scopes": ["users:read"]}, None])
def test_nobody_disables_strips_or_deletes_the_own_account_as_an_operator(
    client: Client, operator: Client, body: dict[str, object] | None
) -> None:
    client.as_user(BOTH)
    path = f"/users/{operator.user_id}"
    refused = operator.delete(path) if body is None else operator.patch(path, json=body)
    assert (refused.status, refused.code) == (403, "own_account")
    assert operator.patch(path, json={"name": "Olga", "scopes": BOTH}).status == 200


@pytest.mark.parametrize("body", [{"disabled": True}, {"scopes": ["users:read"]}, None])
def test_the_last_operator_stays_one(
    client: Client, operator: Client, body: dict[str, object] | None
) -> None:
    """Whoever asks, a machine too; a disabled operator is none."""
    other = client.as_user(BOTH)
    assert operator.patch(f"/users/{other.user_id}", json={"disabled": True}).status == 200
    machine = client.as_machine(BOTH)
    path = f"/users/{operator.user_id}"
    refused = machine.delete(path) if body is None else machine.patch(path, json=body)
    assert (refused.status, refused.code) == (403, "last_operator")
    assert "--force" in refused.json["detail"]
    refused = operator.delete("/users/me", json={"password": operator.password})
    assert (refused.status, refused.code) == (403, "last_operator")
    assert operator.patch(f"/users/{other.user_id}", json={"disabled": False}).status == 200
    assert operator.delete("/users/me", json={"password": operator.password}).status == 204


@pytest.mark.parametrize("act", ["strip", "disable", "delete"])
def test_of_two_operators_who_strip_each_other_at_once_one_is_left(
    cupbearer: AppUnderTest, client: Client, operator: Client, act: str
) -> None:
    """ST-2: the other operator, by whom the change was permitted, is demanded in the commit."""
    other = client.as_user(BOTH)

    def end(services: object, user_id: str | None) -> None:
        verbs = services.accounts.administration  # type: ignore[attr-defined]
        {
            "strip": lambda: verbs.administer(user_id, granted=frozenset(), source=SOURCE),
            "disable": lambda: verbs.administer(user_id, disabled=True, source=SOURCE),
            "delete": lambda: verbs.delete(user_id, source=SOURCE),
        }[act]()

    services = overtaken(cupbearer.services, lambda: end(cupbearer.services, operator.user_id))
    with pytest.raises(NotAllowed, match="the last account"):
        end(services, other.user_id)
    assert cupbearer.services.accounts.users.require(other.user_id or "").is_operator


def test_the_command_line_may_force_it(cupbearer: AppUnderTest, operator: Client) -> None:
    verbs = cupbearer.services.accounts.administration
    with pytest.raises(NotAllowed):
        verbs.administer(operator.user_id or "", disabled=True, source=SOURCE)
    verbs.administer(operator.user_id or "", disabled=True, source=SOURCE, by=Authority(force=True))
    assert not cupbearer.services.accounts.users.require(operator.user_id or "").is_operator


def test_an_operator_of_an_earlier_release_counts_though_nobody_listed_it(
    cupbearer: AppUnderTest, client: Client, operator: Client
) -> None:
    """DP-4."""
    other = client.as_user(BOTH)
    cupbearer.services.store.commit(Forget(operator_key(other.user_id or "")))
    cupbearer.services.accounts.administration.administer(
        operator.user_id or "", granted=frozenset({"get:profile"}), source=SOURCE
    )
    assert scopes_of(operator) == {"get:profile"}


def test_a_log_in_and_a_change_of_anything_else_ask_nothing_about_operators(
    cupbearer: AppUnderTest, ann: Client
) -> None:
    """The design's section 8."""
    (line,) = cupbearer.services.store.get(operator_key(ann.user_id or ""))
    assert line is None
    before = cupbearer.services.store.list("operators").records
    cupbearer.services.accounts.administration.administer(
        ann.user_id or "", granted=frozenset({"pangolins"}), source=SOURCE
    )
    assert cupbearer.services.store.list("operators").records == before == ()
