"""How a form of the account without script is taken: ours, of this very log-in; refused on the page, or asked for a proof."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.errors import Invalid, NotAllowed, NotFound, Refusal, SlowDown, Taken
from chalicelib.web import forms, refusals
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages import form_words
from chalicelib.web.pages.page_forms import SHOWN_STATUS, demand_own_form, see_other
from chalicelib.web.pages.plain_acts import DONE, FORM, Act
from chalicelib.web.routes import Answer, Call
from chalicelib.web.scope_words import as_given, in_words

if TYPE_CHECKING:
    from chalicelib.sessions.session import LiveSession
    from chalicelib.wiring import Services

SECRET = frozenset(
    {"csrf", "password", "code", "current_password", "new_password", "totp"}
)  # never in HTML again


def acted(call: Call, path: str, do: Callable[[Act], Answer]) -> Answer:
    """Do what our own form of this very log-in asks; what is refused is said on the page, or a proof asked for."""
    fields, live = forms.single(call), browser_session.logged_in(call)
    if live is None:
        return log_in_first(call)
    demand_own_form(call, browser_session.browser(call), fields.get("csrf"), FORM, live.session.session_id)
    act = Act(call, live, fields, path)
    try:
        return do(act)
    except (Invalid, NotAllowed, NotFound, SlowDown, Taken) as refusal:
        return shown(act, refusal=refusal)


def log_in_first(call: Call) -> Answer:
    """Return the way to the log-in page."""
    return see_other(f"{call.services.settings.issuer}/login")


def _proof_wanted(refusal: Refusal | None) -> str:
    """Return what a refusal asks for beside the form: ``password``, ``code``, or nothing."""
    if refusal is None:
        return ""
    if refusal.public_code in ("second_factor_required", "invalid_second_factor"):
        return "code"
    asks = isinstance(refusal, Invalid) and refusal.errors.get("password") == "is required"
    return "password" if asks or refusal.public_code == "wrong_password" else ""


def shown(act: Act, *, refusal: Refusal | None = None, done: str = "") -> Answer:
    """Return the account, or where a proof is wanted the page that asks for it and keeps what was typed."""
    wanted, services = _proof_wanted(refusal), act.call.services
    told = form_words.told(refusal, act.fields)
    status = refusals.medium(refusal).status if refusal else 200
    common = {"status": SHOWN_STATUS.get(status, status), "said": told.said, "errors": told.errors}
    typed = {name: value for name, value in act.fields.items() if name not in SECRET}
    if wanted and act.fields.get("act") != "password":
        return act.rendered("plain_proof.html", wanted=wanted, kept=typed, **common)
    values = account_values(services, act.live) | {"fields": typed, "done": DONE.get(done, "")}
    return act.rendered("plain_account.html", **values, **common)


def account_values(services: "Services", live: "LiveSession") -> dict[str, Any]:
    """Return what the page shows of an account."""
    user = live.user
    return {
        "fields": {},
        "done": "",
        "account": user,
        "factors": services.second_factors.own.of(user.user_id),
        "sessions": services.authentication.sessions.live(user.user_id),
        "current": live.session.session_id,
        "consents": [
            (each, in_words(each.scopes), as_given(each.resources, services.oauth.resource_indicators))
            for each in services.oauth.consents.of(user.user_id)
        ],
        "sends_mail": services.mail.is_sent,
        "min_length": services.settings.password_min_length,
        "grace_days": services.settings.deletion_grace_days,
    }
