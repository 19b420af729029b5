"""The settings that are lists: browser origins, trusted issuers, log-in providers."""

import re
from typing import TYPE_CHECKING, Any

from chalicelib import urls
from chalicelib.settings.reader import PREFIX, Reader, SettingsError, is_outside_url
from chalicelib.value import Value

if TYPE_CHECKING:
    from chalicelib.tokens.trusted_issuers import TrustedIssuer

SECRET_REFERENCES = ("ssm:", "secretsmanager:")
DAY = 24 * 60 * 60

TRUSTED_ISSUERS_EXAMPLE = (
    '[{"issuer": "https://issuer.example.com", "audience": "https://api.example", "scopes": "get:profile"}]'
)
PROVIDERS_EXAMPLE = (
    '{"google": {"issuer": "https://accounts.google.com", "client_id": "…", "client_secret": "…"}}'
)

_OUTSIDE_API = re.compile(
    r"(?:arn:aws[a-z-]{0,12}:execute-api:[a-z0-9-]{1,32}:[0-9]{1,12}:)?[A-Za-z0-9]{1,64}(?:/[A-Za-z0-9_-]{1,128})?"
)
_PROVIDER_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
RESERVED = frozenset({"second-factor"})  # a path of ours below /login


class ProviderSetting(Value):
    """Where people may log in from: an OpenID issuer and our registration there."""

    name: str
    issuer: str
    client_id: str
    client_secret: str  # may be a reference, see SECRET_REFERENCES
    scopes: str
    trusts_mfa: bool = False  # its word for more than one factor counts


class Brand(Value):
    """Whose service this is, as the settings say it; ``settings.brand`` judges it where any of it is given."""

    name: str | None = None
    logo: str | None = None  # a file below the project, or https
    accent: str | None = None
    support_url: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None
    footer: str | None = None
    credit: bool = True  # whether a small line of a named service's pages says what it runs on

    @property
    def is_named(self) -> bool:
        """Return whether the service is somebody's, and no more Cupbearer by itself."""
        return self.name is not None

    @property
    def shown(self) -> str:
        """Return what the pages call the service."""
        return self.name or "Cupbearer"

    @property
    def file_name(self) -> str:
        """Return what names of files to keep begin with."""
        return re.sub("[^a-z0-9]+", "-", self.shown.lower()).strip("-") or "my"

    @property
    def logo_is_elsewhere(self) -> bool:
        """Return whether browsers fetch the logo from another place."""
        return self.logo is not None and self.logo.startswith("https:")


def brand(read: Reader, *, production: bool) -> Brand:
    """Return the brand that is set, if any."""
    names = ("NAME", "LOGO", "ACCENT", "SUPPORT_URL", "TERMS_URL", "PRIVACY_URL", "FOOTER")
    given = {name.lower(): read.optional(name) for name in names}
    given["accent"] = given["accent"] and given["accent"].lower()
    found = Brand(**given, credit=read.choice("CREDIT", "on", ("on", "off")) == "on")
    if any(given.values()):
        from chalicelib.settings.brand import demand_usable

        demand_usable(found, production=production)
    return found


def origins(read: Reader) -> tuple[str, ...]:
    listed = read.json("ALLOWED_ORIGINS", list, example='["https://app.example.com"]')
    for origin in listed:
        web = urls.read(origin) if isinstance(origin, str) else None
        if web is None or web.origin != origin:
            wanted = web.origin if web else "https://example.com"
            raise SettingsError(
                PREFIX + "ALLOWED_ORIGINS",
                f"has {origin!r}, but each must be an exact origin as a browser spells it, such as {wanted}",
            )
    return tuple(listed)


def outside_apis(read: Reader) -> tuple[str, ...]:
    """Return the other APIs that the authorizer guards: ``API`` or ``API/STAGE``, alone or at the end of an ARN."""
    listed = read.json("OUTSIDE_APIS", list, example='["a1b2c3d4e5", "a1b2c3d4e5/prod"]')
    for api in listed:
        if not isinstance(api, str) or not _OUTSIDE_API.fullmatch(api):
            raise SettingsError(
                PREFIX + "OUTSIDE_APIS",
                f"has {api!r}, but each must be an API's id such as a1b2c3d4e5, with /STAGE or as an ARN if you like",
            )
    return tuple(listed)


def trusted_issuers(read: Reader, *, production: bool) -> tuple["TrustedIssuer", ...]:
    entries = read.json("TRUSTED_ISSUERS", list, example=TRUSTED_ISSUERS_EXAMPLE)
    if not entries:
        return ()
    variable = PREFIX + "TRUSTED_ISSUERS"
    from chalicelib.settings.trusted_issuer import trusted_issuer

    found = tuple(trusted_issuer(entry, variable, production=production) for entry in entries)
    if len({entry.issuer for entry in found}) != len(found):
        raise SettingsError(variable, "names an issuer twice")
    return found


def _is_well_set(name: str, value: object) -> bool:
    return isinstance(value, bool) if name == "trusts_mfa" else isinstance(value, str) and bool(value)


def providers(read: Reader, *, production: bool) -> tuple[ProviderSetting, ...]:
    variable = PREFIX + "PROVIDERS"
    found = []
    for name, entry in read.json("PROVIDERS", dict, example=PROVIDERS_EXAMPLE).items():
        if not _PROVIDER_NAME.fullmatch(name):
            raise SettingsError(
                variable, f"has the name {name!r}, but a name is a-z, 0-9, '-' and '_', at most 32"
            )
        if name in RESERVED:
            raise SettingsError(variable, f"has the name {name!r}, but /login/{name} is a page of our own")
        fields = {"issuer", "client_id", "client_secret"}
        good = isinstance(entry, dict) and fields <= set(entry) <= fields | {"scopes", "trusts_mfa"}
        if not good or not all(_is_well_set(*each) for each in entry.items()):
            raise SettingsError(
                variable,
                f"{name}: must have issuer, client_id and client_secret, and may have scopes and trusts_mfa (true or false)",
            )
        if not is_outside_url(entry["issuer"], production=production):
            raise SettingsError(variable, f"{name}: the issuer must be an https URL")
        if production and not entry["client_secret"].startswith(SECRET_REFERENCES):
            raise SettingsError(
                variable, f"{name}: in production client_secret must be ssm:NAME or secretsmanager:NAME"
            )
        found.append(ProviderSetting(name=name, **{"scopes": "openid profile email", **entry}))
    return tuple(found)


def mail_out(read: Reader, *, production: bool, function: str | None) -> dict[str, Any]:
    """Return how mail leaves: the way out as it is given, None for none, and from whom."""
    route = read.text("MAIL", "none" if production or function else "console:")
    return {
        "mail": None if route == "none" else route,
        "mail_from": read.optional("MAIL_FROM"),
        "mail_reply_to": read.optional("MAIL_REPLY_TO"),
        "mail_function": read.text("MAIL_FUNCTION", f"{function}-deliver_mail" if function else "") or None,
    }
