"""Outbound calls to hostile servers: real sockets on loopback (FD-5, AV-1)."""

import gzip
import ipaddress
import socket
import threading
import time
from contextlib import suppress

import pytest

from chalicelib.errors import Unavailable
from chalicelib.outbound import addresses
from chalicelib.outbound.exchange import MAX_BODY_BYTES
from chalicelib.outbound.http import FetchError, fetch_json, post_form
from tests.outbound import special_purpose
from tests.support import patience
from tests.support.hostile_http import Behaviour, answers, page, serving

KEYS = '{"keys": []}'
PATIENCE = 15  # seconds: far longer than the deadline, and less than the server drips or stays silent


def fetched(url: str, seconds: float = patience.SECONDS) -> object:
    return fetch_json(url, allow_loopback_http=True, seconds=seconds)


def reason_of(url: str, seconds: float = patience.SECONDS) -> str:
    with pytest.raises(FetchError) as failed:
        fetched(url, seconds)
    return failed.value.reason


@pytest.mark.parametrize("media_type", ["application/json", "application/jwk-set+json; charset=utf-8"])
def test_a_json_page_is_its_value(media_type: str) -> None:
    with serving(answers(page(KEYS, media_type=media_type))) as server:
        assert fetched(server.url + "?a=1") == {"keys": []}
        (request,) = server.requests
        assert request.startswith(b"GET /jwks.json?a=1 HTTP/1.1\r\n")
        assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in request
        assert b"Accept-Encoding: identity\r\n" in request


def test_a_chunked_answer_is_read() -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(answers(f'{head}8\r\n{{"keys":\r\n4\r\n []}}\r\n0\r\n\r\n')) as server:
        assert fetched(server.url) == {"keys": []}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with serving(answers(page(KEYS))) as target:
        moved = page(KEYS, status=status, more=f"Location: {target.url}\r\n")
        with serving(answers(moved)) as server:
            assert "redirect" in reason_of(server.url)
            with pytest.raises(FetchError):
                post_form(server.url, {"a": "b"}, allow_loopback_http=True)
        assert target.requests == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (page("<html>", media_type="text/html"), "not JSON"),
        (page(KEYS, media_type="text/plain"), "not JSON"),
        (page(KEYS, media_type="application/jsonp"), "not JSON"),
        (page(KEYS, media_type="application/xml+jsonx"), "not JSON"),
        (page(KEYS, status="404 Not Found"), "404"),
        (page(KEYS, status="500 Oops"), "500"),
        (page("<html>"), "strict JSON"),
        (page(""), "strict JSON"),
        (page('{"keys": [], "keys": [1]}'), "strict JSON"),
        (page("[" * 100_000), "strict JSON"),
        (page('{"a": NaN}'), "strict JSON"),
        (page(b"\xff\xfe"), "strict JSON"),
        (page(KEYS)[:-3], "strict JSON"),
        (page('"' + "a" * MAX_BODY_BYTES + '"'), "256 KB"),
        (page(gzip.compress(b"0" * 10_000_000), more="Content-Encoding: gzip\r\n"), "compressed"),
        (page(gzip.compress(b"0" * 10_000_000)), "strict JSON"),
        (b"", "RemoteDisconnected"),
        (b"SSH-2.0-OpenSSH\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "HTTPException"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000, "LineTooLong"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n{", "strict JSON"),
        (b"HTTP/1.1 999999 OK\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n", "strict JSON"),
    ],
)
def test_an_answer_to_rely_on_is_small_plain_strict_json_with_200(answer: bytes, why: str) -> None:
    with serving(answers(answer)) as server:
        assert why in reason_of(server.url)


def silence(connection: socket.socket) -> None:
    """Wait for the other side to go away."""
    connection.recv(1)


