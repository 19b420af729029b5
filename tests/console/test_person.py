"""One person's page: what it shows, and what it does in the operator's name (CO-2, CO-4)."""

import pytest

from chalicelib.accounts.administration import Authority
from chalicelib.authentication.log_in import LogInResult
from chalicelib.users.user import User
from tests.conftest import Clock
from tests.console.conftest import Asked
from tests.oauth import factors
from tests.oauth.server import SOURCE, Browser, Reply, Server

SCOPE = "users:read users:write get:profile"


def page_of(person: LogInResult) -> str:
    return f"/console/people/{person.user.user_id}"


def send(console: Browser, person: LogInResult, act: str, **fields: str) -> Reply:
    path = page_of(person)
    return console.send(path, {"csrf": console.go(path).form["csrf"], "act": act, **fields})


def now(server: Server, person: LogInResult) -> User:
    return server.services.accounts.users.require(person.user.user_id)


def noted(server: Server, person: LogInResult) -> set[tuple[str, str]]:
    """Return what the trail says of a person, and who did it."""
    events, _ = server.services.audit.of(person.user.user_id)
    return {(event.event, event.actor) for event in events}


def live(server: Server, person: LogInResult) -> int:
    return len(server.services.authentication.sessions.live(person.user.user_id))


class TestWhatItShows:
    def test_all_that_there_is_of_an_account(
        self, server: Server, console: Browser, zoe: LogInResult, clock: Clock
    ) -> None:
        person = factors.with_totp(server, clock, zoe)
        app = server.client(name="Teapot & <b>Sons</b>")
        other = server.browser()
        asked = other.go(app.authorize_url())
        page = other.log_in(asked)
        page = factors.show(other, page, totp=person.code())
        other.consent(page)
        server.services.accounts.administration.administer(
            zoe.user.user_id, name="Zoë B", source=SOURCE, by=Authority(zoe.user.user_id)
        )
        text = console.go(page_of(zoe)).text
        for shown in ("Zoë B", "zoe@example.com", "not proven", zoe.user.user_id, "get:profile", "Authenticator app",
                      "Teapot &amp; &lt;b&gt;Sons&lt;/b&gt;", "Logged in", "The account was made"):  # fmt: skip
            assert shown in text, shown
        assert zoe.session_id not in text.partition("Activity</h2>")[2]

    def test_who_did_it_is_named(self, server: Server, console: Browser, zoe: LogInResult) -> None:
        server.services.accounts.administration.administer(zoe.user.user_id, disabled=True, source=SOURCE)
        page = send(console, zoe, "enable")
        assert "The account was enabled" in page.text
        assert "by ada" in page.text
        assert "by the command line" in page.text

    def test_who_did_it_is_named_as_they_are_called_in_every_language(
        self, server: Server, zoe: LogInResult
    ) -> None:
        server.person("Activity", granted="users:read users:write")
        console = server.browser()
        console.log_in(username="Activity")
        send(console, zoe, "disable")
        server.services.accounts.administration.unlock(zoe.user.user_id, source=SOURCE)
        for page in (page_of(zoe), "/console/activity"):
            text = console.ask("GET", page, headers={"Accept-Language": "de"}).text
            assert "durch Activity<" in text
            assert "an der Befehlszeile<" in text or "durch die Befehlszeile<" in text

    def test_nobody_is_a_404_page(self, console: Browser, ada: LogInResult) -> None:
        reply = console.go("/console/people/nobody")
        assert (reply.status, "<h1>" in reply.text) == (404, True)
        assert 'href="/api/console">Console</a>' in reply.text

    def test_activity_goes_back_page_by_page(
        self, server: Server, console: Browser, zoe: LogInResult, clock: Clock
    ) -> None:
        for _ in range(45):
            clock.advance(1)
            server.services.accounts.administration.unlock(zoe.user.user_id, source=SOURCE)
        first = console.go(page_of(zoe))
        assert first.text.count("The lock after wrong passwords was lifted") == 20
        onward = first.text.partition('rel="next" href="/api')[2].partition('"')[0]
        second = console.go(onward)
        assert second.text.count("The lock after wrong passwords was lifted") == 20
        assert len(second.text.encode()) < 100_000

    def test_its_requests_are_few_and_do_not_grow(
        self, server: Server, console: Browser, zoe: LogInResult, asked: Asked, clock: Clock
    ) -> None:
        """The log-in, the account with its sessions and factors, the consents, the trail; and one for names in it."""
        assert asked(lambda: console.go(page_of(zoe))) == 4
        for _ in range(30):
            server.services.authentication.log_in.with_password(
                username="zoe", password="correct horse battery staple", source=SOURCE
            )
        clock.advance(1)
        server.services.accounts.administration.unlock(zoe.user.user_id, source=SOURCE)
        assert asked(lambda: console.go(page_of(zoe))) == 5

    def test_the_heaviest_page_is_under_100_kb(
        self, server: Server, console: Browser, zoe: LogInResult
    ) -> None:
        from dataclasses import replace

        source = replace(SOURCE, user_agent="Mozilla/5.0 " + "x" * 300)
        for _ in range(55):
            server.services.authentication.log_in.with_password(
                username="zoe", password="correct horse battery staple", source=source
            )
        scopes = frozenset(f"scope-{number:02}:{'s' * 6}" for number in range(30))
        server.services.accounts.administration.administer(zoe.user.user_id, granted=scopes, source=SOURCE)
        assert len(console.go(page_of(zoe)).text.encode()) < 100_000


