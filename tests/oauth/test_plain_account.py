"""The account by forms: only our own form of this very log-in acts, and what is sensitive asks for a fresh proof (BR-2, MF-3)."""

from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth import factors
from tests.oauth.server import ISSUER, PASSWORD, Browser, Reply, Server, open_server, services

PATH = "/account/plain"


def _send(browser: Browser, page: Reply, **fields: str) -> Reply:
    return browser.send(PATH, {"csrf": page.form["csrf"], **fields})


def _address(server: Server, person: LogInResult) -> str | None:
    return server.services.accounts.users.require(person.user.user_id).email


def test_nobody_is_led_to_the_log_in(browser: Browser) -> None:
    assert browser.ask("GET", PATH).location == f"{ISSUER}/login"


@pytest.mark.parametrize("csrf", ["", "x", "of the log-in page"])
def test_a_form_that_is_not_of_this_page_changes_nothing(
    server: Server, browser: Browser, zoe: LogInResult, csrf: str
) -> None:
    browser.log_in()
    token = browser.go("/login").form["csrf"] if csrf.startswith("of") else csrf
    reply = browser.send(PATH, {"csrf": token, "act": "email", "email": "evil@example.com"})
    assert reply.status == 400
    assert _address(server, zoe) == "zoe@example.com"


