"""An API of docs/clients/apis.md judges good and bad tokens."""

import json
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import requests
from requests_oauthlib import OAuth2Session

from tests.clients.conftest import register
from tests.clients.person import Person
from tests.clients.test_libraries import CALLBACK, code_at
from tests.oauth.server import basic, payload_of
from tests.parts.server import Server
from tests.support import patience


def judges(api: str, server: Server, person: Person) -> None:
    """A good token opens, and none, a changed one, an ID token, one for others and one without the scope do not."""
    good = _machine(server)
    head, body, signature = good.split(".")
    other = "A" if signature[20] != "A" else "B"
    personal = _personal(server, person)
    assert _asked(api, good) == (200, payload_of(good)["sub"])
    assert _asked(api, personal["access_token"]) == (403, None)
    for wrong in (
        None,
        f"{head}.{body}.{signature[:20]}{other}{signature[21:]}",
        personal["id_token"],
        "x.y.z",
    ):
        assert _asked(api, wrong) == (401, None), wrong


def _asked(api: str, token: str | None) -> tuple[int, str | None]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{api}/pangolins", headers=headers, timeout=patience.SECONDS)
    return answer.status_code, answer.json()["of"] if answer.ok else None


def _machine(server: Server) -> str:
    environ = register(server, "job", "--grant", "client_credentials", "--scope", "pangolins")
    form, headers = (
        urlencode({"grant_type": "client_credentials"}),
        basic(environ["CLIENT_ID"], environ["CLIENT_SECRET"]),
    )
    with urlopen(
        Request(f"{server.url}/oauth/token", form.encode(), headers), timeout=patience.SECONDS
    ) as answer:
        return str(json.load(answer)["access_token"])


def _personal(server: Server, person: Person) -> dict[str, str]:
    environ = register(server, "personal", "--redirect-uri", CALLBACK)
    session = OAuth2Session(environ["CLIENT_ID"], redirect_uri=CALLBACK, scope=["openid"], pkce="S256")
    url, _ = session.authorization_url(f"{server.url}/oauth/authorize")
    return dict(
        session.fetch_token(
            f"{server.url}/oauth/token",
            authorization_response=code_at(person, url),
            client_secret=environ["CLIENT_SECRET"],
        )
    )
