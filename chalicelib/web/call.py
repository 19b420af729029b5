"""What a view is given and what it gives back; neither knows Chalice."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib import urls
from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, InvalidToken, NotAllowed
from chalicelib.i18n.said import said
from chalicelib.jose.claims import AccessClaims

if TYPE_CHECKING:
    from chalicelib.accounts.idempotency import Attempt
    from chalicelib.wiring import Services

JSON = "application/json"
HTML = "text/html; charset=utf-8"
MAX_PAGE = 100
MAX_CURSOR = 64  # characters
OWN_SITES = (None, "same-origin", "none")  # Sec-Fetch-Site of our own pages, and of no browser


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed and admitted. ``body`` is the struct that the route declares, or None."""

    services: "Services"
    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]  # names in lower case
    source: Source
    claims: AccessClaims | None = None
    body: Any = None
    raw_body: bytes = b""

    @property
    def principal(self) -> AccessClaims:
        """Return whose token it is; only behind a guard."""
        if self.claims is None:
            raise InvalidToken("no authorizer context")
        return self.claims

    def one(self, name: str) -> str | None:
        """Return a query parameter that may be given once; raise Invalid when it is repeated (OP-5)."""
        values = self.query.get(name, ())
        if len(values) > 1:
            raise Invalid(
                said("{name} is given more than once.", name=name), errors={name: "is given more than once"}
            )
        return values[0] if values else None

    def page_limit(self, default: int = 50) -> int:
        """Return ``limit`` of a list, 1 to 100."""
        text = self.one("limit")
        if text is None:
            return default
        if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_PAGE:
            raise Invalid(
                said("limit is a whole number from 1 to {most}.", most=MAX_PAGE),
                errors={"limit": said("is 1 to {most}", most=MAX_PAGE)},
            )
        return int(text)

    def cursor(self) -> str | None:
        """Return ``cursor`` of a list, where the next page starts."""
        cursor = self.one("cursor")
        if cursor is not None and not (
            cursor.isascii() and cursor.isprintable() and 0 < len(cursor) <= MAX_CURSOR
        ):
            raise Invalid("The cursor is not one of ours.", errors={"cursor": "is not one of ours"})
        return cursor

    def cookie(self, name: str) -> str | None:
        """Return a cookie; where a name is doubled, none at all (AZ-6)."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        values = [value for key, _, value in pairs if key == name]
        return values[0] if len(values) == 1 else None

    @property
    def wants_json(self) -> bool:
        """Return whether the caller asks for JSON where a person's browser gets a page."""
        accept = self.headers.get("accept", "")
        return "application/json" in accept and "text/html" not in accept

    def attempt(self) -> "Attempt | None":
        """Return this request under its ``Idempotency-Key``, None where it has none."""
        header = self.headers.get("idempotency-key")
        if header is None:
            return None
        caller = "" if self.claims is None else self.claims.sub
        return self.services.accounts.idempotency_keys.attempt(
            header, route=f"{self.method} {self.path}", caller=caller, request=self.raw_body
        )

    def demand_own_origin(self) -> None:
        """Refuse what another site made a browser send (BR-2). A program that is no browser names no origin."""
        origin, site = self.headers.get("origin"), self.headers.get("sec-fetch-site")
        settings = self.services.settings
        own = (None, origin_of(settings.issuer), *settings.allowed_origins)
        if origin not in own or (origin is None and site not in OWN_SITES):
            raise NotAllowed("This may only be asked from our own pages.", code="foreign_origin")

    def is_from_own_page(self) -> bool:
        """Return whether a form is: under no-referrer a browser hides its origin as ``null``, but not the site."""
        origin, site = self.headers.get("origin"), self.headers.get("sec-fetch-site")
        return origin in (None, "null", origin_of(self.services.settings.issuer)) and site in OWN_SITES


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view returns. ``body`` is JSON-able unless ``content_type`` says otherwise (then text)."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)
    content_type: str = JSON


NO_CONTENT = Answer(status=204)


def created(body: Any, location: str | None = None) -> Answer:
    """Return a 201, with an absolute Location where the new thing can be read."""
    return Answer(body, status=201, headers={"Location": location} if location else {})


def origin_of(url: str) -> str:
    """Return the origin of an issuer as a browser spells it."""
    web = urls.read(url)
    if web is None:
        raise ValueError("the issuer is no web URL")
    return web.origin
