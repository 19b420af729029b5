"""The pages: how a template becomes an answer. Jinja2 is imported by the first page alone."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.i18n import catalogue, formats
from chalicelib.i18n.chosen import language
from chalicelib.i18n.languages import LANGUAGES
from chalicelib.web import language as web_language
from chalicelib.web.call import HTML
from chalicelib.web.pages import assets, form_words
from chalicelib.web.pages.assets import ASSETS
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from jinja2 import Environment

    from chalicelib.settings.settings import Settings
    from chalicelib.settings.structured import Brand

api = Api("pages")
board_api = Api("pages")  # what the board alone needs: one of the samples

# A logo brings its styles along, and is opened by itself only by who asks for it: no script of it runs.
POLICIES = {
    assets.MARK: {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
    }
}
BOARD = "board"
FOR_EVER = "public, max-age=31536000, immutable"

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

NO_MORE: Mapping[str, str] = {}


def render(
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
    form_action: tuple[str, ...] = (),
    sources: Mapping[str, str] = NO_MORE,
    **values: Any,
) -> Answer:
    """Return a page made from a template of ``chalicelib/web/pages/files``; every value is escaped (BR-5).

    ``form_action`` are the further origins that a form of the page may lead to: browsers hold redirects after a
    form to it too, so a consent page names the origin of the client's redirect URI. ``sources`` are hosts from
    which more may come, by the policy's directive. Templates find ``base`` (the path of the issuer, ``""`` or ``/api``), ``api``
    (the same, unless the page lives elsewhere) and ``asset(name)``, the path of a file.
    """
    given = _common() | values
    given.setdefault("api", given["base"])
    brand = given["brand"]
    given["asset"] = lambda name: f"{given['base']}/static/{assets.version(brand)}/{name}"
    given["mark"] = brand.logo if brand.logo_is_elsewhere else given["asset"](assets.MARK)
    policy = {"Content-Security-Policy": content_security_policy(form_action, sources=sources)}
    body = _templates().get_template(template).render(given)
    given_headers = {**policy, **web_language.headers(), **dict(headers or {})}
    return Answer(body, status=status, headers=given_headers, content_type=HTML)


def content_security_policy(
    form_action: tuple[str, ...] = (), *, only: str | None = None, sources: Mapping[str, str] = NO_MORE
) -> str:
    """Return the policy of a page: everything from here, nothing inline, no frame around it (BR-4).

    Its forms lead here and to ``form_action``; with ``only``, to that and nowhere else. A logo may be elsewhere, and what
    ``sources`` names.
    """
    from chalicelib.wiring import services

    targets = (POLICY["form-action"], *form_action) if only is None else (only,)
    images = images_from(services().settings.brand)
    directives = {**POLICY, "form-action": " ".join(targets), "img-src": images}
    directives |= {name: f"{directives.get(name, '')} {hosts}".strip() for name, hosts in sources.items()}
    return "; ".join(f"{name} {allowed}" for name, allowed in directives.items())


def images_from(brand: "Brand") -> str:
    """Return where images may come from: here, and one address where the logo is one."""
    return f"{POLICY['img-src']} {brand.logo}" if brand.logo_is_elsewhere else POLICY["img-src"]


def _common() -> dict[str, Any]:
    """Return what every page knows. Links begin with the path of the issuer, never of the request (IN-5)."""
    from chalicelib.wiring import services

    at = services()
    issuer = at.settings.issuer
    return {
        "base": urlsplit(issuer).path,
        "issuer": issuer,
        "language": language(),
        "languages": [(tag, LANGUAGES[tag].name) for tag in web_language.offered(at.settings)],
        "direction": LANGUAGES[language()].direction,
        "brand": at.settings.brand,
        "has_board": at.settings.front == BOARD,
        "has_samples": at.settings.samples,
        "meta_policy": None,
        "mail_is_shown": at.mail.is_shown,
        "by_password": at.settings.password_log_in,
        "by_mail": at.mail.is_sent and at.settings.email_log_in,
    }


@lru_cache(maxsize=1)
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from chalicelib.audit.user_agents import device_words

    made = Environment(
        loader=FileSystemLoader(assets.FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext_here, catalogue.ngettext_here, newstyle=True
    )
    made.filters |= {
        "device": lambda text: catalogue.translated(device_words(text)),
        "t": catalogue.translated,
        "day": formats.day,
    }
    made.filters |= {"moment": formats.moment, "number": formats.number}
    return made


def _serve_asset(name: str, content_type: str, api: Api) -> None:
    def asset(call: Call) -> Answer:
        """Return a file of the pages; at its current version it may be cached for ever."""
        brand = call.services.settings.brand
        caching = FOR_EVER if call.params["version"] == assets.version(brand) else "no-cache"
        return Answer(
            assets.text_of(name, brand),
            headers={"Cache-Control": caching, **POLICIES.get(name, {})},
            content_type=content_type,
        )

    asset.__name__ = f"asset_{name.replace('.', '_').replace('-', '_')}"
    path, is_shared = f"/static/{{version}}/{name}", name in assets.FOR_OTHERS
    api.route(path, methods=["GET"], public=True, content_type=content_type, any_origin=is_shared)(asset)


for _name, _content_type in ASSETS.items():
    _serve_asset(_name, _content_type, board_api if _name in assets.BOARD_FILES else api)


@api.route("/", methods=["GET"], public=True, content_type=HTML, redirects=(302,))
def board(call: Call) -> Answer:
    """Return the board, where a newcomer sees the authorizer work; or lead to what the setting names in its place."""
    ours = call.services.settings
    if ours.front == BOARD:
        return _shell(assets.BOARD_PAGE, call)
    location = f"{ours.issuer}/account" if ours.front == "account" else ours.front
    return Answer(status=302, headers={"Location": location, "Cache-Control": "no-cache"})


@api.route("/account", methods=["GET"], public=True, content_type=HTML)
def account(call: Call) -> Answer:
    """Return the page where people look after their own account; its scripts ask for what is theirs."""
    return _shell("account.html", call)


def _shell(template: str, call: Call) -> Answer:
    # No personal data is in it, so the browser may keep it and come back to it at once.
    return render(template, headers={"Cache-Control": "no-cache"}, **shell_values(call.services.settings))


def shell_values(settings: "Settings") -> dict[str, Any]:
    """Return what the two scripted pages know of the settings."""
    return {
        "providers": [provider.name for provider in settings.providers],
        "words": form_words.for_scripts(),
        "grace_days": settings.deletion_grace_days,
        "min_length": settings.password_min_length,
        "sign_up_open": settings.sign_up_open,
        "asks_person": settings.captcha != "off",
        "sends_mail": settings.mail is not None,
    }
