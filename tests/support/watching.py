"""The same service with every store request and every hash counted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.passwords import Passwords, Verdict
from cupbearer.testing import SOURCE, AppUnderTest, QuickServices
from tests.support.keys_world import Line

PHRASE = "a wrong but long phrase"
AWAY = Source(ip="192.0.2.7")  # loopback is no network, and has no budget


class Counting:
    """Real passwords, counted."""

    def __init__(self, passwords: Passwords) -> None:
        self.passwords = passwords
        self.asked: Counter[str] = Counter()

    def verify(self, password: str, hashed: str | None) -> Verdict:
        self.asked["verify"] += 1
        return self.passwords.verify(password, hashed)

    def hash(self, password: str) -> str:
        self.asked["hash"] += 1
        return self.passwords.hash(password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.passwords, name)


@dataclass(frozen=True)
class Watched:
    """The same service on the same store, with every store request and every hash counted."""

    services: QuickServices
    line: Line
    hashes: Counter[str]


def watched(under_test: AppUnderTest) -> Watched:
    line, counting = Line(under_test.services.store), Counting(under_test.services.credentials.passwords)
    services = QuickServices(under_test.settings, under_test.services.world, store=line)
    known = under_test.services.keys
    vars(services.keys).update(ring=known.ring, mac=known.mac)  # in memory already
    vars(services.credentials).update(passwords=counting)
    return Watched(services, line, counting.asked)


def over_line(under_test: AppUnderTest) -> tuple[QuickServices, Line]:
    """Return the same service in another process, as it were: with a memory of its own, and all that it asks counted."""
    line = Line(under_test.services.store)
    return QuickServices(under_test.settings, under_test.services.world, store=line), line


def log_in(
    under_test: AppUnderTest | Watched, username: str | None, password: str | None, source: Source = SOURCE
) -> LogInResult:
    sign_in = under_test.services.authentication.log_in
    return sign_in.with_password(username=username or "", password=password or "", source=source)
