"""Mail of a running server: through a real mail server, also what another process left behind."""

from pathlib import Path

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
