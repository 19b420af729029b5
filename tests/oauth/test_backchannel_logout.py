"""Back-channel log-out: each client that took part in a log-in is told when it ends (OpenID Connect Back-Channel Logout 1.0)."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from app import deliver_mail
from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import Invalid, NotFound
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from chalicelib.outbound.back_channel import BackChannel
from chalicelib.outbox.delivery import BACK_OFF, LEASE_SECONDS, MAX_TRIES, Outcome
from chalicelib.outbox.function import DeliveryUnfinished
from chalicelib.outbox.line import NotSent
from chalicelib.sessions.log_outs import KIND
from chalicelib.sessions.session import SessionRequest
from chalicelib.sessions.session_room import MAX_SESSIONS, MAX_SESSIONS_OF_A_CLIENT
from chalicelib.store import Insert, Replace, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.wiring import services, using
from chalicelib.world import World
from cupbearer.testing import Clock, QuickServices
from tests.oauth.server import CALLBACK, PASSWORD, SOURCE, App, Browser, Server, payload_of
from tests.parts.relying_party import RelyingParty, listening, part
from tests.support.overtaken import overtaken

if TYPE_CHECKING:
    from tests.store.places import DynamoPlace

OFFLINE = "openid offline_access"


@pytest.fixture(scope="module")
def _listening() -> Iterator[RelyingParty]:
    with listening() as party:
        yield party


class Heard:
    """A courier that delivers nothing and keeps the lines that it is told of; ``fault`` is what it meets."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fault: Exception | None = None

    def __call__(self, lines: tuple[str, ...]) -> None:
        self.lines += lines
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def soon() -> Heard:
    return Heard()


@pytest.fixture
def store(request: pytest.FixtureRequest, store: SqliteStore, world: World) -> Store:
    """SQLite, or where a test says so DynamoDB."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return store
    place: DynamoPlace = request.getfixturevalue("dynamodb")
    return place.open(now=world.now)


@pytest.fixture
def server(server: Server, soon: Heard) -> Server:
    server.services.log_outs.courier = soon
    return server


@pytest.fixture
def party(_listening: RelyingParty) -> RelyingParty:
    _listening.posts.clear()
    _listening.status, _listening.headers, _listening.meets = 200, {}, None
    return _listening


def told_client(server: Server, party: RelyingParty, **wanted: Any) -> App:
    return server.client(options=ClientOptions(backchannel_logout_uri=party.uri), **wanted)


@dataclass
class LoggedIn:
    """Zoe at a client that is told, and at her browser. ``sid`` is the one of the client's ID token."""

    server: Server
    shop: App
    browser: Browser
    party: RelyingParty
    tokens: dict[str, str]
    user_id: str

    @property
    def sid(self) -> str:
        return str(payload_of(self.tokens["id_token"])["sid"])

    def deliver(self) -> Outcome:
        return self.server.services.log_outs.outbox.deliver_due()

    def log_out(self) -> None:
        url = f"/oauth/logout?{urlencode({'id_token_hint': self.tokens['id_token']})}"
        assert self.browser.ask("GET", url).status in (200, 303)

    @property
    def bearer(self) -> dict[str, str]:
        """Another log-in of hers, by our own app."""
        body = json.dumps({"username": "zoe", "password": PASSWORD}).encode()
        reply = self.server.ask("POST", "/sessions", body=body, headers={"Content-Type": "application/json"})
        return {"Authorization": f"Bearer {reply.json['access_token']}", "Content-Type": "application/json"}


@pytest.fixture
def zoe_at(server: Server, party: RelyingParty, zoe: LogInResult, browser: Browser) -> LoggedIn:
    shop = told_client(server, party)
    tokens = dict(shop.redeem(shop.code(browser)).json)
    return LoggedIn(server, shop, browser, party, tokens, zoe.user.user_id)


