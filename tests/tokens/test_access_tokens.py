"""Access tokens of both kinds (TK-10, M8, AZ-4): stored ones end with their session, signed ones open nothing there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import LEEWAY_SECONDS
from chalicelib.tokens.access_tokens import Grant
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.watching import over_line


def verify(under_test: AppUnderTest, token: str | None) -> str:
    return under_test.services.tokens.bearer.verify(token or "").sub


class TestOpaque:
    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": "opaque"}

    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(["get:profile", "pangolins"], name="Ann")

    def test_it_opens_what_its_scopes_open(self, ann: Client) -> None:
        assert (ann.access_token or "").startswith("cba_")
        assert ann.get("/profile").json == {"name": "Ann"}
        assert ann.get("/pangolins").status == 200
        assert ann.get("/users").status == 403

    def test_it_says_what_a_signed_one_says(self, cupbearer: AppUnderTest, ann: Client) -> None:
        claims = cupbearer.services.tokens.bearer.verify(ann.access_token or "")
        assert (claims.sub, claims.sid, claims.client_id) == (ann.user_id, ann.session_id, "cupbearer")
        assert (claims.exp - claims.iat, claims.amr) == (300, ("pwd",))
        assert claims.scope == {"get:profile", "pangolins"}

    @pytest.mark.parametrize("act", ["log out", "everywhere", "disable", "delete", "password"])
    def test_it_ends_with_its_session(self, cupbearer: AppUnderTest, ann: Client, act: str) -> None:
        """M8: at the next look of the authorizer."""
        operate, user_id = cupbearer.services.accounts.administration, ann.user_id or ""
        acts: dict[str, Any] = {
            "log out": ann.revoke,
            "everywhere": lambda: operate.end_session(user_id, None, source=SOURCE),
            "disable": lambda: operate.administer(user_id, disabled=True, source=SOURCE),
            "delete": lambda: operate.delete(user_id, source=SOURCE),
            "password": lambda: operate.set_password(user_id, new="another long phrase", source=SOURCE),
        }
        acts[act]()
        with pytest.raises(InvalidToken):
            verify(cupbearer, ann.access_token)
        assert ann.get("/profile").status == 401

    def test_it_expires(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.clock.advance(300)
        with pytest.raises(InvalidToken):
            verify(cupbearer, ann.access_token)

    def test_one_look_is_one_read_and_a_forged_one_is_at_most_one(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """The design's section 8."""
        services, line = over_line(cupbearer)
        token = ann.access_token or ""
        services.tokens.bearer.verify(token)
        assert line.requests == 1
        with pytest.raises(InvalidToken):
            services.tokens.bearer.verify(token[:-1] + ("A" if token[-1] != "A" else "B"))
        assert line.requests == 2

    @pytest.mark.parametrize(
        "text", ["cba_", "cba_-.-.", "cba_x", "cba_-.-." + "a" * 44, "cba_#.#." + "a" * 43]
    )
    def test_a_malformed_one_costs_no_store_request(self, cupbearer: AppUnderTest, text: str) -> None:
        """DS-1."""
        services, line = over_line(cupbearer)
        with pytest.raises(InvalidToken):
            services.tokens.bearer.verify(text)
        assert line.requests == 0

    def test_its_own_user_and_session_count_whatever_it_names(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """Another person's ids in the text of a token lead nowhere: the secret is not of that text."""
        ben = client.as_user()
        secret = (ann.access_token or "").rsplit(".", 1)[1]
        with pytest.raises(InvalidToken):
            verify(cupbearer, f"cba_{ben.user_id}.{ben.session_id}.{secret}")
        with pytest.raises(InvalidToken):
            verify(cupbearer, f"cba_-.-.{secret}")

    def test_only_its_hash_is_stored(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """TK-10."""
        path = cupbearer.settings.store_name
        with open(path, "rb") as file, open(f"{path}-wal", "rb") as log:  # noqa: PTH123
            stored = file.read() + log.read()
        assert (ann.access_token or "").rsplit(".", 1)[1].encode() not in stored

    def test_a_machines_has_no_session_and_is_never_a_person(self, client: Client) -> None:
        robot = client.as_machine(["get:profile"])
        assert robot.get("/profile").json["name"].startswith("client:")
        assert (robot.get("/users/me").status, robot.get("/sessions").status) == (403, 403)

    def test_a_signed_token_of_ours_opens_nothing_where_stored_ones_are_in_use(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        said = Grant(ann.user_id or "", "cupbearer", frozenset({"get:profile"}), sid=ann.session_id)
        signed = cupbearer.services.tokens.jwt.issue(said).token
        with pytest.raises(InvalidToken):
            verify(cupbearer, signed)


class TestSigned:
    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(["get:profile", "pangolins"])

    def test_a_stored_token_opens_nothing_where_signed_ones_are_in_use(self, cupbearer: AppUnderTest) -> None:
        with pytest.raises(InvalidToken):
            verify(cupbearer, f"cba_-.-.{'a' * 43}")

    def test_it_opens_until_its_bound_and_account_routes_end_at_once(self, ann: Client) -> None:
        """M8, TK-6: what /health states."""
        ann.revoke()
        assert (ann.get("/pangolins").status, ann.get("/users/me").status) == (200, 401)
        bound = ann.get("/health").json["revocation_bound_seconds"]
        assert bound == 300 + LEEWAY_SECONDS
        ann.clock.advance(bound)
        assert ann.get("/pangolins").status == 401

    def test_a_disabled_persons_name_is_told_to_nobody(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.services.accounts.administration.administer(ann.user_id or "", disabled=True, source=SOURCE)
        assert ann.get("/profile").status == 401
        assert ann.post("/messages", json={"text": "still here"}).status == 401

    def test_verifying_costs_no_store_request_once_the_keys_are_known(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """The design's section 8."""
        services, line = over_line(cupbearer)
        services.tokens.bearer.verify(ann.access_token or "")
        line.requests = 0
        services.tokens.bearer.verify(ann.access_token or "")
        assert line.requests == 0

    def test_only_our_first_party_token_of_a_person_is_own(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        bearer = cupbearer.services.tokens.bearer
        claims = bearer.verify(ann.access_token or "")
        assert bearer.is_own(claims)
        for other in ({"iss": "https://other.example"}, {"client_id": "app"}, {"sid": None}):
            assert not bearer.is_own(replace(claims, **other))