class TestWhatItDoes:
    @pytest.mark.parametrize(
        ("act", "fields", "event"),
        [("grant", {"scope": "users:read"}, "scopes_changed"), ("revoke", {"scope": "get:profile"}, "scopes_changed"),
         ("disable", {}, "disabled"), ("unlock", {}, "unlocked"), ("end", {"session": "own"}, "log_out"),
         ("end-all", {}, "log_out_everywhere")],
    )  # fmt: skip
    def test_each_act_is_done_and_named_in_the_trail_with_the_operator(
        self,
        server: Server,
        console: Browser,
        zoe: LogInResult,
        ada: LogInResult,
        act: str,
        fields: dict[str, str],
        event: str,
    ) -> None:
        """CO-2."""
        sent = {name: zoe.session_id if value == "own" else value for name, value in fields.items()}
        page = send(console, zoe, act, **sent)
        assert page.status == 200
        assert 'role="status"' in page.text
        assert (event, ada.user.user_id) in noted(server, zoe)
        user = now(server, zoe)
        assert user.disabled == (act == "disable")
        assert user.scopes == {"grant": {"users:read", "get:profile"}, "revoke": set()}.get(
            act, {"get:profile"}
        )
        assert ("may no longer read the name in your profile" in page.text) == (
            act == "revoke"
        )  # never: revoked
        assert live(server, zoe) == (0 if act in ("disable", "end", "end-all") else 1)

    def test_a_session_whose_id_is_too_long_for_any_is_not_found(
        self, console: Browser, zoe: LogInResult
    ) -> None:
        assert send(console, zoe, "end", session="a" * 2000).status == 404

    def test_a_disabled_account_is_enabled_again(
        self, server: Server, console: Browser, zoe: LogInResult
    ) -> None:
        send(console, zoe, "disable")
        send(console, zoe, "enable")
        assert not now(server, zoe).disabled

    @pytest.mark.parametrize("at_once", [False, True])
    def test_second_factors_are_taken_away_in_a_day_or_at_once(
        self,
        server: Server,
        console: Browser,
        zoe: LogInResult,
        ada: LogInResult,
        clock: Clock,
        at_once: bool,
    ) -> None:
        person = factors.with_totp(server, clock, zoe)
        if at_once:
            refused = send(console, zoe, "reset-factors-now", factors_confirm="z")
            assert (refused.status, person.factors.is_set) == (400, True)
            assert "Type zoe here" in refused.text
            send(console, zoe, "reset-factors-now", factors_confirm="zoe")
            assert ("factors_reset", ada.user.user_id) in noted(server, zoe)
            assert not now(server, zoe).may_have_factors
        else:
            assert "unless the person keeps them" in send(console, zoe, "reset-factors").text
            assert ("factors_reset_asked", ada.user.user_id) in noted(server, zoe)
            clock.advance(25 * 60 * 60)
        assert not person.factors.is_set

    def test_an_account_is_deleted_only_by_its_typed_name(
        self, server: Server, console: Browser, zoe: LogInResult
    ) -> None:
        refused = send(console, zoe, "delete", confirm="Zoe")
        assert refused.status == 400
        assert refused.form["confirm"] == "Zoe"
        page = send(console, zoe, "delete", confirm="zoe")
        assert "The account is deleted." in page.text
        assert "<h1>People</h1>" in page.text
        assert server.services.accounts.users.get(zoe.user.user_id) is None

    def test_what_the_operator_does_not_hold_is_given_to_nobody(
        self, server: Server, console: Browser, zoe: LogInResult
    ) -> None:
        """SC-4."""
        reply = send(console, zoe, "grant", scope="orders:write")
        assert reply.status == 403
        assert now(server, zoe).scopes == {"get:profile"}
        assert send(console, zoe, "grant", scope=" ").status == 400

    @pytest.mark.parametrize("act", ["disable", "delete", "reset-factors", "reset-factors-now", "revoke"])
    def test_nobody_does_to_the_own_account_what_another_has_to_do(
        self, server: Server, browser: Browser, ada: LogInResult, clock: Clock, act: str
    ) -> None:
        """SC-4, MF-3, M8: that was a second factor of the last hour, not of the last five minutes."""
        server.person("eve", granted=SCOPE)
        person = factors.with_totp(server, clock, ada)
        factors.show(browser, browser.log_in(username="ada"), totp=person.code())
        fields = {"confirm": "ada", "factors_confirm": "ada", "scope": "users:write"}
        assert send(browser, ada, act, **fields).status == 403
        assert now(server, ada).is_operator
        assert person.factors.is_set
        assert person.factors.reset is None