def test_the_token_says_who_which_session_and_that_it_is_a_log_out(zoe_at: LoggedIn, clock: Clock) -> None:
    """BL-3, BL-4."""
    zoe_at.log_out()
    assert zoe_at.deliver().sent == 1
    (token,) = zoe_at.party.tokens
    keys = zoe_at.server.services.keys.ring
    assert part(token, 0) == {"typ": "logout+jwt", "alg": "ES256", "kid": keys.signing_key().kid}
    claims = part(token, 1)
    assert claims.pop("jti")
    assert claims == {
        "iss": "https://auth.example.com/api",
        "sub": zoe_at.user_id,
        "aud": zoe_at.shop.client_id,
        "iat": int(clock.now),
        "exp": int(clock.now) + 120,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sid": zoe_at.sid,
    }


def test_it_is_posted_as_a_form_to_the_uri_with_its_query(zoe_at: LoggedIn) -> None:
    zoe_at.log_out()
    zoe_at.deliver()
    ((media_type, body),) = zoe_at.party.posts
    assert media_type == "application/x-www-form-urlencoded"
    assert body.startswith(b"logout_token=")


def test_a_logout_token_is_neither_an_access_token_nor_a_hint(zoe_at: LoggedIn) -> None:
    """BL-4: kinds never mix."""
    zoe_at.log_out()
    zoe_at.deliver()
    (token,) = zoe_at.party.tokens
    bearer = {"Authorization": f"Bearer {token}"}
    assert zoe_at.server.ask("GET", "/oauth/userinfo", headers=bearer).status == 401
    assert zoe_at.server.ask("GET", f"/oauth/logout?{urlencode({'id_token_hint': token})}").status == 400


def at_the_page(zoe_at: LoggedIn) -> None:
    page = zoe_at.browser.ask("GET", "/oauth/logout")
    zoe_at.browser.send("/oauth/logout", page.form)


def by_delete_sessions(zoe_at: LoggedIn) -> None:
    reply = zoe_at.server.ask("DELETE", f"/sessions/{zoe_at.sid}", headers=zoe_at.bearer)
    assert reply.status == 204, reply.text


def by_ending_all(zoe_at: LoggedIn) -> None:
    assert zoe_at.server.ask("DELETE", "/sessions", headers=zoe_at.bearer).status == 204


def by_withdrawing_consent(zoe_at: LoggedIn) -> None:
    path = f"/users/me/consents/{zoe_at.shop.client_id}"
    assert zoe_at.server.ask("DELETE", path, headers=zoe_at.bearer).status == 204


def by_a_new_password(zoe_at: LoggedIn) -> None:
    administration = services().accounts.administration
    administration.set_password(zoe_at.user_id, new="another horse battery staple", source=SOURCE)


def by_her_own_new_password(zoe_at: LoggedIn) -> None:
    body = f'{{"current_password": "{PASSWORD}", "new_password": "another horse battery staple"}}'.encode()
    reply = zoe_at.server.ask("PUT", "/users/me/password", body=body, headers=zoe_at.bearer)
    assert reply.status == 204, reply.text


def by_an_operator(zoe_at: LoggedIn) -> None:
    services().accounts.administration.end_session(zoe_at.user_id, zoe_at.sid, source=SOURCE)


def by_disabling(zoe_at: LoggedIn) -> None:
    administration = services().accounts.administration
    administration.administer(zoe_at.user_id, disabled=True, source=SOURCE)


def by_deletion(zoe_at: LoggedIn) -> None:
    services().accounts.deletion.delete(zoe_at.user_id, at_once=True, source=SOURCE)


def by_a_refresh_token_used_twice(zoe_at: LoggedIn) -> None:
    first = zoe_at.tokens["refresh_token"]
    zoe_at.shop.refresh(first)
    zoe_at.server.services.world.now.advance(600)  # type: ignore[attr-defined]
    assert zoe_at.shop.refresh(first).json["reason"] == "reused"


def by_another_person_at_the_browser(zoe_at: LoggedIn) -> None:
    """SE-8: the browser's earlier log-in ends."""
    zoe_at.server.person("ann")
    zoe_at.browser.log_in(username="ann")


