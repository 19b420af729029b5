"""BR-11: a path that nobody serves is a page to a person's browser and a problem document to programs."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from chalicelib.web import openapi
from chalicelib.web.pages.not_found import ANY_OTHER, BROWSERS_SEND
from cupbearer.deploying.template import GATEWAY_RESPONSES, merge_template
from cupbearer.local_gateway import GatewayRefusal, LocalGateway, Request
from cupbearer.testing import AppUnderTest, Client
from tests.support.protection import ON_EVERY_ANSWER

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", BROWSERS_SEND: "document"}
ORIGIN = "https://app.example"


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    return {"CUPBEARER_NAME": "Pangolin & Sons", "CUPBEARER_ALLOWED_ORIGINS": f'["{ORIGIN}"]'}


@pytest.fixture
def gateway(cupbearer: AppUnderTest) -> LocalGateway:
    return LocalGateway(cupbearer.app)


def ask(gateway: LocalGateway, method: str, path: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
    return gateway.answer(Request(method, path, "", headers, b"", "192.0.2.7"))


@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/users//me", "/sessions/refresh", "/CATS"])
def test_a_browser_gets_a_page_of_the_service_that_leads_home(gateway: LocalGateway, path: str) -> None:
    """Also where the path is there, and takes other methods alone: nobody opens that by hand and means it."""
    answer = ask(gateway, "GET", path, BROWSER)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>There is no such page · Pangolin &amp; Sons</title>" in answer["body"]
    assert re.search(r'<a class="button quiet" href="/">', answer["body"])
    assert path not in answer["body"]


def test_it_protects_the_browser_as_every_answer_does(gateway: LocalGateway) -> None:
    headers = ask(gateway, "GET", "/nothing", BROWSER)["headers"]
    assert headers["Cache-Control"] == "no-store"
    for name in ON_EVERY_ANSWER.keys() - {"Content-Security-Policy"}:
        assert headers[name] == ON_EVERY_ANSWER[name]
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD", "OPTIONS"])
def test_a_program_is_answered_by_the_gateway_and_wakes_nobody(gateway: LocalGateway, method: str) -> None:
    for headers in ({}, {"accept": "text/html"}, {"accept": "*/*", BROWSERS_SEND: ""}):
        with pytest.raises(GatewayRefusal) as refused:
            ask(gateway, method, "/nothing", headers)
        assert refused.value.status == 404


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_than_get_are_no_page(gateway: LocalGateway, method: str) -> None:
    with pytest.raises(GatewayRefusal):
        ask(gateway, method, "/nothing", BROWSER)


def test_a_script_in_a_page_gets_the_document_that_a_program_gets_with_cors(client: Client) -> None:
    """As it is behind a gateway that wakes the function whoever asks: that of ``chalice deploy``."""
    answer = client.get("/nothing", headers={"Accept": "*/*", "Origin": ORIGIN})
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.json["detail"] == "There is no such path, or it does not take this method."
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    foreign = client.get("/nothing", headers={"Accept": "*/*", "Origin": "https://evil.example"})
    assert foreign.header("Access-Control-Allow-Origin") is None


def test_it_is_no_route_that_a_policy_or_the_description_knows(cupbearer: AppUnderTest) -> None:
    app = import_module("app")
    assert ANY_OTHER in app.app.routes
    assert ANY_OTHER not in {route.path for route in app.TABLE}
    assert ANY_OTHER not in openapi.description(issuer=cupbearer.settings.issuer)["paths"]


class TestDeployed:
    def test_the_gateway_demands_what_browsers_send_there_and_nowhere_else(self) -> None:
        body = merge_template({})["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        ((path, methods),) = body["paths"].items()
        ((method, said),) = methods.items()
        assert (path, method) == (ANY_OTHER, "get")
        demanded = [
            each["name"] for each in said["parameters"] if each["in"] == "header" and each["required"]
        ]
        assert [name.lower() for name in demanded] == [BROWSERS_SEND]
        validators = body["x-amazon-apigateway-request-validators"]
        judged = validators[said["x-amazon-apigateway-request-validator"]]
        assert judged == {"validateRequestBody": False, "validateRequestParameters": True}
        assert len(validators) == 1

    def test_who_does_not_send_it_is_told_what_an_unknown_path_is_told(self) -> None:
        assert (
            GATEWAY_RESPONSES["BAD_REQUEST_PARAMETERS"] == GATEWAY_RESPONSES["MISSING_AUTHENTICATION_TOKEN"]
        )
