"""What the app answers a test, and the cookies that a browser keeps of it."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    status: int
    headers: dict[str, Any]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str | None:
        return self.json.get("error") if "json" in str(self.headers.get("Content-Type")) else None

    @property
    def location(self) -> str:
        return str(self.headers["Location"])

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the address that it leads to."""
        return dict(parse_qsl(urlsplit(self.location).query, keep_blank_values=True, strict_parsing=True))

    @property
    def form(self) -> dict[str, str]:
        """The fields of the page's form, as they are."""
        page = _Inputs()
        page.feed(self.text)
        return page.fields

    @property
    def set_cookies(self) -> list[str]:
        found = self.headers.get("Set-Cookie", [])
        return found if isinstance(found, list) else [found]


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


@dataclass
class CookieJar:
    """The cookies of one browser. Each of ours is for this host alone."""

    cookies: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def cookie_headers(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def keep(self, reply: Reply) -> None:
        for line in reply.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                assert name.startswith("__Host-")
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
