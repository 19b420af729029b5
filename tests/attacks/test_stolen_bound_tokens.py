"""Who has a token that is bound to a key, and not the key, opens nothing with it (RFC 9449 section 7; PO-16, PO-17)."""

from importlib import import_module
from typing import Any

import pytest

from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.tokens.access_tokens import Grant
from cupbearer.testing import AppUnderTest, Client
from tests.attacks.test_hostile_bodies import path_of
from tests.attacks.test_reach import EVERYTHING, GUARDED
from tests.journeys.carriers import decide, event_of
from tests.support.prover import Prover

BAD = "invalid_dpop_proof"


class Thief:
    """Holds a bound token that opens every route, and asks for them with whatever it has."""

    def __init__(self, under_test: AppUnderTest) -> None:
        self.app = import_module("app")
        services = under_test.services
        self.issuer, self.owner = services.settings.issuer, Prover(services.world)
        self.own = Prover(services.world)
        ann = under_test.client().as_user(EVERYTHING)
        scope = frozenset({*EVERYTHING, "openid"})
        said = Grant(ann.user_id or "", FIRST_PARTY, scope, sid=ann.session_id, jkt=self.owner.jkt)
        self.token = services.tokens.access.issue(said).token
        status, self.context = decide(self.app.jwt_authorizer, "GET", "/pangolins", self.token, "DPoP")
        assert status == 200

    def at_gateway(self, endpoint: Any, scheme: str) -> int:
        path = path_of(endpoint)
        return decide(self.app.jwt_authorizer, endpoint.route.method, path, self.token, scheme)[0]

    def behind_it(self, endpoint: Any, proof: str | None, scheme: str = "DPoP") -> tuple[int, str]:
        """Ask where the gateway let it in, as after a verdict that it keeps."""
        path, route = path_of(endpoint), endpoint.route
        event = event_of(route.method, path, route.path, None)
        event["headers"] = {"Authorization": f"{scheme} {self.token}"} | ({"DPoP": proof} if proof else {})
        names = zip(route.path.split("/"), path.split("/"), strict=True)
        event["pathParameters"] = {name[1:-1]: value for name, value in names if name.startswith("{")}
        event["requestContext"]["authorizer"] = self.context
        answer = self.app.app(event, None)
        return answer["statusCode"], answer["body"]


@pytest.fixture
def thief(cupbearer: AppUnderTest, client: Client) -> Thief:
    return Thief(cupbearer)


def test_no_route_takes_it_as_a_bearer_token(thief: Thief) -> None:
    """PO-17: not the gateway, and not the handler behind a gateway that let it in; with a good proof neither."""
    assert len(GUARDED) > 30
    for endpoint in GUARDED:
        assert thief.at_gateway(endpoint, "Bearer") == 401, endpoint.route
        url = f"{thief.issuer}{path_of(endpoint)}"
        for proof in (None, thief.owner.proof(endpoint.route.method, url, thief.token)):
            status, body = thief.behind_it(endpoint, proof, "Bearer")
            assert (status, '"invalid_token"' in body) == (401, True), endpoint.route


def test_no_route_takes_it_without_a_proof_of_its_key_for_this_very_request(thief: Thief) -> None:
    """PO-16: none, the thief's own, one for another address, method or token, and one that was overheard."""
    for endpoint in GUARDED:
        method, url = endpoint.route.method, f"{thief.issuer}{path_of(endpoint)}"
        overheard = thief.owner.proof(method, url, thief.token)
        assert thief.behind_it(endpoint, overheard)[1].count(BAD) == 0, endpoint.route
        proofs = {
            "none": None,
            "the thief's own": thief.own.proof(method, url, thief.token),
            "another key in the header": thief.own.proof(
                method, url, thief.token, header={"jwk": thief.owner.jwk}
            ),
            "another address": thief.owner.proof(method, f"{url}/x", thief.token),
            "another method": thief.owner.proof("PROPFIND", url, thief.token),
            "another token": thief.owner.proof(method, url, "x.y.z"),
            "no token": thief.owner.proof(method, url),
            "a token request's": thief.owner.proof("POST", f"{thief.issuer}/oauth/token"),
            "overheard": overheard,
        }
        for what, proof in proofs.items():
            status, body = thief.behind_it(endpoint, proof)
            assert (status, BAD in body) == (401, True), (endpoint.route, what, body)


def test_a_verdict_that_the_gateway_keeps_is_of_one_scheme(thief: Thief) -> None:
    """PO-17, AZ-1: the key of its cache is the whole header, so what is kept of one is nothing for the other."""
    endpoint = next(each for each in GUARDED if each.route.path == "/pangolins")
    for _ in range(2):
        assert [thief.at_gateway(endpoint, scheme) for scheme in ("DPoP", "Bearer", "dPoP", "bearer")] == [
            200,
            401,
            200,
            401,
        ]
