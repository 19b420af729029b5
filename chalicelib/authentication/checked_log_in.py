"""A right password, before what it begins is judged."""

from dataclasses import dataclass

from chalicelib.credentials.password_check import PasswordCheck
from chalicelib.sessions.session import AccountRecords
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class CheckedLogIn:
    """Someone who gave the right password, as read, and what must happen with the proof."""

    user: User
    account: AccountRecords
    proof: PasswordCheck
