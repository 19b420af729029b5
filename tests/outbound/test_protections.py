"""What stands between us and a false or an inner server: TLS, every address of a name, no loopback in production (FD-5)."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidToken, Unavailable
from chalicelib.outbound.http import FetchError, fetch_json, post_form
from chalicelib.settings import settings
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.support import forge
from tests.support.certificates import Authority
from tests.support.hostile_http import Server, answers, page, serving

KEYS = '{"keys": []}'
SOURCE = Source(ip="192.0.2.1", user_agent="tests", request_id="r1")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The only authority that this process trusts now."""
    authority = Authority.at(tmp_path / "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return authority


def secure(server: Server, path: str = "/keys") -> str:
    return f"https://localhost:{server.port}{path}"


def test_a_server_with_a_good_certificate_is_called(authority: Authority) -> None:
    with serving(answers(page(KEYS)), tls=authority.server("localhost")) as server:
        assert fetch_json(secure(server), allow_loopback_http=True) == {"keys": []}


def false_servers(authority: Authority, folder: Path) -> dict[str, ssl.SSLContext]:
    return {
        "of an authority that nobody trusts": Authority.at(folder / "stranger").server("localhost"),
        "of another name": authority.server("elsewhere.example"),
        "that has ended": authority.server("localhost", days=-1),
    }


@pytest.mark.parametrize("kind", ["of an authority that nobody trusts", "of another name", "that has ended"])
def test_a_server_is_told_nothing_if_its_certificate_is_one(
    authority: Authority, tmp_path: Path, kind: str
) -> None:
    """Neither a request nor a client secret goes to who cannot show that it is the one."""
    with serving(answers(page(KEYS)), tls=false_servers(authority, tmp_path)[kind]) as server:
        for call in (
            lambda: fetch_json(secure(server), authorization="Bearer x", allow_loopback_http=True),
            lambda: post_form(secure(server), {"client_secret": "x"}, allow_loopback_http=True),
        ):
            with pytest.raises(FetchError) as refused:
                call()
            assert "CERTIFICATE_VERIFY_FAILED" in refused.value.reason
        assert server.requests == []


@pytest.mark.parametrize("found", [("127.0.0.1", "10.0.0.1"), ("127.0.0.1", "::1", "fec0::1")])
def test_a_name_is_called_only_if_every_address_of_it_may_be(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]
) -> None:
    """All of them are tried in turn, so a good first one must not open the way to the others."""
    asked: list[str] = []

    def resolve(host: str | bytes, port: int, **_: Any) -> list[Any]:
        asked.append(host.decode() if isinstance(host, bytes) else host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    with serving(answers(page(KEYS))) as server:
        with monkeypatch.context() as dns:
            dns.setattr(socket, "getaddrinfo", resolve)
            with pytest.raises(FetchError) as refused:
                fetch_json(f"http://two.example:{server.port}/", allow_loopback_http=True)
        assert f"{found[-1]}, which may not be called" in refused.value.reason
        assert server.requests == []
        assert asked == ["two.example"]


@pytest.fixture
def issuer(authority: Authority) -> Iterator[Server]:
    """An issuer on this machine, behind a certificate that is trusted."""
    with serving(
        lambda connection: connection.sendall(document), tls=authority.server("localhost")
    ) as server:
        own = f"https://localhost:{server.port}"
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        document = page(json.dumps({"issuer": own, **{name: f"{own}/{name}" for name in names}}))
        yield server


def ask_trusted_issuer(services: Services, own: str) -> None:
    with suppress(InvalidToken, Unavailable):
        services.tokens.trusted_issuers.verify(forge.signed(body=forge.payload(iss=own)))


def ask_provider(services: Services, own: str) -> None:
    with suppress(Unavailable):
        services.federation.begin("there", browser="b" * 26, return_to=None, source=SOURCE)


@pytest.mark.parametrize("ask", [ask_trusted_issuer, ask_provider])
@pytest.mark.parametrize("production", [False, True])
def test_in_production_nothing_on_this_machine_is_called(
    tmp_path: Path, world: World, issuer: Server, ask: Callable[[Services, str], None], production: bool
) -> None:
    """Where code runs for others, loopback is their extensions and agents, not a developer's issuer."""
    own = f"https://localhost:{issuer.port}"
    environ = {
        "CUPBEARER_STORE": f"sqlite:///{tmp_path / 'a.db'}",
        "CUPBEARER_TRUSTED_ISSUERS": json.dumps([{"issuer": own, "audience": "a", "scopes": "x"}]),
        "CUPBEARER_PROVIDERS": json.dumps({"there": {"issuer": own, "client_id": "c", "client_secret": "s"}}),
    }
    services = Services(replace(settings.parse(environ), production=production), world)
    ask(services, own)
    assert bool(issuer.requests) == (not production)
