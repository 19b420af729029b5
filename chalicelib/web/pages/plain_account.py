"""The account without script: a page of forms that does what the scripted one does, but for passkeys (BR-2, MF-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.errors import FormRefused, Invalid, NotAllowed, NotFound, Refusal, SlowDown, Taken
from chalicelib.web import forms, refusals
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages import form_words
from chalicelib.web.pages.page_forms import SHOWN_STATUS, csrf_token, demand_own_form, page, see_other
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.credentials.factor_answers import FactorAnswer
    from chalicelib.sessions.session import LiveSession

api = Api("pages")

PATH = "/account/plain"
FORM = "account"  # what the CSRF tokens are for
SECRET = frozenset(
    {"csrf", "password", "code", "current_password", "new_password", "totp"}
)  # never in HTML again
DONE = {
    "email": "Your address is changed, or will be once you open the link that we sent there.",
    "send": "The mail is on its way.",
    "verify": "Your address is proven.",
    "password": "Your password is changed. Every other session is ended.",
    "confirm": "The authenticator app is set up. Now make recovery codes, in case you lose it.",
    "remove": "It is removed. Every other session is ended.",
    "end": "That session is ended.",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What a person wants done: the log-in at this browser, and what was typed."""

    call: Call
    live: "LiveSession"
    fields: Mapping[str, str]

    @property
    def answer(self) -> "FactorAnswer | None":
        """Return the second factor that was typed, None for none."""
        from chalicelib.credentials.factor_answers import FactorAnswer

        code = self.fields.get("code", "").replace(" ", "")
        if not code:
            return None
        return FactorAnswer(totp=code) if code.isdecimal() else FactorAnswer(recovery_code=code)

    def fresh(self) -> "LiveSession":
        """Return who acts, proven in the last five minutes; the refusal says what to show."""
        return self.call.services.accounts.reauthentication.demand(
            self.live,
            password=self.fields.get("password"),
            answer=self.answer,
            source=browser_session.source(self.call),
        )


@api.route(PATH, methods=["GET"], public=True, query=("done",), content_type=HTML, redirects=(303,))
@page
def plain_account(call: Call) -> Answer:
    """Show the account to a browser without script."""
    live = browser_session.logged_in(call)
    return _log_in(call) if live is None else _shown(Act(call, live, {}), done=call.one("done") or "")


@api.route(
    PATH,
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400, 403, 404, 409, 429),
)
@page
def plain_act(call: Call) -> Answer:
    """Do what a form of that page asks; what is sensitive asks for a proof on a page of its own, and keeps what was typed."""
    fields, live = forms.single(call), browser_session.logged_in(call)
    if live is None:
        return _log_in(call)
    demand_own_form(call, browser_session.browser(call), fields.get("csrf"), FORM, live.session.session_id)
    act, name = Act(call, live, fields), fields.get("act", "")
    if name not in ACTS:
        raise FormRefused("There is no such act.")
    try:
        return ACTS[name](act) or see_other(f"{call.services.settings.issuer}{PATH}?done={name}")
    except (Invalid, NotAllowed, NotFound, SlowDown, Taken) as refusal:
        return _shown(act, refusal=refusal)


def _email(act: Act) -> None:
    act.call.services.accounts.self_service.change_profile(
        act.live,
        changes={"email": act.fields.get("email")},
        password=act.fields.get("password"),
        answer=act.answer,
        source=browser_session.source(act.call),
    )


def _send(act: Act) -> None:
    act.call.services.ways_back.email_verification.ask(act.live, source=act.call.source)


def _verify(act: Act) -> None:
    verification = act.call.services.ways_back.email_verification
    verification.verify_code(act.live, act.fields.get("mail_code", ""), source=act.call.source)


def _password(act: Act) -> None:
    act.call.services.accounts.self_service.change_password(
        act.live,
        current=act.fields.get("current_password"),
        new=act.fields.get("new_password", ""),
        answer=act.answer,
        source=browser_session.source(act.call),
    )


def _begin_app(act: Act) -> Answer:
    from urllib.parse import quote

    from chalicelib.credentials import qr_code

    begun = act.call.services.second_factors.own.begin_totp(act.fresh())
    picture = f"data:image/svg+xml,{quote(qr_code.svg(begun.uri))}"
    return _rendered(act, "plain_app.html", secret=begun.secret, uri=begun.uri, picture=picture, said="")


def _confirm_app(act: Act) -> None:
    own = act.call.services.second_factors.own
    own.confirm_totp(act.live, act.fields.get("totp", ""), source=browser_session.source(act.call))


def _make_codes(act: Act) -> Answer:
    own = act.call.services.second_factors.own
    return _rendered(
        act, "plain_codes.html", codes=own.make_recovery_codes(act.fresh(), source=act.call.source)
    )


def _remove(act: Act) -> None:
    own = act.call.services.second_factors.own
    own.remove(act.fresh(), act.fields.get("factor", ""), source=act.call.source)


def _end(act: Act) -> None:
    sessions, session_id = act.call.services.authentication.sessions, act.fields.get("session", "")
    sessions.end(act.live.user.user_id, session_id, source=act.call.source)


ACTS: Mapping[str, Callable[[Act], Answer | None]] = {
    "email": _email,
    "send": _send,
    "verify": _verify,
    "password": _password,
    "app": _begin_app,
    "confirm": _confirm_app,
    "codes": _make_codes,
    "remove": _remove,
    "end": _end,
}


def _log_in(call: Call) -> Answer:
    return see_other(f"{call.services.settings.issuer}/login")


def _proof_wanted(refusal: Refusal | None) -> str:
    """Return what a refusal asks for beside the form: ``password``, ``code``, or nothing."""
    if refusal is None:
        return ""
    if refusal.public_code in ("second_factor_required", "invalid_second_factor"):
        return "code"
    asks = isinstance(refusal, Invalid) and refusal.errors.get("password") == "is required"
    return "password" if asks or refusal.public_code == "wrong_password" else ""


def _shown(act: Act, *, refusal: Refusal | None = None, done: str = "") -> Answer:
    wanted, call = _proof_wanted(refusal), act.call
    told = form_words.told(refusal, act.fields)
    status = refusals.medium(refusal).status if refusal else 200
    common = {"status": SHOWN_STATUS.get(status, status), "said": told.said, "errors": told.errors}
    if wanted and act.fields.get("act") != "password":
        kept = {name: value for name, value in act.fields.items() if name not in SECRET}
        return _rendered(act, "plain_proof.html", wanted=wanted, kept=kept, **common)
    user = act.live.user
    return _rendered(
        act,
        "plain_account.html",
        fields={name: value for name, value in act.fields.items() if name not in SECRET},
        done=DONE.get(done, ""),
        account=user,
        factors=call.services.second_factors.own.of(user.user_id),
        sessions=call.services.authentication.sessions.live(user.user_id),
        current=act.live.session.session_id,
        sends_mail=call.services.mail.is_sent,
        min_length=call.services.settings.password_min_length,
        **common,
    )


def _rendered(act: Act, template: str, **values: Any) -> Answer:
    from chalicelib.web.pages.rendering import render

    browser = browser_session.browser(act.call)
    csrf = csrf_token(act.call, browser, FORM, act.live.session.session_id)
    cookies = browser_session.set_cookies(browser.cookies)
    return render(template, headers=cookies, csrf=csrf, path=PATH, user=act.live.user.display_name, **values)