WAYS = [
    LoggedIn.log_out, at_the_page, by_delete_sessions, by_ending_all, by_withdrawing_consent, by_a_new_password,
    by_her_own_new_password, by_an_operator, by_disabling, by_deletion, by_a_refresh_token_used_twice,
    by_another_person_at_the_browser,
]  # fmt: skip


@pytest.mark.parametrize("end", WAYS, ids=lambda end: end.__name__)
def test_however_a_log_in_ends_its_client_is_told_once_and_soon(
    zoe_at: LoggedIn, soon: Heard, end: Callable[[LoggedIn], None]
) -> None:
    """BL-1, BL-2: by a delivery that the act itself begins."""
    end(zoe_at)
    assert len(soon.lines) == 1
    zoe_at.deliver()
    assert [(claims["sub"], claims["sid"]) for claims in zoe_at.party.told] == [(zoe_at.user_id, zoe_at.sid)]
    assert zoe_at.deliver() == Outcome()


def test_a_client_that_revokes_its_own_token_is_not_told_what_it_knows(zoe_at: LoggedIn) -> None:
    zoe_at.shop.post("/oauth/revoke", token=zoe_at.tokens["refresh_token"])
    assert zoe_at.deliver() == Outcome()
    assert zoe_at.shop.refresh(zoe_at.tokens["refresh_token"]).status == 400


def test_with_a_log_in_ends_what_clients_got_by_it_but_for_offline_access(zoe_at: LoggedIn) -> None:
    """BL-6: section 2.7. Both are told; a client that is told nowhere keeps what it has, as ever."""
    lasting, silent = (
        told_client(zoe_at.server, zoe_at.party, name="Lasting"),
        zoe_at.server.client(name="Silent"),
    )
    kept = [app.redeem(app.code(zoe_at.browser, scope=OFFLINE)).json for app in (lasting, silent)]
    at_the_page(zoe_at)
    assert zoe_at.deliver().sent == 2
    assert zoe_at.party.sids == {zoe_at.sid, payload_of(kept[0]["id_token"])["sid"]}
    assert zoe_at.shop.refresh(zoe_at.tokens["refresh_token"]).json["reason"] == "revoked"
    for each, tokens in zip((lasting, silent), kept, strict=True):
        assert each.refresh(tokens["refresh_token"]).status == 200


def test_another_log_in_of_hers_stays_untold(zoe_at: LoggedIn) -> None:
    elsewhere = zoe_at.server.browser()
    zoe_at.shop.redeem(zoe_at.shop.code(elsewhere))
    zoe_at.log_out()
    zoe_at.deliver()
    assert zoe_at.party.sids == {zoe_at.sid}


def test_who_logs_in_again_at_a_browser_stays_logged_in_at_clients_until_she_logs_out(
    zoe_at: LoggedIn,
) -> None:
    """BL-5, SE-8: another session takes the place of the first, twice; both clients are of the last."""
    zoe_at.browser.log_in()
    second = zoe_at.shop.redeem(zoe_at.shop.code(zoe_at.browser)).json
    zoe_at.browser.log_in()
    assert zoe_at.deliver() == Outcome()
    at_the_page(zoe_at)
    zoe_at.deliver()
    assert zoe_at.party.sids == {zoe_at.sid, payload_of(second["id_token"])["sid"]}


def test_who_uses_no_such_client_pays_nothing(zoe_at: LoggedIn) -> None:
    """BL-8: nothing more is written of her, and no request more is made when all her sessions end."""
    zoe_at.server.person("ann")
    silent, browser = zoe_at.server.client(name="Silent"), zoe_at.server.browser()
    browser.log_in(username="ann")
    silent.redeem(silent.code(browser))
    at = zoe_at.server.services
    ann = at.accounts.users.find("ann")
    assert ann is not None
    records = at.store.list(f"user#{ann.user_id}").records
    assert not {"login_id", "tells_clients"} & {name for record in records for name in record.data}
    watched = Watched(at.store)
    QuickServices(at.settings, at.world, store=watched).accounts.administration.end_session(
        ann.user_id, None, source=SOURCE
    )
    assert watched.asked == ["get", "commit"]