def test_another_persons_log_in_at_the_browser_does_not_send_the_form(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    page = browser.go(PATH)
    server.person("amy")
    browser.log_in(browser.go("/login"), username="amy")
    assert _send(browser, page, act="email", email="evil@example.com").status == 400


def test_an_old_log_in_is_asked_for_the_password_and_what_was_typed_is_kept(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock
) -> None:
    browser.log_in()
    clock.advance(6 * 60)
    asked = _send(browser, browser.go(PATH), act="email", email="zoe@example.org")
    assert "Is it you?" in asked.text
    assert (asked.form["act"], asked.form["email"]) == ("email", "zoe@example.org")
    wrong = _send(browser, asked, act="email", email="zoe@example.org", password="wrong wrong")
    assert "wrong wrong" not in wrong.text
    assert _address(server, zoe) == "zoe@example.com"
    done = _send(browser, wrong, act="email", email="zoe@example.org", password=PASSWORD)
    assert "Your address is changed" in done.text
    assert _address(server, zoe) == "zoe@example.org"


@pytest.mark.parametrize("has_app", [False, True])
@pytest.mark.parametrize("act", ["app", "codes", "remove"])
def test_what_guards_the_account_asks_for_a_proof_of_the_last_five_minutes(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock, act: str, has_app: bool
) -> None:
    """MF-3: the second factor of who has one, and then the password is none."""
    person = factors.with_totp(server, clock, zoe) if has_app else None
    browser.log_in() if person is None else factors.show(browser, browser.log_in(), totp=person.code())
    clock.advance(6 * 60)
    form = {"act": act, "factor": "totp"}
    asked = _send(browser, browser.go(PATH), **form)
    assert "Is it you?" in asked.text
    if person is None:
        return
    assert "Is it you?" in _send(browser, asked, **form, password=PASSWORD).text
    assert "Is it you?" in _send(browser, asked, **form, code="000000").text
    assert person.factors.totp
    done = _send(browser, asked, **form, code=person.code())
    assert {"app": "Six digits", "codes": "I have kept them", "remove": "It is removed"}[act] in done.text
    assert (person.factors.totp is None) == (act == "remove")


def test_another_session_is_ended_and_no_act_is_invented(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    page = browser.go(PATH)
    _send(browser, page, act="end", session=zoe.session_id)
    assert len(server.services.authentication.sessions.live(zoe.user.user_id)) == 1
    assert _send(browser, page, act="become-operator").status == 400


@pytest.mark.parametrize(("act", "field"), [("end", "session"), ("withdraw", "client")])
@pytest.mark.parametrize("text", ["a" * 2000, "\U0001f984" * 300])
def test_what_is_too_long_to_be_anything_is_not_found(
    browser: Browser, zoe: LogInResult, act: str, field: str, text: str
) -> None:
    """IN-2: and no fault of ours."""
    browser.log_in(username=zoe.user.username)
    assert _send(browser, browser.go(PATH), act=act, **{field: text}).status == 404


def test_an_application_has_no_access_after_it_was_taken_back(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    app = server.client(name="Teapot & <b>Sons</b>")
    browser.log_in(browser.go(app.authorize_url()))
    browser.consent(browser.go(app.authorize_url()))
    page = browser.go(PATH)
    assert "Teapot &amp; &lt;b&gt;Sons&lt;/b&gt;" in page.text
    after = _send(browser, page, act="withdraw", client=app.client_id)
    assert "has no access any more" in after.text
    assert "Teapot" not in after.text
    assert server.services.oauth.consents.of(zoe.user.user_id) == ()
    assert _send(browser, page, act="withdraw", client=app.client_id).status == 404


DATA, SENSITIVE = f"{PATH}/data", {"data": (f"{PATH}/data", {}), "delete": (PATH, {"act": "delete"})}


@pytest.mark.parametrize("name", SENSITIVE)
def test_no_other_page_takes_the_data_or_the_account(
    server: Server, browser: Browser, zoe: LogInResult, name: str
) -> None:
    path, fields = SENSITIVE[name]
    browser.log_in()
    page = browser.go(PATH)
    for csrf in ("", "x", browser.go("/login").form["csrf"]):
        reply = browser.send(path, {**fields, "csrf": csrf})
        assert (reply.status, "form is too old" in reply.text) == (400, True)
    foreign = browser.ask(
        "POST",
        path,
        form={**fields, "csrf": page.form["csrf"]},
        headers={"Origin": "https://evil.example"},
    )
    assert foreign.status == 400
    assert _exists(server, zoe)


@pytest.mark.parametrize("name", SENSITIVE)
def test_an_old_log_in_gives_neither_away_without_the_password(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock, name: str
) -> None:
    path, fields = SENSITIVE[name]
    browser.log_in()
    clock.advance(6 * 60)
    asked = browser.send(path, {**fields, "csrf": browser.go(PATH).form["csrf"]})
    assert "Is it you?" in asked.text
    assert f'action="/api{path}"' in asked.text
    wrong = browser.send(path, {**asked.form, "password": "wrong wrong"})
    assert "Is it you?" in wrong.text
    assert _exists(server, zoe)
    assert browser.send(path, {**wrong.form, "password": PASSWORD}).status == 200


def _exists(server: Server, person: LogInResult) -> bool:
    user = server.services.accounts.users.get(person.user.user_id)
    return user is not None and not user.disabled


def test_the_data_is_a_file_to_keep(server: Server, browser: Browser, zoe: LogInResult) -> None:
    browser.log_in()
    file = browser.send(DATA, {"csrf": browser.go(PATH).form["csrf"]})
    assert (file.status, file.json["profile"]["username"]) == (200, "zoe")
    assert [each["current"] for each in file.json["sessions"]].count(True) == 1
    assert file.headers["Content-Disposition"] == 'attachment; filename="cupbearer-data.json"'
    assert browser.server.browser().ask("POST", DATA, form={}).location == f"{ISSUER}/login"


def test_a_deleted_account_is_gone_and_the_browser_forgets_it(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    done = _send(browser, browser.go(PATH), act="delete")
    assert (done.status, "Your account is deleted" in done.text) == (200, True)
    assert not _exists(server, zoe)
    assert browser.ask("GET", PATH).location == f"{ISSUER}/login"


def test_with_a_grace_the_account_is_closed_and_the_page_says_until_when(
    store: Store, world: World, tmp_path: Path
) -> None:
    with open_server(services(store, world, tmp_path, DELETION_GRACE_DAYS="7")) as server:
        server.person("zoe")
        browser = server.browser()
        browser.log_in()
        page = browser.go(PATH)
        assert "deleted after 7 days" in page.text
        done = _send(browser, page, act="delete")
        assert "Your account is closed" in done.text
        assert "22 Jan 2027" in done.text
        assert "This account is closed" in browser.log_in().text


def test_a_remembered_browser_is_forgotten_on_a_fresh_factor(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock
) -> None:
    person = factors.with_totp(server, clock, zoe)
    factors.remembered(browser, person)
    (device,) = person.factors.devices
    clock.advance(6 * 60)
    page = browser.go(PATH)
    assert "Browsers that are not asked" in page.text
    for csrf in ("", "x"):
        assert browser.send(PATH, {"csrf": csrf, "act": "forget", "factor": device.factor_id}).status == 400
    asked = _send(browser, page, act="forget", factor=device.factor_id)
    assert (asked.form["act"], asked.form["factor"]) == ("forget", device.factor_id)
    assert person.factors.devices
    done = browser.send(PATH, {**asked.form, "code": person.next_code()})
    assert "asked for the second factor again" in done.text
    assert not person.factors.devices
    assert "Browsers that are not asked" not in done.text
