"""The refusal of a closed account; the other refusals stand in :mod:`chalicelib.errors`."""

from chalicelib.errors import Refusal
from chalicelib.i18n.said import said


class AccountClosed(Refusal):
    """Everything a log-in asks for is proven, and the account was closed by its person: it can be taken back (EN-1).

    ``deletes_at`` is when it is gone, in seconds since the epoch, ``until`` the same in words.
    """

    code = "account_closed"

    def __init__(self, until: str, *, deletes_at: int, restore_token: str) -> None:
        super().__init__(
            said(
                "This account is closed, and will be deleted on {until}. Until then you can take it back.",
                until=until,
            )
        )
        self.until = until
        self.deletes_at = deletes_at
        self.restore_token = restore_token
