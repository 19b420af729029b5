"""People with second factors, by the verbs that give them: for tests of whatever asks for one."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.credentials.factors import Factors
from chalicelib.sessions.session import LiveSession
from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing import SOURCE, AppUnderTest

STEP = 30  # seconds


def code_of(secret: str, now: float, *, off: int = 0) -> str:
    """Return what an app that holds the secret shows so many steps from now (RFC 6238), worked out by another hand."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    totp = TOTP(base64.b32decode(secret), 6, SHA1(), STEP, enforce_key_length=True)  # noqa: S303 - what every app knows
    return totp.generate(int(now) + off * STEP).decode()


@dataclass
class Person:
    """Someone who is logged in, and the password; factors are added as they are asked for."""

    under_test: Any  # an AppUnderTest, or what has its services and its clock
    signed_in: LogInResult
    password: str
    secret: str = ""

    @property
    def services(self) -> Any:
        return self.under_test.services

    @property
    def user_id(self) -> str:
        return self.signed_in.user.user_id

    @property
    def username(self) -> str:
        return self.signed_in.user.username

    @property
    def live(self) -> LiveSession:
        found: LiveSession = self.services.authentication.sessions.require_live(
            self.user_id, self.signed_in.session_id
        )
        return found

    @property
    def factors(self) -> Factors:
        found: Factors = self.services.second_factors.own.of(self.user_id)
        return found

    def code(self, *, off: int = 0) -> str:
        return code_of(self.secret, self.under_test.clock.now, off=off)

    def next_code(self) -> str:
        """Let a step go by, and return the new one's code."""
        self.under_test.clock.advance(STEP)
        return self.code()

    def with_totp(self) -> "Person":
        """Add an authenticator app; the code that proved it is spent."""
        own = self.services.second_factors.own
        enrolment = own.begin_totp(self.live)
        self.secret = enrolment.secret
        assert parse_qs(urlsplit(enrolment.uri).query)["secret"] == [self.secret]
        own.confirm_totp(self.live, self.code(), source=SOURCE)
        self.under_test.clock.advance(STEP)
        return self

    def with_passkey(self, name: str = "Laptop", **kind: Any) -> SoftAuthenticator:
        """Add a passkey."""
        own, web = self.services.second_factors.own, urlsplit(self.services.settings.issuer)
        site = {"origin": f"{web.scheme}://{web.netloc}", "rp_id": web.hostname}
        device = SoftAuthenticator(**(site | kind))
        options = own.passkey_options(self.live, source=SOURCE)
        own.add_passkey(self.live, device.create(options), name=name, source=SOURCE)
        return device

    def recovery_codes(self) -> tuple[str, ...]:
        codes: tuple[str, ...] = self.services.second_factors.own.make_recovery_codes(
            self.live, source=SOURCE
        )
        return codes

    def asked(self, source: Source = SOURCE) -> SecondFactorRequired:
        """Log in by password and return what is asked for then."""
        try:
            self.log_in(source)
        except SecondFactorRequired as required:
            return required
        raise AssertionError("no second factor was asked for")

    def log_in(self, source: Source = SOURCE) -> LogInResult:
        signed_in: LogInResult = self.services.authentication.log_in.with_password(
            username=self.username, password=self.password, source=source
        )
        return signed_in

    def pending(self, source: Source = SOURCE) -> str:
        token = self.asked(source).pending_token
        assert token
        return token

    def finish(
        self, token: str, *, source: Source = SOURCE, remember: bool = False, **answer: Any
    ) -> LogInResult:
        done: LogInResult = self.services.second_factors.step.finish(
            token, FactorAnswer(**answer), source=source, remember=remember
        )
        return done


def person(under_test: AppUnderTest, **wanted: Any) -> Person:
    """Sign somebody up."""
    return Person(under_test, *under_test.sign_up(**wanted))
