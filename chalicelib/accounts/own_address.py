"""What a change of one's own address sends: a proof to the new one, word to the one that is given up.

Where an address is proven already, the new one waits for its proof and the old one stays until then.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.accounts.change_of_address import ChangeOfAddress
from chalicelib.accounts.email_verification import EmailVerification
from chalicelib.accounts.mailed_tickets import same_address
from chalicelib.audit.trail import Source
from chalicelib.mail.outbox import Outbox
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Write
from chalicelib.users import names
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Sends what a change of address sends; made only where mail is sent."""

    verification: EmailVerification
    changes: ChangeOfAddress
    outbox: Outbox

    def wait(self, acting: LiveSession, address: str, *, source: Source) -> bool:
        """Have a new address wait for its proof where one is proven already; return whether it does.

        Raises Invalid for what is no address, SlowDown past a cap.
        """
        user = acting.user
        if not user.email_verified or same_address(user.email, names.canonical_email(address).display):
            return False
        self.verification.ask(acting, address=address, source=source)
        return True

    def admit(self, user: User, address: str, *, source: Source) -> None:
        """Count the mail that proving another address takes; raise SlowDown past a cap."""
        if not same_address(user.email, names.canonical_email(address).display):
            self.verification.admit(user, address, source=source)

    def telling(self, old: User, new: User, *, source: Source) -> Iterable[Write]:
        """Return the writes that a changed address takes, for the commit of the change."""
        if old.email == new.email:
            return ()
        told = self.changes.telling_old(old, new, source=source)
        if new.email is None:
            return (*told, self.verification.forgetting(new))
        if new.email_verified:
            return told
        before = self.verification.waiting(new)
        return (*told, *self.verification.beginning(new, new.email, before=before))
