"""The outbox page: every mail of a laptop, and of nothing else."""

import pytest

from chalicelib.mail.message import Mail
from cupbearer.mailbox import Mailbox
from cupbearer.testing import AppUnderTest, Client
from tests.mail.samples import sample

LINK = "http://localhost:8000/end-sessions?ticket=deep-red"


def send(under_test: AppUnderTest, to: str = "ada@example.com", **values: str) -> None:
    mail = Mail("notice", to, {**sample("notice").mail.values, "link": LINK, **values})
    under_test.services.store.commit(*under_test.services.mail.outbox.sending(mail))


def test_a_mail_is_shown_with_its_link_to_be_opened(cupbearer: AppUnderTest, client: Client) -> None:
    send(cupbearer)
    page = client.get("/outbox")
    assert page.status == 200
    shown = page.body.decode()
    assert "A log-in from a new device" in shown
    assert f'<a href="{LINK}">{LINK}</a>' in shown
    assert page.header("Cache-Control") == "no-store"


def test_the_newest_mail_comes_first_and_words_of_others_are_escaped(
    cupbearer: AppUnderTest, client: Client
) -> None:
    send(cupbearer, what="the first <script>alert(1)</script>")
    client.get("/outbox")
    send(cupbearer, what="the second")
    shown = client.get("/outbox").body.decode()
    assert shown.index("the second") < shown.index("the first")
    assert "<script>alert" not in shown


def test_a_mail_is_shown_as_a_mail_program_shows_it(cupbearer: AppUnderTest, client: Client) -> None:
    send(cupbearer)
    shown = client.get("/outbox").body.decode()
    path = shown.partition('href="/outbox/')[2].partition('"')[0]
    page = client.get(f"/outbox/{path}")
    assert page.status == 200
    assert b"End every session" in page.body
    assert "script" not in (page.header("Content-Security-Policy") or "").replace("default-src 'none'", "")
    assert client.get("/outbox/another").code == "not_found"


def test_a_page_of_ours_leads_there(client: Client) -> None:
    assert b'href="/outbox"' in client.get("/login").body


class TestElsewhere:
    """Whoever opens a link of a mail has the account: nobody but this machine sees one."""

    @pytest.mark.parametrize(
        "cupbearer_settings",
        [
            {"CUPBEARER_MAIL": "none"},
            {"CUPBEARER_MAIL": "smtp://localhost:1", "CUPBEARER_MAIL_FROM": "a@b.example"},
            {"AWS_LAMBDA_FUNCTION_NAME": "cupbearer-dev", "CUPBEARER_MAIL": "console:"},
        ],
    )
    @pytest.mark.parametrize("path", ["/outbox", "/outbox/x"])
    def test_where_mail_is_sent_or_deployed_there_is_no_such_page(self, client: Client, path: str) -> None:
        assert client.get(path).code == "not_found"
        assert b'href="/outbox"' not in client.get("/login").body

    @pytest.mark.parametrize(
        "host", ["evil.example:8000", "192.168.1.7:8000", "abc.tunnel.example", "localhost.evil"]
    )
    def test_a_name_that_is_not_this_machine_s_finds_nothing(
        self, cupbearer: AppUnderTest, client: Client, host: str
    ) -> None:
        """DNS rebinding, and tunnels to a laptop."""
        send(cupbearer)
        assert client.get("/outbox", headers={"Host": host}).code == "not_found"

    @pytest.mark.parametrize(("source", "status"), [("192.168.1.7", 404), ("127.0.0.1", 200), ("::1", 200)])
    def test_a_neighbour_finds_nothing(self, cupbearer: AppUnderTest, source: str, status: int) -> None:
        """``make serve --host 0.0.0.0``."""
        send(cupbearer)
        context = {
            "httpMethod": "GET",
            "resourcePath": "/outbox",
            "path": "/outbox",
            "identity": {"sourceIp": source},
        }
        event = {
            "path": "/outbox", "httpMethod": "GET", "headers": {"host": "localhost:8000"}, "body": None,
            "multiValueQueryStringParameters": None, "pathParameters": {}, "stageVariables": None,
            "isBase64Encoded": False, "requestContext": context,
        }  # fmt: skip
        assert cupbearer.app(event, None)["statusCode"] == status

    @pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
    def test_this_machine_finds_it_by_its_own_names(self, client: Client, host: str) -> None:
        assert client.get("/outbox", headers={"Host": host}).status == 200


def test_the_mailbox_of_a_test_reads_the_last_mail_to_somebody(
    cupbearer: AppUnderTest, mailbox: Mailbox
) -> None:
    send(cupbearer, what="one")
    send(cupbearer, "zoe@example.com", what="two")
    send(cupbearer, what="three")
    last = mailbox.last("ada@example.com")
    assert (last.to, last.subject) == ("ada@example.com", "A log-in from a new device")
    assert "three" in last.text
    assert (last.link, last.path, last.ticket) == (LINK, "/end-sessions?ticket=deep-red", "deep-red")
    assert [mail.to for mail in mailbox.all()] == ["ada@example.com", "zoe@example.com", "ada@example.com"]
    with pytest.raises(
        AssertionError, match=r"no mail to nobody@example\.com; there is mail to ada@example\.com, zoe"
    ):
        mailbox.last("nobody@example.com")
