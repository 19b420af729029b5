"""The example of docs/resources.md, as it stands there: an API of one's own, from its registration to the first call."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.clients import examples
from tests.oauth.server import basic
from tests.parts import missing
from tests.parts.server import Server
from tests.support import patience
from tests.support.documents import block, commands

METADATA = "/.well-known/oauth-protected-resource/orders.example.com"


@pytest.fixture(scope="module")
def job(server: Server) -> dict[str, str]:
    """Run the commands that register the API and its client."""
    printed = [server.command(*words, "--json") for words in commands("docs/resources.md#orders.sh")]
    made = json.loads(printed[1])
    named = {"CLIENT_ID": made["client_id"], "CLIENT_SECRET": made["client_secret"]}
    return {"ISSUER": server.url, **named}


@pytest.fixture(scope="module")
def orders(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("orders") / "orders.py"
    path.write_text(block("docs/resources.md#orders.py"), encoding="utf-8")
    with examples.running(path, ISSUER=server.url) as child:
        yield examples.line_of(child).strip()


def test_a_client_of_the_api_gets_in(job: dict[str, str], orders: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        missing("curl", install="apt-get install curl")
    path = tmp_path / "call.sh"
    path.write_text(block("docs/resources.md#call.sh"), encoding="utf-8")
    done = examples.run(path, ORDERS=orders, **job)
    assert json.loads(done.stdout) == {"orders": [], "of": f"client:{job['CLIENT_ID']}"}, done.stderr


def test_a_token_for_another_audience_is_refused_by_the_api(
    server: Server, job: dict[str, str], orders: str
) -> None:
    """RI-12: one for the issuer's own routes; the challenge leads to where the API's are issued."""
    form = urlencode({"grant_type": "client_credentials"}).encode()
    request = Request(f"{server.url}/oauth/token", form, basic(job["CLIENT_ID"], job["CLIENT_SECRET"]))
    with urlopen(request, timeout=patience.SECONDS) as answer:
        token = json.load(answer)["access_token"]
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(orders, headers={"Authorization": f"Bearer {token}"}), timeout=patience.SECONDS)
    with refused.value as answer:
        assert answer.code == 401
        assert answer.headers["WWW-Authenticate"] == f'Bearer resource_metadata="{server.url}{METADATA}"'
    server.command("resources", "update", "Orders", "--host-metadata")
    with urlopen(f"{server.url}{METADATA}", timeout=patience.SECONDS) as answer:
        assert json.load(answer)["resource"] == "https://orders.example.com"
