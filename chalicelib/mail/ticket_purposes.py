"""What tickets are for, where their links lead, and how long they last."""

from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds


class Purpose(NamedTuple):
    """One kind of ticket: none opens what another is for (TK-7).

    ``several`` says that a newer one leaves the older ones in force.
    """

    word: str
    path: str  # of the page that a link opens; only its POST spends the ticket
    seconds: int  # how long the link is good
    code_seconds: int = 0  # how long the code is, where there is one (PW-7: at most ten minutes)
    several: bool = False


VERIFY_EMAIL = Purpose("verify", "/verify-email", DAY, code_seconds=10 * MINUTE)
PASSWORD_RESET = Purpose("reset", "/reset-password", 30 * MINUTE)
LOG_IN = Purpose("log-in", "/email-login", 10 * MINUTE, code_seconds=10 * MINUTE)
UNDO_CHANGE = Purpose("undo", "/undo-address", 7 * DAY, several=True)
END_SESSIONS = Purpose("end-sessions", "/end-sessions", 7 * DAY)

PURPOSES = {each.word: each for each in (VERIFY_EMAIL, PASSWORD_RESET, LOG_IN, UNDO_CHANGE, END_SESSIONS)}
