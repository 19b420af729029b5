"""AZ-5: 401 and 503 of the authorizer are the same in the test client, in ``chalice local`` and in Lambda."""

import json
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from chalice import Chalice
from chalice.config import Config
from chalice.local import LocalGatewayException, create_local_server
from chalice.test import Client

from chalicelib.web.authorizer import AuthorizerTrouble, Unauthorized
from chalicelib.web.gateway_responses import GATEWAY_ANSWERS, problem
from tests.support import patience
from tests.support.protection import ON_EVERY_ANSWER

ROOT = Path(__file__).parents[2]


def guarded_app() -> Chalice:
    app = Chalice("tiny")

    @app.authorizer()  # type: ignore[untyped-decorator]
    def guard(request: object) -> None:
        token = getattr(request, "token", "")
        raise AuthorizerTrouble("no keys") if token == "trouble" else Unauthorized

    @app.route("/secret", authorizer=guard)  # type: ignore[untyped-decorator]
    def secret() -> dict[str, str]:
        return {"secret": "never"}

    return app


@pytest.mark.parametrize(("token", "status"), [("forged", 401), ("trouble", 503)])
def test_the_test_client_gets_the_status_of_the_refusal(token: str, status: int) -> None:
    with Client(guarded_app()) as client:
        answer = client.http.get("/secret", headers={"Authorization": token})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json_body["code"] == GATEWAY_ANSWERS[status][0]
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert {name: answer.headers.get(name) for name in ON_EVERY_ANSWER} == ON_EVERY_ANSWER
    assert answer.headers.get("WWW-Authenticate", "").startswith("Bearer") == (status == 401)


@pytest.mark.parametrize(("token", "status"), [("forged", 401), ("trouble", 503)])
def test_plain_chalice_local_answers_instead_of_dropping_the_connection(token: str, status: int) -> None:
    local = create_local_server(guarded_app(), Config.create(), "127.0.0.1", 0)
    thread = Thread(target=local.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with closing(
            HTTPConnection("127.0.0.1", local.server.server_port, timeout=patience.SECONDS)
        ) as connection:
            connection.request("GET", "/secret", headers={"Authorization": token})
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["code"]) == (status, GATEWAY_ANSWERS[status][0])
    finally:
        local.shutdown()
        thread.join()
        local.server.server_close()


def test_the_text_is_exactly_the_word_that_api_gateway_asks_for() -> None:
    """Any other text would be a 500 there."""
    assert str(Unauthorized()) == "Unauthorized"
    assert Unauthorized().args == ("Unauthorized",)
    assert "Unauthorized" not in str(AuthorizerTrouble("the store is away"))


def test_they_are_caught_under_their_own_names_too() -> None:
    with pytest.raises(Unauthorized) as caught:
        raise Unauthorized
    assert isinstance(caught.value, LocalGatewayException)
    with pytest.raises(AuthorizerTrouble, match="no keys"):
        raise AuthorizerTrouble("no keys")


IN_LAMBDA = """
import sys
from chalicelib.web.authorizer import AuthorizerTrouble, Unauthorized
for kind in (Unauthorized, AuthorizerTrouble):
    try:
        raise kind
    except kind as error:
        print(str(error), type(error) is kind, sep="|")
print(any(name.split(".")[0] == "chalice" for name in sys.modules))
"""


def test_in_lambda_they_are_plain_exceptions_and_nothing_of_chalice_is_imported() -> None:
    """A Lambda has no ``chalice.local``: only what the interpreter and our package hold is on the path."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    command = [sys.executable, "-I", "-S", "-c", start + IN_LAMBDA]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=patience.SECONDS)
    assert run.stdout.split("\n")[:3] == [
        "Unauthorized|True",
        "AuthorizerTrouble: the store or the keys are away|True",
        "False",
    ]


def test_a_module_loaded_before_chalices_gateway_still_raises_what_it_catches() -> None:
    script = (
        "from chalicelib.web.authorizer import Unauthorized\n"
        "before = Unauthorized()\n"
        "from chalice.local import LocalGatewayException\n"
        "print(isinstance(before, LocalGatewayException), isinstance(Unauthorized(), LocalGatewayException))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=patience.SECONDS,
    )
    assert run.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("status", GATEWAY_ANSWERS)
def test_every_answer_of_the_gateway_is_a_problem_document(status: int) -> None:
    headers, body = problem(status, request_id="r1")
    document = json.loads(body)
    assert list(document) == ["type", "title", "status", "detail", "code", "request_id"]
    assert (document["status"], document["request_id"]) == (status, "r1")
    assert headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("status", GATEWAY_ANSWERS)
def test_every_answer_of_the_gateway_protects_a_browser(status: int) -> None:
    """BR-4: a 401, 403 or 404 is read by the same browsers as our own answers."""
    headers, _ = problem(status, request_id="r1")
    assert {name: headers.get(name) for name in ON_EVERY_ANSWER} == ON_EVERY_ANSWER


def test_a_status_that_the_gateway_does_not_make_reads_as_its_500() -> None:
    assert problem(418, request_id="r1") == problem(500, request_id="r1")