class Watched:
    """A store that keeps the names of what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._store, name)


def test_the_word_of_a_log_out_is_stored_with_it_and_outlives_its_process(
    zoe_at: LoggedIn, soon: Heard
) -> None:
    """BL-2: nobody delivered; another process does, when it looks."""
    soon.fault = OSError("the network is gone")
    zoe_at.log_out()
    at = zoe_at.server.services
    another = QuickServices(at.settings, at.world, store=at.store)
    assert another.log_outs.outbox.deliver_due().sent == 1
    assert zoe_at.party.sids == {zoe_at.sid}


def test_a_deliverer_that_is_killed_leaves_the_line_to_the_next(
    zoe_at: LoggedIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    zoe_at.log_out()
    with monkeypatch.context() as patched:
        patched.setattr("chalicelib.oauth.backchannel_logout.BackChannelLogout.send", killed)
        with pytest.raises(KeyboardInterrupt):
            zoe_at.deliver()
    assert zoe_at.deliver() == Outcome()
    clock.advance(LEASE_SECONDS)
    assert zoe_at.deliver().sent == 1


def test_a_log_out_that_is_asked_for_twice_at_once_is_told_once(zoe_at: LoggedIn) -> None:
    at = zoe_at.server.services
    second = overtaken(at, lambda: at.authentication.sessions.end(zoe_at.user_id, zoe_at.sid, source=SOURCE))
    with pytest.raises(NotFound):
        second.authentication.sessions.end(zoe_at.user_id, zoe_at.sid, source=SOURCE)
    assert zoe_at.deliver().sent == 1


@pytest.mark.parametrize(
    "end", [by_disabling, by_deletion, by_ending_all, at_the_page, by_withdrawing_consent]
)
def test_a_client_that_joins_while_a_log_in_ends_gets_nothing_or_is_told(
    zoe_at: LoggedIn, end: Callable[[LoggedIn], None]
) -> None:
    """BL-1: the code is redeemed in the moment before the end is committed, and after its reading."""
    code = zoe_at.shop.code(zoe_at.browser)
    joined: list[Any] = []
    at = zoe_at.server.services
    late = overtaken(
        at,
        lambda: joined.append(zoe_at.shop.redeem(code).json),
        matters=lambda write: write.key.partition == KIND.waiting if isinstance(write, Insert) else False,
    )
    with using(late):
        end(zoe_at)
    zoe_at.deliver()
    assert zoe_at.party.sids == {zoe_at.sid, payload_of(joined[0]["id_token"])["sid"]}


@pytest.mark.parametrize("status", [200, 204])
def test_both_statuses_of_success_are_one(zoe_at: LoggedIn, status: int) -> None:
    """BL-7: section 2.8."""
    zoe_at.party.status = status
    zoe_at.log_out()
    assert zoe_at.deliver().sent == 1


def test_what_a_client_refuses_is_not_sent_again_and_is_given_up_aloud(
    zoe_at: LoggedIn, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """BL-7: sections 2.5 and 2.8."""
    caplog.set_level(logging.INFO, "cupbearer")
    zoe_at.party.status = 400
    zoe_at.log_out()
    assert zoe_at.deliver().given_up == 1
    clock.advance(BACK_OFF[0])
    assert zoe_at.deliver() == Outcome()
    assert len(zoe_at.party.posts) == 1
    said = {record.getMessage(): record for record in caplog.records}
    assert said["log_out_given_up"].levelno == logging.ERROR
    assert "LogOutGivenUp" in said
    (listed,) = zoe_at.server.services.log_outs.outbox.lines()
    assert (listed.due, listed.line.reason) == (None, "status 400: the client refused the log-out")


@pytest.mark.parametrize("status", [500, 503, 429, 404, 302])
def test_a_client_in_trouble_is_told_later_each_time_by_a_token_of_its_own(
    zoe_at: LoggedIn, clock: Clock, status: int
) -> None:
    """BL-7: a redirect is not followed either (FD-5)."""
    zoe_at.party.status, zoe_at.party.headers = status, {"Location": zoe_at.party.uri}
    zoe_at.log_out()
    assert zoe_at.deliver().again == 1
    assert zoe_at.deliver() == Outcome()
    zoe_at.party.status = 200
    clock.advance(BACK_OFF[0])
    assert zoe_at.deliver().sent == 1
    first, second = zoe_at.party.told
    assert first["jti"] != second["jti"]
    assert second["exp"] == first["exp"] + BACK_OFF[0]
    assert first["sid"] == second["sid"]


def test_after_a_day_it_is_given_up_and_an_operator_may_have_it_sent_again(
    zoe_at: LoggedIn, clock: Clock
) -> None:
    zoe_at.party.status = 503
    zoe_at.log_out()
    for wait in (*BACK_OFF, 0):
        zoe_at.deliver()
        clock.advance(wait)
    assert len(zoe_at.party.posts) == MAX_TRIES
    (listed,) = zoe_at.server.services.log_outs.outbox.lines()
    assert listed.due is None
    zoe_at.party.status = 200
    assert zoe_at.server.services.log_outs.outbox.retry(listed)
    assert zoe_at.deliver().sent == 1


def test_a_client_is_told_where_it_is_registered_now_and_not_at_all_once_it_is_gone(zoe_at: LoggedIn) -> None:
    clients = zoe_at.server.services.oauth.clients
    zoe_at.log_out()
    with listening() as moved:
        options = ClientOptions(backchannel_logout_uri=moved.uri)
        clients.update(zoe_at.shop.client_id, lambda wanted: replace(wanted, options=options))
        zoe_at.deliver()
        assert len(moved.posts) == 1
    zoe_at.shop.redeem(zoe_at.shop.code(zoe_at.browser))
    at_the_page(zoe_at)
    clients.delete(zoe_at.shop.client_id)
    assert zoe_at.deliver().dropped == 1
    assert zoe_at.party.posts == []


def test_clients_are_told_side_by_side(zoe_at: LoggedIn) -> None:
    """BL-7: each of these answers when the other has been told, so neither waits for the other's answer."""
    zoe_at.party.meets = Barrier(2)
    with listening() as second:
        second.meets = zoe_at.party.meets
        other = told_client(zoe_at.server, second, name="Other")
        other.redeem(other.code(zoe_at.browser))
        at_the_page(zoe_at)
        assert zoe_at.deliver().sent == 2


