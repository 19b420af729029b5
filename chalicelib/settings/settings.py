"""The environment, read once into one frozen object. A bad value stops start-up with one sentence that names it.

This is the only module that reads ``os.environ``.
"""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from chalicelib import scopes
from chalicelib.jose import jws
from chalicelib.settings.durations import durations
from chalicelib.settings.reader import PREFIX, Reader, Said, SettingsError, is_web_origin_or_path
from chalicelib.settings.structured import (
    SECRET_REFERENCES,
    Brand,
    ProviderSetting,
    brand,
    mail_out,
    origins,
    outside_apis,
    providers,
    trusted_issuers,
)
from chalicelib.settings.ways_in import captcha, clients_in, demand_way_in, first_seen, ways_in
from chalicelib.value import Value

if TYPE_CHECKING:
    from chalicelib.tokens.trusted_issuers import TrustedIssuer


class Settings(Value):
    """Every setting of the design's section 3, parsed. Durations are seconds."""

    store_engine: Literal["sqlite", "dynamodb"]
    store_name: str  # the file or the table
    issuer: str
    audience: str
    signing_alg: str
    master_key: str | None
    access_tokens: Literal["jwt", "opaque"]
    access_token_seconds: int
    session_idle_seconds: int
    session_max_seconds: int
    refresh_grace_seconds: int
    authorizer_ttl_seconds: int
    default_scopes: scopes.Scopes
    password_min_length: int
    trusted_issuers: tuple["TrustedIssuer", ...]
    providers: tuple[ProviderSetting, ...]
    sign_up_open: bool
    captcha: str  # who says whether a person signs up: off, turnstile, hcaptcha
    captcha_site_key: str
    captcha_secret: str  # may be a reference, see SECRET_REFERENCES
    email_log_in: bool
    password_log_in: bool
    registration: Literal["off", "token", "open"]  # which clients may register themselves
    registration_limit: int
    second_factor_required: bool
    second_factor_scopes: scopes.Scopes  # in a token only after a second factor
    remember_device_days: int
    client_documents: tuple[str, ...] | None  # the hosts whose clients describe themselves; None: every host
    deletion_grace_days: int
    allowed_origins: tuple[str, ...]
    mail: str | None  # as it is given: ``settings.mail.parse_route`` reads it; None: no mail is sent
    mail_from: str | None
    mail_reply_to: str | None
    mail_function: str | None  # the Lambda function that delivers
    outside_apis: tuple[str, ...]
    brand: Brand
    languages: tuple[str, ...]  # that are offered, first the one for who wishes for none; empty: all
    samples: bool  # whether the example routes and the board are served
    front: str  # board, account, or where ``/`` leads to
    production: bool
    function: str | None  # the name of the Lambda function that this is, if it is one
    handler: str | None = None  # what Lambda calls here: MODULE.FUNCTION
    said: tuple[Said, ...] = ()  # where each of them comes from

    @property
    def in_lambda(self) -> bool:
        """Return whether this is the deployed service."""
        return self.function is not None

    @property
    def revocation_bound_seconds(self) -> int:
        """Return the longest that a token still opens what its person, client or consent has no more (M8)."""
        counts = self.access_token_counts_seconds
        return min(self.authorizer_ttl_seconds, counts) if self.access_tokens == "opaque" else counts

    @property
    def access_token_counts_seconds(self) -> int:
        """Return how long an access token is honoured: its life, and the leeway for clocks that differ (TK-5)."""
        from chalicelib.jose.claims import LEEWAY_SECONDS

        return self.access_token_seconds + LEEWAY_SECONDS


def from_environment() -> Settings:
    """Return the settings of this process."""
    return parse(os.environ)


