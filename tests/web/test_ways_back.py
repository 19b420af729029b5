"""The routes of mailed links: statuses, codes, and what each answer gives away (EN-3, PW-7, TH-6, LG-2)."""

from collections.abc import Mapping

import pytest

from chalicelib.mail.message import Mail
from cupbearer.testing import SOURCE, AppUnderTest, Client, Reply
from tests.support import mailed

ADDRESS, NEW = "ann@example.com", "new@example.com"
PHRASE = "another long phrase"
MAIL = {"CUPBEARER_MAIL": "console:", "CUPBEARER_EMAIL_LOG_IN": "on"}


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    return MAIL


@pytest.fixture
def ann(cupbearer: AppUnderTest, client: Client) -> Client:
    """Somebody with a verified address."""
    person = client.as_user(username="ann")
    cupbearer.services.ways_back.email_verification.set_by_operator(
        person.user_id or "", address=ADDRESS, source=SOURCE
    )
    return person


def sent(cupbearer: AppUnderTest, kind: str, to: str | None = None) -> mailed.Received:
    return mailed.last(cupbearer.services, kind, to)


def alike(reply: Reply) -> tuple[int, bytes, frozenset[str]]:
    return reply.status, reply.body, frozenset(name.lower() for name in reply.headers)


class TestVerification:
    def test_a_sign_up_with_an_address_gets_the_mail_that_proves_it(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        wanted = {"username": "zoe", "password": PHRASE, "email": "zoe@example.com"}
        assert client.post("/users", json=wanted).json["user"]["email_verified"] is False
        ticket = sent(cupbearer, "verify_address", "zoe@example.com").ticket
        assert client.put("/email-verifications", json={"ticket": ticket}).status == 204
        log_in = {"username": "Zoe@example.com", "password": PHRASE}
        assert client.post("/sessions", json=log_in).status == 201
        assert client.put("/email-verifications", json={"ticket": ticket}).code == "invalid_ticket"

    def test_sign_ups_do_not_flood_an_address(self, cupbearer: AppUnderTest, client: Client) -> None:
        """TH-6: the account is made all the same."""
        for number in range(8):
            wanted = {"username": f"zoe{number}", "password": PHRASE, "email": "zoe@example.com"}
            assert client.post("/users", json=wanted).status == 201
        assert len(mailed.mails(cupbearer.services, "zoe@example.com")) == 5

    def test_it_is_sent_again_and_the_code_is_taken_from_the_person(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        ben = client.as_user(username="ben")
        assert ben.post("/email-verifications").code == "invalid_request"
        ben.patch("/users/me", json={"email": "ben@example.com"})
        assert ben.post("/email-verifications").status == 202
        code = sent(cupbearer, "verify_address").code
        assert client.put("/email-verifications/code", json={"code": code}).status == 401
        assert ben.put("/email-verifications/code", json={"code": "000000"}).code == "wrong_code"
        assert ben.put("/email-verifications/code", json={"code": code}).status == 204
        assert ben.get("/users/me").json["user"]["email_verified"]

    def test_an_address_is_changed_once_the_new_one_is_proven_and_undone_by_the_old(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        answer = ann.patch("/users/me", json={"name": "Ann", "email": NEW}).json
        assert (answer["user"]["email"], answer["user"]["name"]) == (ADDRESS, "Ann")
        assert answer["waiting_email"] == NEW
        ticket = sent(cupbearer, "verify_address", NEW).ticket
        assert ann.put("/email-verifications", json={"ticket": ticket}).status == 204
        assert ann.get("/users/me").json["user"]["email"] == NEW
        undo = sent(cupbearer, "address_changed", ADDRESS).ticket
        answer = ann.put("/email-verifications/undo", json={"ticket": undo})
        assert answer.status == 200
        assert ann.get("/users/me").status == 401
        body = {"ticket": answer.json["ticket"], "new_password": PHRASE}
        assert ann.anonymous().put("/password-resets", json=body).status == 204
        log_in = {"username": ADDRESS, "password": PHRASE}
        assert ann.anonymous().post("/sessions", json=log_in).status == 201

    def test_an_address_that_is_taken_away_is_told_too(self, cupbearer: AppUnderTest, ann: Client) -> None:
        assert ann.patch("/users/me", json={"email": None}).json["user"]["email"] is None
        undo = sent(cupbearer, "address_changed", ADDRESS).ticket
        assert ann.put("/email-verifications/undo", json={"ticket": undo}).status == 200

    def test_a_change_that_waits_is_given_up_with_the_address(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        ann.patch("/users/me", json={"email": NEW})
        ticket = sent(cupbearer, "verify_address", NEW).ticket
        ann.patch("/users/me", json={"email": None})
        assert ann.put("/email-verifications", json={"ticket": ticket}).code == "invalid_ticket"

    def test_any_change_of_address_asks_for_the_password_a_while_after_the_log_in(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """MF-3: a proven address resets the password, so a stolen session must not choose one."""
        ben = client.as_user(username="ben")
        ben.clock.advance(5 * 60 + 1)
        ben.refresh()
        assert ben.patch("/users/me", json={"email": NEW}).status == 400
        assert ben.patch("/users/me", json={"email": NEW, "password": "wrong"}).code == "wrong_password"
        assert mailed.mails(cupbearer.services) == []
        assert ben.patch("/users/me", json={"email": NEW, "password": ben.password}).status == 200
        assert (
            ben.patch("/users/me", json={"name": "Ben", "email": NEW}).status == 200
        )  # the same is no change

    def test_another_accounts_address_is_refused_by_its_proof_alone(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """EN-3: who cannot read the mailbox learns nothing."""
        ben = client.as_user(username="ben")
        assert ben.patch("/users/me", json={"email": ADDRESS}).status == 200
        ticket = sent(cupbearer, "verify_address", ADDRESS).ticket
        assert client.put("/email-verifications", json={"ticket": ticket}).code == "email_taken"


class TestReset:
    def test_the_way_back(self, cupbearer: AppUnderTest, client: Client, ann: Client) -> None:
        assert client.post("/password-resets", json={"login": "ann"}).status == 202
        ticket = sent(cupbearer, "reset_password").ticket
        weak = {"ticket": ticket, "new_password": "password1"}
        assert client.put("/password-resets", json=weak).code == "weak_password"
        body = {"ticket": ticket, "new_password": PHRASE}
        assert client.put("/password-resets", json=body).status == 204
        assert ann.refresh().code == "password_changed"
        ann.password = PHRASE
        assert ann.log_in().status == 201
        assert client.put("/password-resets", json=body).code == "invalid_ticket"

    @pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "Origin", "Referer"])
    def test_its_link_leads_to_the_issuer_whatever_the_request_says(
        self, cupbearer: AppUnderTest, client: Client, ann: Client, header: str
    ) -> None:
        """IN-5: or a stranger would be sent the ticket."""
        client.headers[header] = "evil.example"
        client.post("/password-resets", json={"login": "ann"})
        link = sent(cupbearer, "reset_password").said["link"]
        assert link.startswith("http://localhost:8000/reset-password?ticket=cbt_")

    def test_every_answer_is_the_same(self, cupbearer: AppUnderTest, client: Client, ann: Client) -> None:
        """EN-3, M4."""
        cupbearer.sign_up(username="ben")
        names = ("ann", ADDRESS, "ben", "nobody", "nobody@example.com")
        for path, field, which in (
            ("/password-resets", "login", names),
            ("/sessions/email", "email", [name for name in names if "@" in name]),
        ):
            found = {alike(client.post(path, json={field: name})) for name in which for _ in range(7)}
            assert len(found) == 1, path

    @pytest.mark.parametrize("ticket", ["", "cbt_", "x" * 5000, "cbr_a.b.c.0.d.e", None, 7, {"a": 1}])
    def test_no_ticket_is_a_clear_400(self, client: Client, ticket: object) -> None:
        for path, more in (
            ("/password-resets", {"new_password": PHRASE}),
            ("/email-verifications", {}),
            ("/email-verifications/undo", {}),
            ("/sessions/email", {}),
        ):
            answer = client.put(path, json={"ticket": ticket, **more})
            assert answer.status == 400
        assert client.post("/sessions/end", json={"ticket": ticket}).status == 400

    def test_a_ticket_of_one_kind_is_none_of_another(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """TK-7."""
        client.post("/password-resets", json={"login": "ann"})
        ticket = sent(cupbearer, "reset_password").ticket
        for path in ("/email-verifications", "/email-verifications/undo", "/sessions/email"):
            assert client.put(path, json={"ticket": ticket}).code == "invalid_ticket"
        assert client.post("/sessions/end", json={"ticket": ticket}).code == "invalid_ticket"
        body = {"ticket": ticket, "new_password": PHRASE}
        assert client.put("/password-resets", json=body).status == 204

    def test_the_notice_ends_every_session(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        client.post("/password-resets", json={"login": "ann"})
        body = {"ticket": sent(cupbearer, "reset_password").ticket, "new_password": PHRASE}
        client.put("/password-resets", json=body)
        ann.password = PHRASE
        ann.log_in()
        ticket = sent(cupbearer, "notice").ticket
        assert client.post("/sessions/end", json={"ticket": ticket}).status == 204
        assert ann.refresh().code == "revoked"


class TestLogInByMail:
    def asked(self, cupbearer: AppUnderTest, client: Client) -> mailed.Received:
        """Ask, and keep the cookie as a browser does."""
        reply = client.post("/sessions/email", json={"email": ADDRESS})
        client.headers["Cookie"] = (reply.header("Set-Cookie") or "").partition(";")[0]
        return sent(cupbearer, "log_in")

    def test_by_link_from_anywhere_and_by_code_in_the_browser_that_asked(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """SE-8."""
        received = self.asked(cupbearer, client)
        assert client.anonymous().put("/sessions/email", json={"code": received.code}).code == "wrong_code"
        answer = client.put("/sessions/email", json={"code": received.code})
        assert (answer.status, answer.json["token_type"]) == (201, "Bearer")
        received = self.asked(cupbearer, client)
        answer = client.anonymous().put("/sessions/email", json={"ticket": received.ticket})
        assert answer.status == 201
        again = client.anonymous().put("/sessions/email", json={"ticket": received.ticket})
        assert again.code == "invalid_ticket"

    def test_neither_and_both_are_refused(self, client: Client) -> None:
        for body in ({}, {"ticket": "t", "code": "c"}):
            assert client.put("/sessions/email", json=body).status == 400

    def test_another_site_cannot_log_a_browser_in(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """BR-2."""
        received = self.asked(cupbearer, client)
        client.headers["Origin"] = "https://evil.example"
        for body in ({"code": received.code}, {"ticket": received.ticket, "cookie": True}):
            assert client.put("/sessions/email", json=body).code == "foreign_origin"


class TestOff:
    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_MAIL": "none", "CUPBEARER_EMAIL_LOG_IN": "on"}

    def test_without_mail_nothing_is_promised(self, cupbearer: AppUnderTest, client: Client) -> None:
        ben = client.as_user(username="ben")
        assert ben.patch("/users/me", json={"email": NEW}).status == 200
        assert ben.post("/email-verifications").code == "mail_off"
        assert client.post("/password-resets", json={"login": "ben"}).code == "mail_off"
        assert client.post("/sessions/email", json={"email": NEW}).code == "mail_off"
        assert client.put("/sessions/email", json={"ticket": "t"}).code == "mail_off"
        assert mailed.lines(cupbearer.services) == []

    def test_a_changed_address_is_unverified_at_once_and_frees_the_old_one(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        ben = client.as_user(username="ben")
        verification = cupbearer.services.ways_back.email_verification
        verification.set_by_operator(ben.user_id or "", address=ADDRESS, source=SOURCE)
        other = ben.patch("/users/me", json={"email": NEW}).json["user"]
        assert (other["email"], other["email_verified"]) == (NEW, False)
        assert cupbearer.services.accounts.users.find(ADDRESS) is None

    def test_an_outbox_that_nobody_empties_takes_nothing_in(self, cupbearer: AppUnderTest) -> None:
        assert cupbearer.services.mail.outbox.sending(Mail("notice", ADDRESS)) == ()

    def test_an_operators_word_leaves_no_mail_that_nobody_delivers(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        ben = client.as_user(username="ben")
        verification = cupbearer.services.ways_back.email_verification
        for address in (ADDRESS, NEW):
            verification.set_by_operator(ben.user_id or "", address=address, source=SOURCE)
        assert mailed.lines(cupbearer.services) == []


class TestEmailLogInOff:
    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_MAIL": "console:"}

    def test_nobody_logs_in_by_mail_unless_it_is_set(self, client: Client, ann: Client) -> None:
        assert client.post("/sessions/email", json={"email": ADDRESS}).code == "email_log_in_off"
        assert client.put("/sessions/email", json={"ticket": "t"}).code == "email_log_in_off"


def test_where_there_are_passwords_nobody_signs_up_without_one(
    cupbearer: AppUnderTest, client: Client
) -> None:
    """PW-8."""
    reply = client.post("/users/email", json={"email": "zoe@example.com"})
    assert (reply.status, reply.code) == (403, "email_sign_up_off")
    assert mailed.lines(cupbearer.services) == []
