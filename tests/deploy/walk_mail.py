"""What a deployed stage must do by mail: the API stores, another function sends, a link comes back."""

import re
from typing import TYPE_CHECKING

from tests.support import patience

if TYPE_CHECKING:
    from tests.deploy.walk import Walk

WRITER, ADDRESS = "Canary-who-forgets", "canary@example.com"
FIRST, SECOND = "canary-of-a-forgotten-password", "canary-of-a-new-password"


def mail_to(walk: "Walk", subject: str) -> str:
    """Return the ticket in the one mail of that subject, and remember it as a secret."""

    def found() -> list[str]:
        return [
            mail["BodyText"]
            for mail in walk.place.mails()
            if (mail["Subject"], mail["To"]) == (subject, [ADDRESS])
        ]

    patience.until(lambda: bool(found()))
    (text,) = found()
    link = re.search(r"https?://\S+\?ticket=(\S+)", text)
    assert link, text
    assert link[0].startswith(f"{walk.place.url}/"), link[0]
    walk.http.secrets.add(link[1])
    return link[1]


def an_address_is_proven_by_mail(walk: "Walk") -> None:
    """a sign-up with an address has it proven by the link in a mail that SES took, once"""
    newcomer = {"username": WRITER, "password": FIRST, "email": ADDRESS}
    assert walk.http("POST", "/users", newcomer).status == 201
    ticket = mail_to(walk, "Is this your address?")
    assert walk.http("PUT", "/email-verifications", {"ticket": ticket}).status == 204
    again = walk.http("PUT", "/email-verifications", {"ticket": ticket})
    assert again.status >= 400, again


def a_password_is_reset_by_mail(walk: "Walk") -> None:
    """a forgotten password is replaced by the link in a mail; an unknown address gets the same answer and no mail"""
    asked = walk.http("POST", "/password-resets", {"login": ADDRESS})
    unknown = walk.http("POST", "/password-resets", {"login": "nobody@example.com"})
    assert (asked.status, asked.body) == (unknown.status, unknown.body) == (202, b"{}"), (asked, unknown)
    ticket = mail_to(walk, "Choose a new password")
    answer = walk.http("PUT", "/password-resets", {"ticket": ticket, "new_password": SECOND})
    assert answer.status == 204, answer
    for password, status in ((FIRST, 401), (SECOND, 201)):
        answer = walk.http("POST", "/sessions", {"username": ADDRESS, "password": password})
        assert answer.status == status, answer
    assert not [mail for mail in walk.place.mails() if mail["To"] != [ADDRESS]]


STEPS = (an_address_is_proven_by_mail, a_password_is_reset_by_mail)
