"""How one environment variable is read, and what is said when it cannot be used."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from chalicelib import scopes, urls
from chalicelib.errors import Invalid

PREFIX = "CUPBEARER_"
NOT_SETTINGS = ("CUPBEARER_TEST_", "CUPBEARER_REQUIRE_PARTS")  # what our own suite reads from the environment
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
# What may hold one: their text is shown to nobody.
SECRET = frozenset({"MASTER_KEY", "PROVIDERS", "MAIL", "CAPTCHA_SECRET"})

Said = tuple[
    str, str | None, str | None
]  # a variable, the text that was given, and what holds without one; None: nothing


class SettingsError(Exception):
    """A setting that cannot be used: its variable, and what is wrong with it."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} {problem}.")
        self.variable = variable


class Reader:
    """Reads the variables that begin with PREFIX; every verb raises SettingsError that names the variable.

    It remembers which names were ``asked`` for, with what holds without them: those are the settings there are.
    """

    def __init__(self, environ: Mapping[str, str], asked: dict[str, str | None] | None = None) -> None:
        self.environ = environ
        self.asked: dict[str, str | None] = {} if asked is None else asked

    def said(self) -> tuple[Said, ...]:
        """Return each variable as it was read; of what may hold a secret nothing but whether it was given."""
        return tuple(
            (PREFIX + name, self._given(name), None if name in SECRET else default)
            for name, default in self.asked.items()
        )

    def _given(self, name: str) -> str | None:
        given = self.environ.get(PREFIX + name) or None
        return "" if given and name in SECRET else given

    def refuse_unknown(self) -> None:
        """Refuse a variable that looks like a setting and that nobody asked for: most likely it is misspelt."""
        for variable in sorted(self.environ):
            if variable.startswith(PREFIX) and not variable.startswith(NOT_SETTINGS):
                self._demand_known(variable)

    def _demand_known(self, variable: str) -> None:
        name = variable.removeprefix(PREFIX)
        if name not in self.asked:
            from difflib import get_close_matches  # 3 ms that a right name need not wait for

            nearest = get_close_matches(name.upper(), sorted(self.asked), n=1)
            hint = f"did you mean {PREFIX}{nearest[0]}" if nearest else "docs/settings.md lists what there is"
            raise SettingsError(variable, f"is no setting: {hint}")

    def optional(self, name: str) -> str | None:
        return self._asked(name, None)

    def text(self, name: str, default: str) -> str:
        return self._asked(name, default) or default

    def _asked(self, name: str, default: str | None) -> str | None:
        self.asked.setdefault(name, default)
        return self.environ.get(PREFIX + name) or None

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise SettingsError(PREFIX + name, f"is {value!r}, but must be one of {', '.join(choices)}")
        return value

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise SettingsError(
                PREFIX + name, f"is {value!r}, but must be a whole number from {least} to {most}"
            )
        return int(value)

    def json(self, name: str, kind: type[list[Any]] | type[dict[str, Any]], *, example: str) -> Any:
        """Return a JSON list or object, empty where nothing is set. ``example`` is shown with every refusal."""
        wanted = f"must be a JSON {'list' if kind is list else 'object'}, such as {example}"
        try:
            value = json.loads(self.text(name, "[]" if kind is list else "{}"))
        except ValueError as error:
            raise SettingsError(PREFIX + name, f"is not JSON ({error}); it {wanted}") from None
        if not isinstance(value, kind):
            raise SettingsError(PREFIX + name, wanted)
        return value

    def scopes(self, name: str, default: str) -> scopes.Scopes:
        # Set but empty is a choice of its own: new users with no scope at all.
        self.asked[name] = "" if self.environ.get(PREFIX + name) == "" else default
        try:
            return scopes.parse(self.environ.get(PREFIX + name, default))
        except Invalid as error:
            raise SettingsError(PREFIX + name, f"is not a scope string: {error.detail.rstrip('.')}") from None

    def store(self) -> tuple[Literal["sqlite", "dynamodb"], str]:
        value = self.text("STORE", "sqlite:///.cupbearer/cupbearer.db")
        if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
            return "sqlite", value.removeprefix("sqlite:///")
        if re.fullmatch(r"dynamodb://[A-Za-z0-9_.-]{3,255}", value):
            return "dynamodb", value.removeprefix("dynamodb://")
        raise SettingsError(
            PREFIX + "STORE",
            f"is {value!r}, but must be sqlite:///FILE (four slashes where the path begins with one) or dynamodb://TABLE",
        )

    def issuer(self, port: str) -> str:
        value = self.text("ISSUER", f"http://localhost:{port}")
        if value.endswith("/") or not is_web_origin_or_path(value, secure=False):
            raise SettingsError(
                PREFIX + "ISSUER",
                f"is {value!r}, but must be a URL such as https://auth.example.com, without query or final slash",
            )
        return value


def is_web_origin_or_path(url: str, *, secure: bool) -> bool:
    """Return whether ``url`` is https (or, unless ``secure``, http) with a host and no user, query or fragment."""
    web = urls.read(url)
    return web is not None and not web.query and (web.scheme == "https" or not secure)


def is_outside_url(url: object, *, production: bool) -> bool:
    """Return whether we may call ``url``: https, or in development also http to loopback (FD-5)."""
    if not isinstance(url, str) or not is_web_origin_or_path(url, secure=production):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK_HOSTS