def drip(first: bytes, letter: bytes) -> Behaviour:
    def send(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(first)
            for _ in range(400):  # far longer than anybody waits, even on a busy machine
                connection.sendall(letter)
                time.sleep(0.05)

    return send


@pytest.mark.parametrize(
    "behaviour",
    [
        silence,
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\n", b"a"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\n \r\n",
        ),
    ],
    ids=["silence", "body", "header", "continue", "chunks"],
)
def test_the_deadline_holds_over_the_whole_exchange(behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        begun = time.monotonic()
        assert "0.4 s" in reason_of(server.url, 0.4)
        assert time.monotonic() - begun < PATIENCE
    for thread in threading.enumerate():
        if thread.name == "cupbearer-http":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_a_tls_server_that_never_shakes_hands_is_left_in_time() -> None:
    with serving(silence) as server:
        begun = time.monotonic()
        reason_of(server.url.replace("http:", "https:"), 0.3)
        assert time.monotonic() - begun < PATIENCE


def test_a_port_where_nobody_listens_is_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "no connection" in reason_of(f"http://127.0.0.1:{port}/")


def test_a_plain_http_answer_to_https_is_trouble() -> None:
    with serving(answers(page(KEYS))) as server:
        assert "SSL" in reason_of(server.url.replace("http:", "https:"))


def test_every_failure_is_unavailable_to_those_who_ask() -> None:
    """AZ-5: subjects know Unavailable and nothing of HTTP."""
    with pytest.raises(Unavailable):
        fetch_json("https://127.0.0.1:1/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f.1:{port}/",
        "https://127.1:{port}/",
        "https://0:{port}/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://192.168.0.1/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
    ],
)
def test_this_machine_and_private_networks_are_never_called(url: str) -> None:
    """FD-5: whatever the spelling, the address behind it counts."""
    with serving(answers(page(KEYS))) as server:
        with pytest.raises(FetchError):
            fetch_json(url.format(port=server.port))
        assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jwks.json",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "HTTP//127.0.0.1",
        "http://",
        "http:///jwks",
        "http://user:pass@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/#a",
        "http://127.0.0.1\\@evil/",
        "http://127.0.0.1/\r\nX: y",
        "http://127.0.0.1/\ta",
        "http://127.0.0.1/a b",
        "http://[::1/",
        "http://127.0.0.1/é",
        "http://127.0.0.1/" + "a" * 2048,
    ],
)
def test_a_url_of_another_form_is_not_called(url: str) -> None:
    assert "URL" in reason_of(url)


def test_plain_http_goes_to_loopback_only() -> None:
    assert "may not be called" in reason_of("http://93.184.215.14/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers(page('"proxy"'))) as proxy, serving(answers(page(KEYS))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetched(server.url) == {"keys": []}
        assert proxy.requests == []


def test_a_form_is_sent_once_and_its_refusal_is_an_answer() -> None:
    refusal = page('{"error": "invalid_grant"}', status="400 Bad Request")
    with serving(answers(refusal)) as server:
        answer = post_form(
            server.url, {"code": "a b&c", "x": "é"}, authorization="Basic eDp5", allow_loopback_http=True
        )
        assert (answer.status, answer.body) == (400, {"error": "invalid_grant"})
        (request,) = server.requests
        assert b"Authorization: Basic eDp5\r\n" in request
        assert request.endswith(b"code=a+b%26c&x=%C3%A9")


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "192.0.1.1",
        "192.88.98.1",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "2001:200::1",
        "64:ff9b::5db8:d70e",
        "::ffff:93.184.215.14",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - it is to be refused
        "10.1.2.3",
        "100.100.100.200",
        "127.0.0.1",
        "169.254.170.2",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.251",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "ff0e::1",
        "fec0::1",  # site-local, deprecated by RFC 3879
        "3fff::1",  # documentation, RFC 9637
        "192.88.99.1",  # relays of 6to4, deprecated by RFC 7526
        "2002:c058:6301::",  # the same in IPv6
        "2002:5db8:d70e::1",  # 6to4 to a public address: which relay takes it there nobody knows
        "64:ff9b::c058:6301",
        "192.0.0.8",
        "192.0.0.9",  # the nearest port control server, RFC 7723
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "198.51.100.1",
        "203.0.113.1",
        "64:ff9b:1::5db8:d70e",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:1::1",
        "2001:20::1",
        "2620:4f:8000::1",
        "5f00::1",
        "4000::1",  # never given out
        "::5db8:d70e",
        "::ffff:0:5db8:d70e",
    ],
)
def test_private_and_special_addresses_are_not(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "network", [row[0] for row in (*special_purpose.IPV4, *special_purpose.IPV6)], ids=str
)
def test_no_address_of_a_special_purpose_registry_is_public(network: str) -> None:
    """FD-5: from the first to the last of each row."""
    block = ipaddress.ip_network(network)
    for address in {block[0], block[block.num_addresses // 2], block[-1]}:
        assert not addresses.is_public(str(address))


@pytest.mark.parametrize("prefix", special_purpose.STANDS_FOR_IPV4)
@pytest.mark.parametrize("network", [row[0] for row in special_purpose.IPV4])
def test_an_ipv6_address_that_stands_for_a_special_ipv4_one_is_not_public(prefix: str, network: str) -> None:
    outer, inner = ipaddress.ip_network(prefix), ipaddress.ip_network(network)
    for address in {inner[0], inner[-1]}:
        assert not addresses.is_public(str(outer[int(address)]))


def test_whatever_python_calls_private_is_not_public() -> None:
    """Whichever version runs the tests."""
    rows = (row[0] for row in (*special_purpose.IPV4, *special_purpose.IPV6))
    first = [ipaddress.ip_network(row)[0] for row in rows]
    around = {
        ip + step for ip in first for step in (-1, 0, 1) if int(ip) > 0 and str(ip) != "255.255.255.255"
    }
    wrong = [str(ip) for ip in around if not ip.is_global and addresses.is_public(str(ip))]
    assert wrong == []
