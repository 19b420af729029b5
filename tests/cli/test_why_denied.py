"""why-denied: the verdict is the service's, and the look that refused is the right one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

import app
from chalicelib.oauth.client_rules import Registration
from chalicelib.tokens.access_tokens import Grant
from chalicelib.wiring import using
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.server import open_server
from tests.oauth.test_client_authentication import Signer
from tests.support.command_line import SOURCE, CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def why(terminal: CommandLine, token: str, method: str, path: str) -> dict[str, Any]:
    result = terminal.run("why-denied", "-", method, path, "--json", stdin=f"{token}\n")
    decision: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (0 if decision["status"] == 200 else 1)
    return decision


def refusing(decision: dict[str, Any]) -> list[str]:
    return [look["step"] for look in decision["steps"] if look["ok"] is False]


def test_a_call_that_is_let_through_passes_every_look(terminal: CommandLine) -> None:
    terminal.make("Zoe", "--scope", "pangolins")
    decision = why(terminal, terminal.log_in().access_token, "GET", "/pangolins")
    assert decision["status"] == 200
    assert [look["step"] for look in decision["steps"]] == [
        "route", "form", "key", "signature", "claims", "revocation", "scopes", "policy",
    ]  # fmt: skip
    assert refusing(decision) == []


def test_each_fault_of_a_token_is_found_by_its_look(
    terminal: CommandLine, clock: Clock, tmp_path: Path
) -> None:
    terminal.make("Zoe", "--scope", "pangolins")
    signed_in = terminal.log_in()
    good = signed_in.access_token
    head, _, signature = good.rpartition(".")
    (tmp_path / "other").mkdir()
    stranger = CommandLine.at(tmp_path / "other", terminal.services.world)
    stranger.make()
    (tmp_path / "foreign").mkdir()
    foreigner = CommandLine.at(
        tmp_path / "foreign", terminal.services.world, ISSUER="https://foreign.example"
    )
    foreigner.make()
    faults = {
        "nonsense": ("form", "has 1 part, and must have three"),
        signed_in.refresh_token: ("form", "refresh token"),
        f"cba_{'a' * 26}.{'b' * 26}.{'c' * 43}": ("form", "CUPBEARER_ACCESS_TOKENS"),
        f"cbo_{'a' * 26}.{'b' * 26}.{'c' * 26}.{'d' * 43}": ("form", "another audience"),
        f"{head}.{'A' * len(signature)}": ("signature", "wrong"),
        stranger.log_in().access_token: ("key", "another store"),
        foreigner.log_in().access_token: ("key", "it is of 'https://foreign.example'"),
    }
    for token, (step, says) in faults.items():
        decision = why(terminal, token, "GET", "/pangolins")
        assert (decision["status"], refusing(decision)) == (401, [step])
        assert says in decision["steps"][-1]["says"]
    clock.advance(361)
    expired = why(terminal, good, "GET", "/pangolins")
    assert refusing(expired) == ["claims"]
    assert "refresh it" in expired["steps"][-1]["says"]


def test_a_token_of_another_issuer_or_audience_says_whose(
    terminal: CommandLine, tmp_path: Path, world: World
) -> None:
    terminal.make()
    token = terminal.log_in().access_token
    for name, value in (("ISSUER", "https://other.example"), ("AUDIENCE", "https://api.example")):
        decision = why(CommandLine.at(tmp_path, world, **{name: value}), token, "GET", "/profile")
        assert refusing(decision) == ["claims"]
        assert f"CUPBEARER_{name}" in decision["steps"][-1]["says"]


def test_a_missing_scope_says_what_would_mend_it(terminal: CommandLine) -> None:
    user = terminal.make("Zoe", "--no-scope")
    token = terminal.log_in().access_token

    def says() -> str:
        decision = why(terminal, token, "GET", "/pangolins")
        assert (decision["status"], refusing(decision)) == (403, ["scopes", "policy"])
        return str(next(look["says"] for look in decision["steps"] if look["step"] == "scopes"))

    assert f"cupbearer users grant {user.user_id} pangolins" in says()
    terminal.done("users", "grant", "Zoe", "pangolins")
    assert "refresh the token" in says()
    narrow = terminal.services.authentication.log_in.with_password(
        username="Zoe", password="a phrase of some length", scope=frozenset({"other"}), source=SOURCE
    )
    token = narrow.access_token
    assert "log in again" in says()


def test_a_scope_that_the_handler_looks_at_is_told_apart(terminal: CommandLine) -> None:
    terminal.make("Zoe", "--no-scope")
    decision = why(terminal, terminal.log_in().access_token, "GET", "/profile")
    assert decision["verdict"].startswith("403 insufficient_scope, by the handler")
    assert refusing(decision) == ["scopes"]


def test_an_ended_session_closes_the_accounts_own_routes_and_not_yet_the_others(
    terminal: CommandLine,
) -> None:
    """M8, TK-6."""
    terminal.make("Zoe", "--scope", "pangolins")
    token = terminal.log_in().access_token
    terminal.done("sessions", "end", "Zoe", "--all", "--yes")
    other, own = why(terminal, token, "GET", "/pangolins"), why(terminal, token, "GET", "/users/me")
    assert (other["status"], own["status"]) == (200, 401)
    assert refusing(other) == refusing(own) == ["revocation"]


def test_a_signed_token_is_of_the_other_kind_where_opaque_ones_are_in_use(
    terminal: CommandLine, tmp_path: Path, world: World
) -> None:
    terminal.make()
    token = terminal.log_in().access_token
    decision = why(CommandLine.at(tmp_path, world, ACCESS_TOKENS="opaque"), token, "GET", "/profile")
    assert (decision["status"], refusing(decision)) == (401, ["form"])


def test_an_opaque_token_of_an_ended_session_opens_nothing(tmp_path: Path, world: World) -> None:
    terminal = CommandLine.at(tmp_path, world, ACCESS_TOKENS="opaque")
    terminal.make("Zoe", "--scope", "pangolins")
    token = terminal.log_in().access_token
    assert why(terminal, token, "GET", "/pangolins")["status"] == 200
    terminal.done("sessions", "end", "Zoe", "--all", "--yes")
    decision = why(terminal, token, "GET", "/pangolins")
    assert (decision["status"], refusing(decision)) == (401, ["look-up"])
    assert "revoked" in decision["steps"][-1]["says"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/cats", 404), ("GET", "/dogs", 404), ("GET", "cats", 404), ("GET", "/users//sessions", 404),
     ("GET", "/cats", 200), ("get", "/cats/", 200), ("GET", "http://localhost:8000/cats?a=b", 200)],
)  # fmt: skip
def test_the_route_is_found_as_the_gateway_finds_it(
    terminal: CommandLine, method: str, path: str, status: int
) -> None:
    assert why(terminal, "nothing", method, path)["status"] == status


def test_a_token_may_be_pasted_with_its_header(terminal: CommandLine) -> None:
    terminal.make("Zoe", "--scope", "pangolins")
    token = terminal.log_in().access_token
    for text in (f"Bearer {token}", f"Authorization: bearer {token}", f"  {token}  "):
        assert why(terminal, text, "GET", "/pangolins")["status"] == 200


def test_what_is_told_holds_no_part_of_the_token(terminal: CommandLine) -> None:
    terminal.make()
    token = terminal.log_in().access_token
    for method, path in (("GET", "/profile"), ("GET", "/pangolins")):
        printed = terminal.run("why-denied", token, method, path).output
        assert not any(part in printed for part in token.split("."))


@pytest.mark.parametrize("scope", ["", "pangolins", "users:read", "users:write get:profile"])
def test_the_verdict_is_what_the_service_answers_on_every_guarded_route(
    terminal: CommandLine, scope: str
) -> None:
    """AZ-1: one call of each route by test client, a denied one and one that got further."""
    options = [word for each in scope.split() for word in ("--scope", each)]
    terminal.make("Zoe", *(options or ("--no-scope",)))
    with using(terminal.services), Client(app.app) as client:
        for route in app.TABLE.guarded:
            if route.method in ("DELETE", "PUT"):
                continue
            token = terminal.log_in().access_token
            path = "/".join("a" if part.startswith("{") else part for part in route.path.split("/"))
            decision = why(terminal, token, route.method, path)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = client.http.request(route.method, path, headers=headers, body=b"{")
            denied = answer.status_code if answer.status_code in (401, 403) else 200
            assert decision["status"] == denied, (str(route), answer.body)


def test_a_scope_that_the_client_may_not_have_is_told_with_those_that_it_may(terminal: CommandLine) -> None:
    services = terminal.services
    client, _ = services.oauth.clients.create(
        Registration(name="Nightly", grants=("client_credentials",), scopes=frozenset({"orders:read"}))
    )
    grant = Grant(sub=client.subject, client_id=client.client_id, scope=client.scopes)
    decision = why(terminal, services.tokens.access.issue(grant).token, "GET", "/pangolins")
    (says,) = [look["says"] for look in decision["steps"] if look["step"] == "scopes"]
    assert "Nor may the client Nightly have it, whatever it asks for: it may have orders:read." in says


def test_a_token_that_is_bound_to_a_key_is_told_as_one(terminal: CommandLine) -> None:
    """PO-16: what the caller has to send beside it."""
    services = terminal.services
    wanted = Registration(name="Nightly", grants=("client_credentials",), scopes=frozenset({"pangolins"}))
    client, _ = services.oauth.clients.create(wanted)
    grant = Grant(sub=client.subject, client_id=client.client_id, scope=client.scopes, jkt="k" * 43)
    decision = why(terminal, services.tokens.access.issue(grant).token, "GET", "/pangolins")
    assert decision["status"] == 200
    assert any(f"bound to the key {'k' * 43}" in look["says"] for look in decision["steps"])


class TestClientAssertions:
    """OP-6: what the answer keeps to itself is told to the operator, and looking spends nothing."""

    @pytest.fixture
    def signer(self, terminal: CommandLine, tmp_path: Path) -> Iterator[Signer]:
        with open_server(terminal.services) as server:
            yield Signer(server)

    def test_a_good_one_counts_after_it_was_looked_at_and_then_no_more(
        self, terminal: CommandLine, signer: Signer
    ) -> None:
        assertion = signer.assertion(aud=terminal.services.settings.issuer)
        for _ in range(2):
            decision = why(terminal, assertion, "POST", "/oauth/token")
            assert (decision["status"], refusing(decision)) == (200, [])
            assert "Shop" in decision["steps"][1]["says"]
        assert signer.ask(assertion).status == 200
        spent = why(terminal, assertion, "POST", "/oauth/token")
        assert (spent["status"], refusing(spent)) == (401, ["assertion"])
        assert "used before" in spent["steps"][-1]["says"]

    def test_its_fault_is_named(self, terminal: CommandLine, signer: Signer) -> None:
        issuer = terminal.services.settings.issuer
        faults: list[tuple[dict[str, Any], str, str]] = [
            ({"aud": f"{issuer}/oauth/token"}, "assertion", "--assertion-audience token-endpoint"),
            ({"exp": 1}, "assertion", "exp is missing or over"),
            ({"iss": "a" * 26, "sub": "a" * 26}, "client", "no client"),
        ]
        for changes, step, says in faults:
            decision = why(
                terminal, signer.assertion(**{"aud": issuer, **changes}), "POST", "/oauth/introspect"
            )
            assert (decision["status"], refusing(decision)) == (401, [step])
            assert says in decision["steps"][-1]["says"]

    def test_a_disabled_client_proves_nothing(self, terminal: CommandLine, signer: Signer) -> None:
        terminal.done("clients", "disable", signer.app.client_id)
        decision = why(terminal, signer.assertion(), "POST", "/oauth/token")
        assert (refusing(decision), decision["status"]) == (["client"], 401)