def test_one_client_that_is_down_keeps_no_other_waiting(zoe_at: LoggedIn) -> None:
    with listening() as gone:
        down = told_client(zoe_at.server, gone, name="Down")
    down.redeem(down.code(zoe_at.browser))
    at_the_page(zoe_at)
    done = zoe_at.deliver()
    assert (done.sent, done.again) == (1, 1)


def test_a_client_that_begins_the_log_out_is_told_once_whatever_it_was_granted(zoe_at: LoggedIn) -> None:
    """BL-1: its own session and the browser's both end, the one after the other."""
    zoe_at.tokens = zoe_at.shop.redeem(zoe_at.shop.code(zoe_at.browser, scope=OFFLINE)).json
    first = zoe_at.sid
    zoe_at.log_out()
    zoe_at.deliver()
    assert [claims["sid"] for claims in zoe_at.party.told].count(first) == 1


@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)], indirect=True
)
def test_fifty_sessions_end_in_one_commit_and_each_is_told(
    server: Server, party: RelyingParty, zoe: LogInResult
) -> None:
    """BL-2: more than a transaction could hold, were each a line of its own."""
    at, shop = server.services, told_client(server, party)
    sessions = at.authentication.sessions
    live = sessions.require_live(zoe.user.user_id, zoe.session_id)
    wanted = SessionRequest(
        SOURCE, ("pwd",), shop.client_id, frozenset({"openid"}), comes_from=live.session, is_told=True
    )
    made = [sessions.compose(live.user, wanted) for _ in range(MAX_SESSIONS)]
    at.store.commit(
        *sessions.holding(live, for_told=True), *(write for _, _, writes in made for write in writes)
    )
    sessions.end(zoe.user.user_id, zoe.session_id, source=SOURCE)
    (line,) = at.log_outs.outbox.lines()
    assert len(line.line.sessions) == MAX_SESSIONS
    assert at.log_outs.outbox.deliver_due().sent == MAX_SESSIONS
    assert party.sids == {session.session_id for session, _, _ in made}
    assert [*at.log_outs.outbox.lines()] == []


