"""What happens to tabs, laptops, clocks and networks, in both modes of the library (LI-3 to LI-6)."""

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Page, Route

from tests.library.visitor import Visitor, run, settled

MODES = pytest.mark.parametrize("path", ["/", "/cookie/"], ids=["code", "cookie"])
HOUR = 3600
FETCH = "cupbearer.fetch(`${cupbearer.issuer}/profile`).then((answer) => answer.status)"
STATE = "cupbearer.session.state"


@MODES
def test_two_tabs_share_one_session_and_one_refresh(visitor: Visitor, path: str) -> None:
    first = visitor.log_in(path)
    second = visitor.open(path, state="in")
    if path == "/":
        assert run(second, "cupbearer.token()") == run(
            first, "cupbearer.token()"
        )  # handed over, not asked for
    tokens = [run(tab, "cupbearer.token()") for tab in (first, second)]
    before = visitor.refreshes()
    for tab in (first, second):
        _expire(tab, wall=2 * HOUR)
    for tab in (first, second):
        tab.evaluate("void (globalThis.both = Promise.all([1, 2].map(() => cupbearer.token())))")
    fresh = {token for tab in (first, second) for token in tab.evaluate("both")}
    assert len(fresh) == 1
    assert not fresh & set(tokens)
    assert visitor.refreshes() - before == 1


@MODES
def test_logged_out_in_one_tab_is_logged_out_in_the_other(visitor: Visitor, path: str) -> None:
    first = visitor.log_in(path)
    second = visitor.open(path, state="in")
    run(first, "cupbearer.logOut({ here: true })")
    settled(second, "out")
    assert run(second, "cupbearer.session.why") is None
    assert run(second, "cupbearer.user()") is None


@MODES
def test_a_laptop_that_slept_gets_a_new_token_before_it_calls(visitor: Visitor, path: str) -> None:
    """The clock that nobody sets stands still in a sleep, so the one on the wall counts as well."""
    page = visitor.log_in(path)
    _expire(page, wall=2 * HOUR)
    before = visitor.refreshes()
    assert run(page, FETCH) == 200
    assert visitor.refreshes() - before == 1


@MODES
@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["fast", "slow"])
def test_a_clock_an_hour_off_changes_nothing(visitor: Visitor, path: str, off: int) -> None:
    visitor.context.add_init_script(f"clocks.wall = {off}")
    page = visitor.log_in(path)
    before = visitor.refreshes()
    assert [run(page, FETCH), run(page, FETCH)] == [200, 200]
    assert visitor.refreshes() == before
    ends = run(page, "cupbearer.session.endsIn")
    assert run(page, "cupbearer.session.lasts") - 60 < ends <= run(page, "cupbearer.session.lasts")


@MODES
def test_a_clock_that_is_set_back_hides_no_end(visitor: Visitor, path: str) -> None:
    page = visitor.log_in(path)
    _expire(page, wall=-HOUR, steady=2 * HOUR)
    before = visitor.refreshes()
    assert run(page, FETCH) == 200
    assert visitor.refreshes() - before == 1


@MODES
def test_a_revoked_session_is_told_once_and_asked_for_no_more(visitor: Visitor, path: str) -> None:
    page = visitor.log_in(path)
    visitor.end_all_sessions()
    _expire(page, wall=2 * HOUR)
    assert run(page, "cupbearer.token()") is None
    settled(page, "out")
    assert run(page, "cupbearer.session.why.code") == "revoked"
    sent = len(visitor.sent)
    assert (
        run(page, "Promise.all([cupbearer.token(), cupbearer.user(), cupbearer.token()]).then(String)")
        == ",,"
    )
    assert run(page, FETCH.replace("/profile", "/cats")) == 200  # asked as nobody
    page.evaluate("dispatchEvent(new Event('online'))")
    assert [each.url for each in visitor.sent[sent:] if not each.url.endswith("/cats")] == []
    page.reload()
    settled(page, "out")


@MODES
def test_offline_loses_nothing_and_back_again_it_goes_on(visitor: Visitor, path: str) -> None:
    page = visitor.log_in(path)
    visitor.context.set_offline(True)
    _expire(page, wall=2 * HOUR)
    assert run(page, "cupbearer.token()") == "CupbearerError offline"
    assert run(page, STATE) == "in"
    visitor.context.set_offline(False)
    assert run(page, FETCH) == 200


