"""The library on another site than the service: code with PKCE, by redirects alone (LI-1, LI-2)."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Route

from tests.library.visitor import Visitor, kept, run, settled

PROFILE = "cupbearer.fetch(`${cupbearer.issuer}/profile`).then((answer) => answer.status)"
JWT = re.compile(r"eyJ[\w-]+\.eyJ")
WHY = "cupbearer.session.why?.code"
MIXED_UP = """
  const arrived = new URL(location.href);
  if (arrived.searchParams.has("iss")) {
    arrived.searchParams.set("iss", "https://evil.example");
    history.replaceState(null, "", arrived);
  }
"""


def test_somebody_logs_in_is_known_calls_an_api_and_logs_out(stranger: Visitor) -> None:
    page = stranger.open(state="out")
    assert run(page, "cupbearer.user()") is None
    assert run(page, "cupbearer.token()") is None
    stranger.log_in(page=page)
    assert run(page, "cupbearer.user()")["preferred_username"] == stranger.name
    assert run(page, PROFILE) == 200
    stranger.log_out(page)
    page.evaluate("void cupbearer.logIn()")
    page.locator("#f-password").wait_for()  # the service has forgotten this browser too


def test_a_log_in_leads_back_to_where_the_person_was(stranger: Visitor) -> None:
    page = stranger.open("/?shelf=2#row-7", state="out")
    stranger.log_in(page=page)
    assert page.url == stranger.address("/?shelf=2#row-7")
    assert "foreign_address" in run(page, "cupbearer.logIn({ returnTo: 'https://elsewhere.example/' })")


def test_no_token_is_in_any_storage_in_an_address_or_in_the_history(visitor: Visitor) -> None:
    page = visitor.log_in()
    token = run(page, "cupbearer.token()")
    texts = [kept(page), *(sent.url for sent in visitor.sent)]
    assert json.loads(texts[0])[1] == []  # nothing of the log-in either
    assert not [text for text in texts if token in text or "cbr_" in text or JWT.search(text)]
    visited = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    assert not [entry["url"] for entry in visited if "code=" in entry["url"] or JWT.search(entry["url"])]
    visitor.log_out(page)
    assert not [sent.url for sent in visitor.sent if JWT.search(sent.url)]


def test_cookies_of_third_parties_are_not_needed_and_not_sent(stranger: Visitor) -> None:
    page = stranger.open(state="out")
    restrict = {"enableThirdPartyCookieRestriction": True}
    restrict |= {"disableThirdPartyCookieMetadata": True, "disableThirdPartyCookieHeuristics": True}
    page.context.new_cdp_session(page).send("Network.setCookieControls", restrict)
    stranger.log_in(page=page)
    assert run(page, "cupbearer.token({ fresh: true }).then(Boolean)") is True
    page.reload()
    settled(page, "in")
    assert run(page, PROFILE) == 200
    there = stranger.address("").rstrip("/")
    sent = [each for each in stranger.sent if each.headers.get("origin") == there]
    assert len(sent) >= 3
    assert not [each.url for each in sent if "cookie" in each.all_headers()]
    assert not page.evaluate("document.querySelector('iframe')")


def test_a_reload_asks_quietly_and_leaves_no_step_in_the_history(visitor: Visitor) -> None:
    page = visitor.log_in()
    before = page.evaluate("history.length")
    page.reload()
    settled(page, "in")
    assert page.evaluate("history.length") == before
    assert run(page, "cupbearer.user()")["preferred_username"] == visitor.name


def test_a_reload_of_who_is_gone_at_the_service_asks_once_and_no_more(visitor: Visitor) -> None:
    page = visitor.log_in()
    visitor.context.clear_cookies()
    page.reload()
    settled(page, "out")
    assert run(page, WHY) is None
    asked = len(visitor.sent)
    page.reload()
    settled(page, "out")
    assert [sent.url for sent in visitor.sent[asked:] if "authorize" in sent.url] == []


def test_kept_in_the_tab_a_log_in_outlives_a_reload_without_a_word_to_the_service(visitor: Visitor) -> None:
    page = visitor.log_in("/kept/")
    asked = len(visitor.sent)
    page.reload()
    settled(page, "in")
    assert not [sent.url for sent in visitor.sent[asked:] if "oauth" in sent.url]
    assert run(page, PROFILE) == 200
    storages = json.loads(kept(page))
    assert "cbr_" in str(storages[1])
    assert "cbr_" not in str(storages[0])
    assert run(page, "cupbearer.logOut({ here: true })") is None
    assert json.loads(kept(page))[:2] == [[], []]


def test_a_tab_closed_before_the_return_leaves_nothing_and_a_return_elsewhere_gives_nothing(
    stranger: Visitor,
) -> None:
    first = stranger.open(state="out")
    first.evaluate("void cupbearer.logIn()")
    first.locator("#f-password").wait_for()
    second = stranger.context.new_page()
    second.goto(first.url)
    first.close()
    stranger.fill(second)
    settled(second, "out")
    assert run(second, WHY) == "state_mismatch"
    assert second.url == stranger.address("/")
    assert json.loads(kept(second))[:2] == [[], []]
    assert not [sent for sent in stranger.sent if sent.url.endswith("/oauth/token")]
    second.evaluate("void cupbearer.logIn()")  # the person did log in: no password again
    settled(second, "in")


@pytest.mark.parametrize(
    "answer", [{"code": "abc"}, {"error": "access_denied", "error_description": "<b>call 0900</b>"}]
)
def test_an_answer_that_nobody_asked_for_is_not_taken(visitor: Visitor, answer: dict[str, str]) -> None:
    forged = {**answer, "state": "made-up", "iss": visitor.service.url}
    page = visitor.open(f"/?{urlencode(forged)}", state="out")
    assert run(page, "JSON.stringify(cupbearer.session.why)").startswith('{"code":"state_mismatch"')
    assert page.url == visitor.address("/")
    assert not [sent for sent in visitor.sent if sent.url.endswith("/oauth/token")]


def test_the_address_of_an_answer_opened_again_takes_no_code_twice(visitor: Visitor) -> None:
    page = visitor.open(state="out")
    answers: list[str] = []
    page.on("framenavigated", lambda frame: answers.append(frame.url) if "code=" in frame.url else None)
    visitor.log_in(page=page)
    codes = [sent.post_data for sent in visitor.sent if "authorization_code" in (sent.post_data or "")]
    page.goto(answers[0])
    settled(page, "in")  # by a quiet redirect: somebody was logged in here
    again = [sent.post_data for sent in visitor.sent if "authorization_code" in (sent.post_data or "")]
    assert len(again) == 2
    assert parse_qs(again[1])["code"] != parse_qs(codes[0])["code"]
    page.go_back()
    settled(page)
    assert "code=" not in page.url


def test_what_the_provider_refuses_is_told_and_ends_no_session(stranger: Visitor) -> None:
    page = stranger.open(state="out")
    page.evaluate("void cupbearer.logIn({ prompt: 'consent' })")
    stranger.fill(page)
    page.locator("button[value=deny]").click()
    settled(page, "out")
    assert run(page, WHY) == "access_denied"
    assert page.url == stranger.address("/")
    page.evaluate("void cupbearer.logIn({ prompt: 'none' })")
    settled(page, "in")


def test_an_answer_to_another_log_in_is_not_taken(stranger: Visitor) -> None:
    page = stranger.open(state="out")

    def change(route: Route) -> None:
        """Change what is on its way, as somebody would who slips in another's code."""
        if "evil.example" in route.request.url:
            route.continue_()
        else:
            changed = _changed(route.request.url, nonce="https://evil.example")
            route.fulfill(status=302, headers={"Location": changed})

    page.route("**/oauth/authorize?**", change)
    page.evaluate("void cupbearer.logIn()")
    stranger.fill(page)
    settled(page, "out")
    assert run(page, WHY) == "nonce_mismatch"
    assert run(page, "cupbearer.token()") is None


def test_an_answer_of_another_issuer_is_not_taken(stranger: Visitor) -> None:
    """It is changed where it arrives: a browser that is redirected there asks no test on its way."""
    page = stranger.open(state="out")
    page.add_init_script(MIXED_UP)
    page.evaluate("void cupbearer.logIn()")
    stranger.fill(page)
    settled(page, "out")
    assert run(page, WHY) == "issuer_mismatch"
    assert run(page, "cupbearer.token()") is None


def _changed(url: str, **changes: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return f"{url.partition('?')[0]}?{urlencode(query | changes)}"
