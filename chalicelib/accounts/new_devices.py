"""What a log-in from somewhere new leaves behind: the network and the kind of device are remembered, the person is told.

Only people who have proven an address are told, and only of them devices are remembered. A log-in from a known network
with a known kind of device writes and sends nothing more.
"""

from dataclasses import dataclass, replace

from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Source
from chalicelib.audit.user_agents import device
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import AccountRecords
from chalicelib.store import Write
from chalicelib.users.user import User

MAX_DEVICES = 10  # kinds that are remembered of one person, the newest


@dataclass(frozen=True, slots=True)
class NewDevices:
    """The :class:`~chalicelib.authentication.arrivals.Arrivals` of a service that sends mail."""

    notices: Notices

    def noting(
        self, account: AccountRecords, seen: User, kind: str, source: Source
    ) -> tuple[User, tuple[Write, ...]]:
        """Return the user as the log-in leaves it, and the writes that tell of what is new about it.

        Nothing is new to an account that was never logged in to: there is nobody to warn.
        """
        user = account.user
        if user is None or not user.email_verified:
            return seen, ()
        is_new = bool(user.networks) and seen.networks != user.networks
        if kind not in user.devices:
            known = (*user.devices, *_kinds(account))
            seen = replace(seen, devices=tuple(dict.fromkeys((kind, *known)))[:MAX_DEVICES])
            is_new = is_new or (bool(known) and kind not in known)
        return seen, self.notices.telling(user, "new_device", source=source) if is_new else ()

    def deliver(self, *writes: Write) -> None:
        """Have delivered what the log-in's commit stored of mails."""
        self.notices.deliver(*writes)


def _kinds(account: AccountRecords) -> tuple[str, ...]:
    """Return the kinds of devices that log-ins came from whose sessions are still kept."""
    own = (each.data for each in account.sessions if each.data["client_id"] == FIRST_PARTY)
    return tuple(device(data.get("user_agent", "")) for data in own)