def test_the_longest_unused_of_too_many_sessions_is_told_that_it_gave_way(
    zoe_at: LoggedIn, clock: Clock
) -> None:
    """DS-3."""
    for _ in range(MAX_SESSIONS_OF_A_CLIENT):
        clock.advance(1)
        zoe_at.shop.redeem(zoe_at.shop.code(zoe_at.browser))
    zoe_at.deliver()
    assert [claims["sid"] for claims in zoe_at.party.told] == [zoe_at.sid]


def test_a_line_of_a_newer_release_is_read(zoe_at: LoggedIn) -> None:
    """DP-4."""
    zoe_at.log_out()
    (listed,) = zoe_at.server.services.log_outs.outbox.lines()
    zoe_at.server.services.store.commit(Replace(listed.record, {**listed.record.data, "colour": "red"}))
    assert zoe_at.deliver().sent == 1


def test_the_function_that_delivers_is_told_of_log_outs_and_calls_again_where_that_helps(
    zoe_at: LoggedIn, soon: Heard, clock: Clock
) -> None:
    zoe_at.party.status = 503
    zoe_at.log_out()
    with pytest.raises(DeliveryUnfinished):
        deliver_mail({"log_outs": soon.lines}, None)
    zoe_at.party.status = 200
    clock.advance(BACK_OFF[0])
    assert deliver_mail({"log_outs": soon.lines}, None) == {"sent": 1}


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://169.254.169.254/latest", "https://10.0.0.1/x",
        "https://[::1]/x", "https://[fd00::1]/x", "http://127.0.0.1:9/x", "http://example.com/x", "https://a@b.example/x",
        "ftp://example.com/x",
    ],
)  # fmt: skip
def test_no_log_out_is_posted_to_this_machine_or_a_private_network(url: str) -> None:
    """BL-9, FD-5: in production."""
    with pytest.raises(NotSent) as failure:
        BackChannel(allow_loopback_http=False).post(url, {"logout_token": "x"})
    assert "may not be called" in failure.value.reason or "URL" in failure.value.reason


@pytest.mark.parametrize(
    "uri",
    [
        "http://shop.example/x", "https://shop.example/x#y", "https://a@shop.example/x", "/x", "", "javascript:alert(1)",
        "https://shop.example/" + "x" * 1024, "https://*.example/x", "com.example.app:/x", "https://shop.example/ x",
    ],
)  # fmt: skip
def test_a_uri_that_may_not_be_registered(server: Server, uri: str) -> None:
    """BL-9."""
    with pytest.raises(Invalid):
        server.client(options=ClientOptions(backchannel_logout_uri=uri))


def test_http_is_for_a_confidential_client_of_this_machine_in_development(
    server: Server, store: Store, world: World, tmp_path: Path
) -> None:
    """BL-9."""
    options = ClientOptions(backchannel_logout_uri="http://localhost:3000/x")
    server.client(options=options)
    with pytest.raises(Invalid, match="public"):
        server.client(options=options, public=True)
    clients = replace(server.services.oauth.clients, production=True)
    with pytest.raises(Invalid, match="production"):
        clients.create(Registration("Shop", redirect_uris=(CALLBACK,), options=options))


def test_discovery_says_so(server: Server) -> None:
    """BL-10."""
    found = server.ask("GET", "/.well-known/openid-configuration").json
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
