"""What people and programs do, one by one, with what the store is asked meanwhile."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pyotp

import app
from bench import house
from chalicelib import wiring
from chalicelib.audit.service_events import Wanted
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import Refusal
from chalicelib.sample.board import Board
from chalicelib.users.lists import DAY
from chalicelib.wiring import Services

READS = frozenset({"get", "list", "GetItem", "BatchGetItem", "Query"})  # of both engines; all else writes


@dataclass(frozen=True, slots=True)
class Asked:
    """What one operation asked of the store."""

    reads: int
    writes: int
    read_units: float  # DynamoDB's request units; 0 on SQLite
    write_units: float
    requests: tuple[str, ...]


@dataclass
class Operations:
    """The operations of the bench on one store, each with its count. ``user_names`` are people who exist."""

    at: Services
    requests: house.Requests
    user_names: Iterator[str]
    found: dict[str, Asked] = field(default_factory=dict)

    def all(self) -> Mapping[str, Asked]:
        """Do each once, in the steady state: keys are loaded, the network is known by its owner or not."""
        at, source = self.at, house.somewhere()
        at.keys.ring.signing_key()
        at.keys.mac.current()
        board = Board(at.store, at.world)
        for number in range(50):  # full pages
            self._sign_up(f"neighbour{number}")
            board.post(author="Zoe", text="The cat is on the roof again. " * 5)
        self._count("sign-up", lambda: self._sign_up("first"))
        self._count("log-in, from a new network", lambda: self._log_in("first", source))
        signed_in = self._count("log-in", lambda: self._log_in("first", source))
        self._a_day_later("first")
        self._count("log-in, the first of a day", lambda: self._log_in("first", source))
        self._count("log-in, wrong password", lambda: self._refused_log_in("first", "wrong"))
        self._count("log-in, unknown user", lambda: self._refused_log_in("nobody-here", "wrong"))
        self._second_step("guarded", source)
        refreshed = self._count(
            "refresh", lambda: at.authentication.log_in.refresh(signed_in.refresh_token, source=source)
        )
        forged = refreshed.refresh_token[:-1] + ("0" if refreshed.refresh_token[-1] != "0" else "1")
        self._count("refresh, forged", lambda: self._refused_refresh(forged))
        self._authorizer(refreshed.access_token)
        self._count("message posted", lambda: board.post(author="Zoe", text="hello"))
        self._count("message page", board.newest)
        self._count("page of 50 users", lambda: at.accounts.users.listed(limit=50))
        self._console("first", "neighbour")
        self._count(
            "log-out",
            lambda: at.authentication.sessions.end(
                refreshed.user.user_id, refreshed.session_id, source=source
            ),
        )
        return self.found

    def people(self) -> Mapping[str, Asked]:
        """Do for people of a crowd what growth must not make dearer."""
        at, source = self.at, house.somewhere()
        username = next(self.user_names)
        self._log_in(username, source)
        signed_in = self._count("log-in", lambda: self._log_in(username, source))
        self._count(
            "refresh", lambda: at.authentication.log_in.refresh(signed_in.refresh_token, source=source)
        )
        self._count("page of 50 users", lambda: at.accounts.users.listed(limit=50))
        self._count("message page", Board(at.store, at.world).newest)
        self._console(username, username[:5])
        return self.found

    def _console(self, username: str, beginning: str) -> None:
        """Read what pages of the console show; each reads its log-in beside it, by one request more."""
        at, people = self.at, self.at.accounts.people
        user = at.accounts.users.find(username)
        if user is None:
            raise ValueError(f"there is no {username}")
        for name in ("newest", "seen"):
            self._count(f"console: {name}", partial(people.listed, name))
        self._count("console: search", lambda: people.search(beginning))

        def one() -> None:
            at.authentication.sessions.read_account(user.user_id)
            at.oauth.consents.of(user.user_id)
            at.audit.of(user.user_id, limit=20)

        self._count("console: one person", one)
        self._count("console: activity", lambda: at.activity.page(Wanted()))
        self._count("console: statistics", lambda: at.counts.days(30))

    def _a_day_later(self, username: str) -> None:
        """Let somebody have been seen a day before, as no clock is moved here."""
        users = self.at.accounts.users
        user = users.find(username)
        if user is not None and user.seen_at is not None:
            before = user.seen_at - DAY
            users.change(user.user_id, lambda user: replace(user, seen_at=before))

    def _authorizer(self, token: str) -> None:
        head, _, signature = token.rpartition(".")
        forged = f"{head}.{signature[::-1]}"
        with wiring.using(self.at):
            for name, text in (
                ("authorizer", token),
                ("authorizer, malformed token", "nonsense"),
                ("authorizer, forged token", forged),
                ("authorizer, forged random secret", f"cba_{'a' * 26}.{'a' * 26}.{'A' * 43}"),
            ):
                self._count(name, partial(_verdict, text))

    def _sign_up(self, username: str) -> Any:
        return self.at.accounts.sign_up.create(
            username=username, password=house.PASSWORD, source=house.somewhere()
        )

    def _log_in(self, username: str, source: Source) -> LogInResult:
        return self.at.authentication.log_in.with_password(
            username=username, password=house.PASSWORD, source=source
        )

    def _second_step(self, username: str, source: Source) -> None:
        """Log in with an authenticator app; its code of the next step is as good, so that none is waited for."""
        self._sign_up(username)
        signed_in = self._log_in(username, source)
        own, now = self.at.second_factors.own, int(self.at.world.now())
        live = self.at.authentication.sessions.require_live(signed_in.user.user_id, signed_in.session_id)
        codes = pyotp.TOTP(own.begin_totp(live).secret)
        own.confirm_totp(live, codes.at(now), source=source)
        pending = self._count("log-in, second factor asked for", lambda: self._pending(username, source))
        answer = FactorAnswer(totp=codes.at(now, counter_offset=1))
        self._count(
            "log-in, second step by app",
            lambda: self.at.second_factors.step.finish(pending, answer, source=source),
        )

    def _pending(self, username: str, source: Source) -> str:
        try:
            self._log_in(username, source)
        except SecondFactorRequired as required:
            return required.pending_token or ""
        raise RuntimeError("no second factor was asked for")

    def _refused_log_in(self, username: str, password: str) -> None:
        with suppress(Refusal):
            self.at.authentication.log_in.with_password(
                username=username, password=password, source=house.somewhere()
            )

    def _refused_refresh(self, token: str) -> None:
        with suppress(Refusal):
            self.at.authentication.log_in.refresh(token, source=house.somewhere())

    def _count(self, name: str, what: Callable[[], Any]) -> Any:
        seen = self.requests.seen
        seen.clear()
        result = what()
        reads = [units for verb, units in seen if verb in READS]
        writes = [units for verb, units in seen if verb not in READS]
        self.found[name] = Asked(
            len(reads), len(writes), sum(reads), sum(writes), tuple(verb for verb, _ in seen)
        )
        return result


def _verdict(token: str) -> None:
    with suppress(Exception):  # a refusal, in the words that the gateway wants
        app.jwt_authorizer(house.event(token), None)