@MODES
def test_a_refresh_whose_answer_was_lost_is_sent_again_and_ends_nothing(visitor: Visitor, path: str) -> None:
    page = visitor.log_in(path)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if not lost and route.request.method == "POST":
            lost.append(route.request.url)
            visitor.send_again(route.request)
            route.abort()
        else:
            route.continue_()

    page.route("**/oauth/token", lose)
    page.route("**/sessions/refresh", lose)
    assert run(page, "cupbearer.token({ fresh: true }).then(Boolean)") is True
    assert len(lost) == 1
    assert run(page, "cupbearer.token({ fresh: true }).then(Boolean)") is True
    assert run(page, STATE) == "in"


@MODES
def test_a_401_is_answered_by_one_refresh_and_one_more_try(visitor: Visitor, path: str) -> None:
    page = visitor.log_in(path)
    token = run(page, "cupbearer.token()")
    seen: list[str] = []

    def refuse(route: Route) -> None:
        seen.append(route.request.headers.get("authorization", ""))
        route.fulfill(status=401, headers=_cors(route))

    page.route("**/profile", refuse)
    before = visitor.refreshes()
    assert run(page, FETCH) == 401
    assert (len(seen), visitor.refreshes() - before) == (2, 1)
    assert token in seen[0]
    assert token not in seen[1]


@pytest.mark.parametrize(
    ("method", "status", "wait", "tries"),
    [
        ("GET", 429, "2", 3),
        ("POST", 429, "2", 3),
        ("GET", 503, "2", 3),
        ("POST", 503, "2", 1),
        ("GET", 503, "31", 1),
        ("GET", 503, "", 1),
    ],
)
def test_a_wait_that_the_server_asks_for_is_kept_a_bounded_number_of_times(
    visitor: Visitor, method: str, status: int, wait: str, tries: int
) -> None:
    page = visitor.open(state="out")
    seen: list[str] = []

    def busy(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
            return
        seen.append(route.request.url)
        route.fulfill(status=status, headers=_cors(route) | ({"Retry-After": wait} if wait else {}))

    page.route("**/messages", busy)
    asked = f"cupbearer.fetch(`${{cupbearer.issuer}}/messages`, {{ method: '{method}' }}).then((answer) => answer.status)"
    assert run(page, asked) == status
    assert len(seen) == tries
    assert page.evaluate("waits") == [2] * (tries - 1)
    seen.clear()
    assert run(page, asked.replace("method:", "retry: false, method:")) == status
    assert len(seen) == 1


def test_the_token_goes_to_no_address_that_was_not_named(visitor: Visitor) -> None:
    """LI-5."""
    page = visitor.log_in()
    for address in (
        "https://evil.example/",
        visitor.service.url.replace("localhost", "localhost.evil.example"),
        visitor.service.url[:-1] + "/",
    ):
        assert run(page, f"cupbearer.fetch('{address}')") == "CupbearerError foreign_address"


def test_in_cookie_mode_a_page_comes_back_from_the_log_in_page_to_where_it_was(stranger: Visitor) -> None:
    page = stranger.open("/cookie/?shelf=2#row-7", state="out")
    stranger.log_in(page=page)
    assert page.url == stranger.address("/cookie/?shelf=2#row-7")
    assert run(page, "cupbearer.user()")["preferred_username"] == stranger.name
    assert run(page, "cupbearer.token()") not in page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )
    assert page.evaluate("document.cookie") == ""


def test_in_cookie_mode_the_words_of_a_log_in_may_be_asked_for_in_ones_own_page(stranger: Visitor) -> None:
    page = stranger.open("/cookie/", state="out")
    wrong = f"cupbearer.logIn({{ username: '{stranger.name}', password: 'not this one' }})"
    assert run(page, wrong) == "CupbearerError invalid_credentials"
    right = wrong.replace("not this one", "six warm words by the sea")
    assert run(page, f"{right}.then(({{ state }}) => state)") == "in"
    assert run(page, "cupbearer.logIn({ code: '123456' })") == "CupbearerError log_in_over"
    assert run(page, "cupbearer.logOut()") is None
    assert run(page, STATE) == "out"


def _expire(page: Page, *, wall: int, steady: int = 0) -> None:
    page.evaluate(f"clocks.wall += {wall}; clocks.steady += {steady}")


def _cors(route: Route) -> dict[str, str]:
    origin = route.request.headers.get("origin", "")
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "Retry-After",
    }
