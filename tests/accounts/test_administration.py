"""What an operator does, through the routes and behind them (SE-6, SC-2, SC-4)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.accounts.changes import differences
from chalicelib.audit.trail import OPERATOR
from chalicelib.errors import Invalid, NotFound
from cupbearer.testing import SOURCE, AppUnderTest, Client


@pytest.fixture
def operator(client: Client) -> Client:
    held = ["users:read", "users:write", "pangolins", "orders:read"]  # nobody gives what they do not hold
    return client.as_user(held, username="operator")


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile"], username="ann", name="Ann")


def test_an_operator_looks_up_changes_and_deletes(client: Client, operator: Client, ann: Client) -> None:
    path = f"/users/{ann.user_id}"
    assert operator.get(path).json["user"]["username"] == "ann"
    changed = operator.patch(path, json={"scopes": ["pangolins", "orders:read"], "name": "Anna"}).json["user"]
    assert (changed["scopes"], changed["name"]) == (["orders:read", "pangolins"], "Anna")
    assert operator.delete(path).status == 204
    assert operator.get(path).code == "not_found"
    assert operator.patch(path, json={}).status == 404
    assert operator.delete(path).status == 404


def test_what_is_left_out_stays(operator: Client, ann: Client) -> None:
    before = operator.get(f"/users/{ann.user_id}").json
    assert operator.patch(f"/users/{ann.user_id}", json={}).json == before


def test_a_granted_scope_reaches_the_next_token_and_not_this_one(operator: Client, ann: Client) -> None:
    operator.patch(f"/users/{ann.user_id}", json={"scopes": ["pangolins"]})
    assert ann.get("/pangolins").status == 403
    ann.refresh()
    assert ann.get("/pangolins").status == 200
    assert ann.get("/profile").status == 403


def test_disabling_ends_every_session_and_log_in_says_nothing(operator: Client, ann: Client) -> None:
    """SE-6, EN-1, M8."""
    other = ann.steal_refresh_token()
    ann.log_in()
    operator.patch(f"/users/{ann.user_id}", json={"disabled": True})
    assert (ann.refresh().code, other.refresh().code) == ("disabled", "disabled")
    assert ann.get("/users/me").status == 401
    assert ann.log_in().code == "invalid_credentials"
    operator.patch(f"/users/{ann.user_id}", json={"disabled": False})
    assert ann.log_in().status == 201


@pytest.mark.parametrize(
    "scopes", [["a b"], [""], ['a"b'], ["x" * 601], [f"scope-{n}" for n in range(90)], ["é"]]
)
def test_scopes_that_no_token_could_carry_are_refused(
    operator: Client, ann: Client, scopes: list[str]
) -> None:
    """TK-8."""
    answer = operator.patch(f"/users/{ann.user_id}", json={"scopes": scopes})
    assert (answer.status, answer.code) == (400, "invalid_scope")


@pytest.mark.parametrize("user_id", ["none", "%23", "a" * 500, "..", "me%00", "%ff"])
def test_an_id_of_nobody_is_404(operator: Client, user_id: str) -> None:
    """ST-7."""
    assert operator.get(f"/users/{user_id}").status == 404
    assert operator.patch(f"/users/{user_id}", json={"disabled": True}).status == 404


def test_grants_of_many_operators_at_once_all_count(cupbearer: AppUnderTest, ann: Client) -> None:
    """ST-5: relative changes are never lost."""
    change = cupbearer.services.accounts.administration.change_scopes

    def grant(number: int) -> None:
        for _ in range(20):
            try:
                change(ann.user_id or "", lambda held: held | {f"s{number}"}, source=SOURCE)
            except Exception as error:  # noqa: BLE001 - overtaken too often: again
                assert type(error).__name__ == "Taken"  # noqa: PT017
            else:
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(grant, range(24)))
    assert cupbearer.services.accounts.users.require(ann.user_id or "").scopes >= {
        f"s{number}" for number in range(24)
    }


def test_a_password_set_by_an_operator_is_judged_and_ends_every_session(
    cupbearer: AppUnderTest, ann: Client
) -> None:
    operate = cupbearer.services.accounts.administration
    with pytest.raises(Invalid):
        operate.set_password(ann.user_id or "", new="password1", source=SOURCE)
    assert ann.refresh().status == 200
    operate.set_password(ann.user_id or "", new="set by the operator", source=SOURCE)
    assert ann.refresh().code == "password_changed"


def test_one_session_of_somebody_is_ended(cupbearer: AppUnderTest, ann: Client) -> None:
    other = ann.steal_refresh_token()
    first = ann.session_id
    ann.log_in()
    cupbearer.services.accounts.administration.end_session(ann.user_id or "", first, source=SOURCE)
    assert other.refresh().code == "revoked"
    assert ann.refresh().status == 200
    with pytest.raises(NotFound):
        cupbearer.services.accounts.administration.end_session(ann.user_id or "", "none", source=SOURCE)


def test_acts_upon_nobody_are_refused(cupbearer: AppUnderTest) -> None:
    operate = cupbearer.services.accounts.administration
    for act in (
        lambda: operate.administer("none", disabled=True, source=SOURCE),
        lambda: operate.set_password("none", new="a phrase of words", source=SOURCE),
        lambda: operate.end_session("none", None, source=SOURCE),
        lambda: operate.unlock("none", source=SOURCE),
        lambda: operate.delete("none", source=SOURCE),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_change_is_told_by_its_differences(cupbearer: AppUnderTest, ann: Client) -> None:
    user = cupbearer.services.accounts.users.require(ann.user_id or "")
    assert differences(user, user) == []
    assert differences(user, user.with_sessions_ended("revoked")) == [("log_out_everywhere", {})]
    assert OPERATOR == "operator"
