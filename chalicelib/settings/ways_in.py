"""The settings of how people come in, by which ways and with how many factors, and which clients do."""

import re
from typing import TYPE_CHECKING, Any

from chalicelib import urls
from chalicelib.settings.languages import languages_in
from chalicelib.settings.reader import PREFIX, Reader, SettingsError, is_web_origin_or_path
from chalicelib.settings.structured import SECRET_REFERENCES

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings

# https://developers.cloudflare.com/turnstile/troubleshooting/testing/, https://docs.hcaptcha.com/#integration-testing-test-keys
_TEST_SITE_KEYS = re.compile(r"[1-3]x0{20}[A-F]{2}|[1-3]0000000-ffff-ffff-ffff-0{11}[1-3]")
LOGS_IN = "app.app"  # what Lambda calls where people log in


def ways_in(read: Reader) -> dict[str, Any]:
    """Return them by their names among the settings."""
    return {
        "sign_up_open": read.choice("SIGN_UP", "open", ("open", "closed")) == "open",
        "password_log_in": read.choice("PASSWORD_LOG_IN", "on", ("on", "off")) == "on",
        "email_log_in": read.choice("EMAIL_LOG_IN", "off", ("on", "off")) == "on",
        "second_factor_required": read.choice("SECOND_FACTOR", "optional", ("optional", "required"))
        == "required",
        "second_factor_scopes": read.scopes("SECOND_FACTOR_SCOPES", ""),
        "remember_device_days": read.whole("REMEMBER_DEVICE_DAYS", 30, 0, 90),
    }


def captcha(read: Reader, *, production: bool) -> dict[str, Any]:
    """Return who says whether a person signs up, "off" for nobody, with the two keys that it gave us."""
    vendor = read.choice("CAPTCHA", "off", ("off", "turnstile", "hcaptcha"))
    site_key, secret = read.text("CAPTCHA_SITE_KEY", ""), read.text("CAPTCHA_SECRET", "")
    for name, value in (("CAPTCHA_SITE_KEY", site_key), ("CAPTCHA_SECRET", secret)):
        if vendor != "off" and not value:
            raise SettingsError(PREFIX + name, f"must be given with {PREFIX}CAPTCHA={vendor}")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,100}", site_key):
        raise SettingsError(PREFIX + "CAPTCHA_SITE_KEY", f"is {site_key!r}, which is no site key")
    if production and secret and not secret.startswith(SECRET_REFERENCES):
        raise SettingsError(
            PREFIX + "CAPTCHA_SECRET", "must be ssm:NAME or secretsmanager:NAME in production, not a literal"
        )
    if production and _TEST_SITE_KEYS.fullmatch(site_key):
        raise SettingsError(
            PREFIX + "CAPTCHA_SITE_KEY", "is the vendor's key for testing, with which everybody is a person"
        )
    return {"captcha": vendor, "captcha_site_key": site_key, "captcha_secret": secret}


def clients_in(read: Reader, *, local: bool) -> dict[str, Any]:
    """Return how clients come in that no operator registered: on a laptop as they like, else only if that is said."""
    return {
        "client_documents": client_documents(read, local=local),
        "registration": read.choice("REGISTRATION", "open" if local else "off", ("off", "token", "open")),
        "registration_limit": read.whole("REGISTRATION_LIMIT", 10_000, 1, 1_000_000),
    }


def client_documents(read: Reader, *, local: bool) -> tuple[str, ...] | None:
    """Return the hosts whose clients may describe themselves (client ID metadata documents); None for every host."""
    name = "CLIENT_DOCUMENTS"
    text = read.text(name, "any" if local else "off")
    if text in ("off", "any"):
        return () if text == "off" else None
    hosts = read.json(name, list, example='["claude.ai", "app.example.com:8443"], or off, or any')
    for host in hosts:
        web = urls.read(f"https://{host}") if isinstance(host, str) else None
        if web is None or web.origin != f"https://{host}":
            raise SettingsError(
                PREFIX + name,
                f"has {host!r}, but each must be a host as it stands in an address, such as app.example.com",
            )
    return tuple(hosts)


def first_seen(read: Reader, *, production: bool, issuer: str) -> dict[str, Any]:
    """Return what a newcomer finds: the languages, the samples, the front page, and the scopes to begin with."""
    samples = read.choice("SAMPLES", "off" if production else "on", ("on", "off")) == "on"
    return {
        "languages": languages_in(read),
        "samples": samples,
        "front": front(read, production=production, samples=samples, issuer=issuer),
        "default_scopes": read.scopes("DEFAULT_SCOPES", "get:profile" if samples else ""),
    }


def front(read: Reader, *, production: bool, samples: bool, issuer: str) -> str:
    """Return what ``/`` shows: ``board``, ``account``, or the address that it leads to. The board is one of the samples."""
    shown = read.text("FRONT", "board" if samples and not production else "account")
    if shown == "board" and not samples:
        raise SettingsError(
            PREFIX + "FRONT",
            f"is board, which is one of the samples, and these are off: set {PREFIX}SAMPLES=on, or {PREFIX}FRONT=account",
        )
    leads_away = is_web_origin_or_path(shown, secure=production) and not _is_same_page(shown, issuer)
    if shown not in ("board", "account") and not leads_away:
        raise SettingsError(
            PREFIX + "FRONT",
            f"is {shown!r}, but must be board, account, or an address that is not our own, such as https://www.example.com",
        )
    return shown


def _is_same_page(one: str, other: str) -> bool:
    """Return whether a browser takes two addresses for one: ``HTTPS://a.example:443/`` is ``https://a.example``."""
    first, second = urls.read(one), urls.read(other)
    if first is None or second is None:
        return False
    return first.origin == second.origin and first.path.rstrip("/") == second.path.rstrip("/")


def demand_way_in(settings: "Settings") -> None:
    """Refuse to leave people without a way to log in that needs nothing beforehand: a passkey is added after a log-in.

    Of a Lambda function that logs nobody in nothing is demanded: the authorizer, say, is not told how mail leaves.
    """
    if settings.handler not in (None, LOGS_IN):
        return
    by_mail = settings.email_log_in and settings.mail is not None
    if not (settings.password_log_in or by_mail or settings.providers):
        raise SettingsError(
            PREFIX + "PASSWORD_LOG_IN",
            f"is off, and nobody could log in: set {PREFIX}EMAIL_LOG_IN=on with {PREFIX}MAIL, or name a provider in "
            f"{PREFIX}PROVIDERS",
        )
