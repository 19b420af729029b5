"""What was mailed, as whoever owns the mailbox sees it: the outbox read, and what its tickets say made as for a mail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.mail.message import Mail
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest


@dataclass(frozen=True)
class Received:
    mail: Mail
    said: Mapping[str, str]  # of the ticket

    @property
    def ticket(self) -> str:
        """What stands in the link."""
        return self.said["link"].partition("?ticket=")[2]

    @property
    def code(self) -> str:
        return self.said["code"]


def lines(services: Services) -> list[Mail]:
    """Every mail that waits, decoys too, the oldest first."""
    return [listed.line.mail for listed in services.mail.outbox.lines()]


def mails(services: Services, to: str | None = None) -> list[Received]:
    """The mails that would arrive now, in the order in which they were asked for."""
    found = []
    for mail in lines(services):
        said = services.mail.tickets.values(mail.ticket) if mail.ticket else {}
        if mail.to and said is not None and to in (None, mail.to):
            found.append(Received(mail, said))
    return found


def caused(services: Services, act: Callable[[], object]) -> list[Received]:
    """The mails that an act sends, decoys not."""
    before = {each.mail.ticket for each in mails(services)}
    act()
    return [each for each in mails(services) if each.mail.ticket not in before]


def last(services: Services, kind: str, to: str | None = None) -> Received:
    """The one in force where a newer ends the older, and otherwise any of the latest second."""
    return [each for each in mails(services, to) if each.mail.kind == kind][-1]


def with_address(under_test: AppUnderTest, username: str, address: str) -> tuple[User, str]:
    """A new person with a verified address; and the password."""
    signed_in, password = under_test.sign_up(username=username)
    services = under_test.services
    user = services.ways_back.email_verification.set_by_operator(
        signed_in.user.user_id, address=address, source=SOURCE
    )
    return user, password