class TestWhoMay:
    def test_who_only_reads_is_offered_no_form_and_refused_one(
        self, server: Server, browser: Browser, zoe: LogInResult
    ) -> None:
        """CO-2."""
        server.person("eve", granted="users:read")
        browser.log_in(username="eve")
        page = browser.go(page_of(zoe))
        assert "<form" not in page.text
        other = browser.go("/account/plain").form["csrf"]
        assert browser.send(page_of(zoe), {"csrf": other, "act": "disable"}).status == 400

    @pytest.mark.parametrize("what", ["no token", "another log-in", "another site"])
    def test_a_form_that_is_not_ours_of_this_log_in_changes_nothing(
        self, server: Server, console: Browser, zoe: LogInResult, what: str
    ) -> None:
        """BR-2, CO-2."""
        form = {"csrf": console.go(page_of(zoe)).form["csrf"], "act": "disable"}
        if what == "no token":
            form["csrf"] = ""
        if what == "another log-in":
            server.person("eve", granted=SCOPE)
            console.log_in(console.go("/login"), username="eve")
        headers = (
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
            if what == "another site"
            else None
        )
        reply = console.ask(
            "POST", page_of(zoe), form=form, headers=headers or {"Sec-Fetch-Site": "same-origin"}
        )
        assert reply.status == 400
        assert not now(server, zoe).disabled

    @pytest.mark.parametrize("act", ["disable", "end-all", "unlock"])
    def test_an_operator_who_is_none_any_more_changes_nothing_with_a_page_still_open(
        self, server: Server, console: Browser, zoe: LogInResult, ada: LogInResult, act: str
    ) -> None:
        """CO-2."""
        form = {"csrf": console.go(page_of(zoe)).form["csrf"], "act": act}
        server.services.accounts.administration.administer(
            ada.user.user_id, granted=frozenset({"users:read"}), source=SOURCE, by=Authority(force=True)
        )
        assert console.send(page_of(zoe), form).status == 403
        assert not now(server, zoe).disabled
        assert {actor for _, actor in noted(server, zoe)} == {zoe.user.user_id}
        assert live(server, zoe) == 1
