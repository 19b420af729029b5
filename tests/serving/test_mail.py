"""Mail of a running server: through a real mail server, also what another process left behind."""

from pathlib import Path

import requests

from chalicelib.settings import settings
from chalicelib.wiring import Services
from tests.mail.samples import sample
from tests.parts.mail_server import serving_mail
from tests.parts.server import Server, running
from tests.support import patience

FROM = "Cup <no-reply@auth.example>"


def services_of(server: Server) -> Services:
    ours = {name: value for name, value in server.environ.items() if name.startswith("CUPBEARER_")}
    return Services(settings.parse(ours))


def test_mail_that_a_process_left_behind_leaves_with_the_next_one(tmp_path: Path) -> None:
    with serving_mail() as mail_server:
        way = f"smtp://127.0.0.1:{mail_server.port}"
        with running(tmp_path, MAIL=way, MAIL_FROM=FROM) as server:
            at = services_of(server)
            at.store.commit(*at.mail.outbox.sending(sample("notice").mail))  # and it ends before it delivers
        assert mail_server.mails == []
        with running(tmp_path, MAIL=way, MAIL_FROM=FROM):
            patience.until(lambda: bool(mail_server.mails))
        (mail,) = mail_server.mails
        assert (mail["From"], mail["To"]) == (FROM, "ada@example.com")


def test_a_forgotten_password_comes_back_through_a_mail_server_that_was_down_at_first(tmp_path: Path) -> None:
    """The act succeeds while nothing can be sent; the mail of the next act takes the earlier one along."""
    with serving_mail() as mail_server:
        mail_server.answers["MAIL"] = "451 4.3.0 later"
        with running(tmp_path, MAIL=f"smtp://127.0.0.1:{mail_server.port}", MAIL_FROM=FROM) as server:
            ada = {"username": "ada", "password": "a pangolin in the rain", "email": "ada@example.com"}
            assert requests.post(f"{server.url}/users", json=ada, timeout=60).status_code == 201
            outbox = services_of(server).mail.outbox
            patience.until(lambda: any(listed.line.reason for listed in outbox.lines()))
            mail_server.answers.clear()
            (listed,) = outbox.lines()
            assert outbox.retry(listed)
            assert (
                requests.post(f"{server.url}/password-resets", json={"login": "ada"}, timeout=60).status_code
                == 202
            )
            patience.until(lambda: bool(mail_server.mails))
    text = mail_server.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"{server.url}/verify-email?ticket=" in text