def aws_region() -> str | None:
    """Return the region that the environment names; Python's SDK alone does not know the first of the two names."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def parse(environ: Mapping[str, str]) -> Settings:
    """Return the settings that ``environ`` describes; raise SettingsError for the first one that cannot be used."""
    read = Reader(environ)
    settings = _settings(read, environ)
    read.refuse_unknown()
    _demand_master_key(settings)
    demand_way_in(settings)
    if settings.production:
        _refuse_in_production(settings)
    if settings.mail not in (None, "console:") or settings.mail_from or settings.mail_reply_to:
        from chalicelib.settings.mail import demand_usable

        demand_usable(settings)
    return settings


def known_names() -> frozenset[str]:
    """Return the variables that are settings: all that reading them asks for."""
    read = Reader({})
    _settings(read, {})
    return frozenset(PREFIX + name for name in read.asked)


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Raise SettingsError for the first ``CUPBEARER_`` name in ``environ`` that is no setting; values are not read."""
    read = Reader(environ)
    _settings(Reader({}, read.asked), {})
    read.refuse_unknown()


def _settings(read: Reader, environ: Mapping[str, str]) -> Settings:
    production = read.choice("ENV", "development", ("development", "production")) == "production"
    engine, name = read.store()
    opaque = read.choice("ACCESS_TOKENS", "jwt", ("jwt", "opaque")) == "opaque"
    issuer = read.issuer(environ.get("PORT", "8000"))
    function = environ.get("AWS_LAMBDA_FUNCTION_NAME")
    return Settings(
        store_engine=engine,
        store_name=name,
        issuer=issuer,
        audience=read.text("AUDIENCE", issuer),
        signing_alg=read.choice("SIGNING_ALG", "RS256", jws.ALGORITHMS),
        master_key=read.optional("MASTER_KEY"),
        access_tokens="opaque" if opaque else "jwt",
        **durations(read, opaque=opaque),
        password_min_length=read.whole("PASSWORD_MIN_LENGTH", 8, 8, 64),
        trusted_issuers=trusted_issuers(read, production=production),
        providers=providers(read, production=production),
        **captcha(read, production=production),
        **ways_in(read),
        **clients_in(read, local=not production and function is None),
        allowed_origins=origins(read),
        **mail_out(read, production=production, function=function),
        outside_apis=outside_apis(read),
        brand=brand(read, production=production),
        **first_seen(read, production=production, issuer=issuer),
        production=production,
        function=function,
        handler=environ.get("_HANDLER"),
        said=read.said(),  # at last: all is asked for
    )


def _demand_master_key(settings: Settings) -> None:
    variable = PREFIX + "MASTER_KEY"
    key = settings.master_key
    if key is None:
        if settings.store_engine == "dynamodb":
            raise SettingsError(
                variable, "must be given with a DynamoDB store: 64 hex digits, ssm:NAME or kms:KEY_ID"
            )
        return
    if not key.startswith(("kms:", *SECRET_REFERENCES)):
        demand_key_material(key)


def demand_key_material(text: str) -> bytes:
    """Return the 32 bytes that 64 hex digits spell; refuse short, placeholder and low-entropy ones (KM-1)."""
    variable = PREFIX + "MASTER_KEY"
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise SettingsError(variable, "must be 64 hex digits, for example from: openssl rand -hex 32")
    key = bytes.fromhex(text)
    if len(set(key)) < 16:  # noqa: PLR2004 - 32 random bytes have fewer than 16 values about never
        raise SettingsError(
            variable, "is a placeholder, not a random key: make one with: openssl rand -hex 32"
        )
    return key


def _refuse_in_production(settings: Settings) -> None:
    refused = {
        "STORE": (
            settings.store_engine == "sqlite",
            "is SQLite, which production refuses: use dynamodb://TABLE",
        ),
        "ISSUER": (not is_web_origin_or_path(settings.issuer, secure=True), "must be https in production"),
        "MASTER_KEY": (
            not (settings.master_key or "").startswith(("kms:", *SECRET_REFERENCES)),
            "must be kms:KEY_ID, ssm:NAME or secretsmanager:NAME in production, not a literal",
        ),
        "ALLOWED_ORIGINS": (
            any(not origin.startswith("https://") for origin in settings.allowed_origins),
            "must hold only https origins in production",
        ),
        "MAIL": (
            settings.mail == "console:" or "@" in (settings.mail or ""),
            "must be none, ses:, an SMTP server without a password, ssm:NAME or secretsmanager:NAME in production",
        ),
    }
    for name, (bad, problem) in refused.items():
        if bad:
            raise SettingsError(PREFIX + name, problem)
