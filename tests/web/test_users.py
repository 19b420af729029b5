"""Lists, a page at a time."""

from urllib.parse import quote

import pytest

from cupbearer.testing import Client


class TestPages:
    """Lists, a page at a time."""

    def test_the_pages_together_are_the_whole_in_the_order_of_sign_up(self, client: Client) -> None:
        operator = client.as_user(["users:read"], username="operator")
        for number in range(6):
            client.clock.advance(1)
            client.as_user(username=f"person{number}")
        seen: list[str] = []
        query = "/users?limit=3"
        while query:
            page = operator.get(query).json
            assert len(page["users"]) <= 3
            seen += [user["username"] for user in page["users"]]
            query = page["next_cursor"] and f"/users?limit=3&cursor={quote(page['next_cursor'])}"
        assert seen == ["operator", *(f"person{number}" for number in range(6))]

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "1e1", "٣", "9" * 50, "+1", "1_0"])
    def test_a_limit_is_a_whole_number_from_1_to_100(self, client: Client, limit: str) -> None:
        answer = client.as_user(["users:read"]).get(f"/users?limit={quote(limit)}")
        assert (answer.status, answer.json.get("errors")) in ((400, {"limit": "is 1 to 100"}), (200, None))
        assert answer.status == 400 or limit == ""

    @pytest.mark.parametrize("cursor", ["%00", "%E2%82%AC", "x" * 65, "%0A", "%FF"])
    def test_a_cursor_is_one_of_ours(self, client: Client, cursor: str) -> None:
        answer = client.as_user(["users:read"]).get(f"/users?cursor={cursor}")
        assert (answer.status, answer.code) == (400, "invalid_request")

    @pytest.mark.parametrize("name", ["limit", "cursor"])
    def test_a_doubled_parameter_is_refused(self, client: Client, name: str) -> None:
        assert client.as_user(["users:read"]).get(f"/users?{name}=1&{name}=2").status == 400

    def test_a_cursor_that_never_was_begins_where_it_would_stand(self, client: Client) -> None:
        assert client.as_user(["users:read"]).get("/users?cursor=zzz").json == {
            "users": [],
            "next_cursor": None,
        }


@pytest.mark.parametrize(("items", "status"), [(99, 200), (100, 400)])
def test_a_body_has_at_most_100_members_all_levels_together(client: Client, items: int, status: int) -> None:
    """IN-1: each of them costs something before anybody knows what it is for."""
    operator = client.as_user(["users:read", "users:write", "pangolins"], username="operator")
    somebody = client.as_user(username="somebody")
    answer = operator.patch(f"/users/{somebody.user_id}", json={"scopes": ["pangolins"] * items})
    assert answer.status == status
    assert status == 200 or "more than 100 members" in answer.json["detail"]
