"""The account as its person sees it, in an operator's browser (OV-8)."""

import re

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import InsufficientScope
from tests.conftest import Clock
from tests.oauth.server import SOURCE, Browser, Reply, Server

COOKIE = "__Host-cupbearer_view"


def path_of(person: LogInResult) -> str:
    return f"/console/people/{person.user.user_id}/view"


def begin(browser: Browser, person: LogInResult) -> Reply:
    return browser.send(path_of(person), browser.go(path_of(person)).form)


def shows(page: Reply, person: LogInResult) -> bool:
    return 'class="viewing"' in page.text and (person.user.email or "-") in page.text


def test_an_operator_sees_the_page_that_the_person_sees(
    server: Server, console: Browser, zoe: LogInResult
) -> None:
    offered = console.go(path_of(zoe))
    assert offered.status == 200
    assert not shows(offered, zoe)
    page = begin(console, zoe)
    assert shows(page, zoe)
    assert "You see the account of Zoë (zoe) as Zoë sees it." in page.text
    own = server.browser()
    own.log_in()
    headings = re.findall(r"<h[12][^>]*>[^<]*", own.go("/account/plain").text)
    assert re.findall(r"<h[12][^>]*>[^<]*", page.text) == headings
    events, _ = server.services.audit.of(zoe.user.user_id)
    assert "account_viewed" in {each.event for each in events}


def test_nothing_on_it_can_be_sent_but_its_end(console: Browser, zoe: LogInResult) -> None:
    """OV-8: every other control is disabled, holds no token of ours, and no link leads out of the log-in."""
    page = begin(console, zoe).text
    banner, _, seen = page.partition('<fieldset class="viewed" disabled>')
    seen, _, after = seen.partition("</fieldset>")
    assert (banner.count("<form"), after.count("<form")) == (1, 0)
    assert seen.count("<form") > 5
    assert set(re.findall(r'name="csrf" value="([^"]*)"', seen)) == {""}
    assert "<script" not in page
    assert "logout" not in page


def test_a_form_of_it_that_is_sent_all_the_same_changes_nothing(
    server: Server, console: Browser, zoe: LogInResult
) -> None:
    """OV-2: neither the person's account nor the operator's."""
    begin(console, zoe)
    sent = console.ask("POST", path_of(zoe), form={"csrf": "", "act": "delete"})
    assert sent.status == 400
    sent = console.ask("POST", "/account/plain", form={"csrf": "", "act": "delete"})
    assert sent.status == 400
    assert server.services.accounts.users.get(zoe.user.user_id) is not None


def test_stop_looking_ends_it(console: Browser, zoe: LogInResult) -> None:
    page = begin(console, zoe)
    sealed = re.findall(r'name="csrf" value="([^"]+)"', page.text)
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    ended = console.ask("POST", path_of(zoe), form={"csrf": sealed[0], "act": "end"}, headers=own)
    assert (ended.status, ended.location.endswith(f"/people/{zoe.user.user_id}")) == (303, True)
    assert not shows(console.go(path_of(zoe)), zoe)


@pytest.mark.parametrize("end", ["ten minutes", "disabled", "another person"])
def test_it_ends_by_itself(
    server: Server, console: Browser, zoe: LogInResult, clock: Clock, end: str
) -> None:
    """OV-5."""
    shown = zoe
    assert shows(begin(console, zoe), zoe)
    if end == "ten minutes":
        clock.advance(10 * 60 + 60)
    elif end == "disabled":
        server.services.accounts.administration.administer(zoe.user.user_id, disabled=True, source=SOURCE)
    else:
        shown = server.person("yan", email="yan@example.com")
    assert 'class="viewing"' not in console.go(path_of(shown)).text


def test_its_cookie_counts_beside_the_log_in_of_its_operator_alone(
    server: Server, console: Browser, zoe: LogInResult
) -> None:
    """OV-8: neither for another operator who got hold of it, nor after another log-in of the same."""
    begin(console, zoe)
    kept = console.cookies[COOKIE]
    server.person("eve", granted="users:read users:write")
    for username in ("eve", "ada"):
        other = server.browser()
        other.log_in(username=username)
        other.cookies[COOKIE] = kept
        assert not shows(other.go(path_of(zoe)), zoe), username


def test_who_only_reads_the_console_begins_none(server: Server, zoe: LogInResult) -> None:
    """OV-4."""
    rob = server.person("rob", granted="users:read")
    browser = server.browser()
    browser.log_in(username="rob")
    page = browser.go(path_of(zoe))
    assert (page.status, "<form" in page.text) == (200, False)
    live = server.services.authentication.sessions.require_live(rob.user.user_id, rob.session_id)
    with pytest.raises(InsufficientScope):
        server.services.accounts.views.begin(live, zoe.user.user_id, source=SOURCE)


def test_an_operators_account_is_refused_on_the_page(server: Server, console: Browser) -> None:
    """OV-4."""
    other = server.person("eve", granted="users:read users:write")
    refused = begin(console, other)
    assert refused.status == 403
    assert "Nobody sees as another operator sees." in refused.text
