"""What the forms of the account without script do: one act each, on a fresh proof where that is asked for (MF-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.i18n.formats import moment
from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web import language as web_language
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages.page_forms import LOG_IN, csrf_token, message, see_other

if TYPE_CHECKING:
    from chalicelib.audit.trail import Source
    from chalicelib.credentials.factor_answers import FactorAnswer
    from chalicelib.sessions.session import LiveSession

PATH = "/account/plain"
FORM = "account"  # what the CSRF tokens are for
FRONT = ("/", said("To the front page"))
DONE = {
    "email": "Your address is changed, or will be once you open the link that we sent there.",
    "language": "Your language is changed.",
    "send": "The mail is on its way.",
    "verify": "Your address is proven.",
    "password": "Your password is changed. Every other session is ended.",
    "confirm": "The authenticator app is set up. Now make recovery codes, in case you lose it.",
    "remove": "It is removed. Every other session is ended.",
    "forget": "That browser is asked for the second factor again.",
    "end": "That session is ended.",
    "withdraw": "That application has no access any more.",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What a person wants done: the log-in at this browser, what was typed, and the path that its form is sent to."""

    call: Call
    live: "LiveSession"
    fields: Mapping[str, str]
    path: str = PATH

    @property
    def source(self) -> "Source":
        """Return who asks."""
        return browser_session.source(self.call)

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
        reauthentication = self.call.services.accounts.reauthentication
        password = self.fields.get("password")
        return reauthentication.demand(self.live, password=password, answer=self.answer, source=self.source)

    def rendered(self, template: str, **values: Any) -> Answer:
        """Return a page whose forms are good for this log-in."""
        from chalicelib.web.pages.rendering import render

        browser = browser_session.browser(self.call)
        csrf = csrf_token(self.call, browser, FORM, self.live.session.session_id)
        cookies = browser_session.set_cookies(browser.cookies)
        user = self.live.user.display_name
        return render(template, headers=cookies, csrf=csrf, path=PATH, sent_to=self.path, user=user, **values)


def _email(act: Act) -> None:
    act.call.services.accounts.self_service.change_profile(
        act.live,
        changes={"email": act.fields.get("email")},
        password=act.fields.get("password"),
        answer=act.answer,
        source=act.source,
    )


def _language(act: Act) -> Answer:
    """Change the language, for this browser at once."""
    own = act.fields.get("language", "")
    act.call.services.accounts.self_service.change_profile(
        act.live, changes={"language": own}, source=act.source
    )
    back = f"{act.call.services.settings.issuer}{PATH}?done=language"
    return see_other(back, web_language.remembering(act.call, own))


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
        source=act.source,
    )


def _begin_app(act: Act) -> Answer:
    from urllib.parse import quote

    from chalicelib.credentials import qr_code

    begun = act.call.services.second_factors.own.begin_totp(act.fresh())
    picture = f"data:image/svg+xml,{quote(qr_code.svg(begun.uri))}"
    return act.rendered("plain_app.html", secret=begun.secret, uri=begun.uri, picture=picture, said="")


def _confirm_app(act: Act) -> None:
    own = act.call.services.second_factors.own
    own.confirm_totp(act.live, act.fields.get("totp", ""), source=act.source)


def _make_codes(act: Act) -> Answer:
    own = act.call.services.second_factors.own
    codes = own.make_recovery_codes(act.fresh(), source=act.call.source)
    return act.rendered("plain_codes.html", codes=codes)


def _remove(act: Act) -> None:
    own = act.call.services.second_factors.own
    own.remove(act.fresh(), act.fields.get("factor", ""), source=act.call.source)


def _end(act: Act) -> None:
    sessions, session_id = act.call.services.authentication.sessions, forms.named(act.fields, "session")
    sessions.end(act.live.user.user_id, session_id, source=act.call.source)


def _withdraw(act: Act) -> None:
    consents, client_id = act.call.services.oauth.consents, forms.named(act.fields, "client")
    consents.withdraw(act.live.user.user_id, client_id, source=act.call.source)


def _delete(act: Act) -> Answer:
    deletes_at = act.call.services.accounts.self_service.delete_own(
        act.live, password=act.fields.get("password"), answer=act.answer, source=act.source
    )
    gone = browser_session.set_cookies(browser_session.dropped())
    if deletes_at is None:
        text = said("It is gone for ever, with everything that belonged to it.")
        return message("Your account is deleted", text, headers=gone, onward=FRONT)
    until = moment(deletes_at)
    text = said("It will be deleted for ever on {until}. To keep it, log in before then.", until=until)
    return message("Your account is closed", text, headers=gone, onward=LOG_IN)


ACTS: Mapping[str, Callable[[Act], Answer | None]] = {
    "email": _email,
    "language": _language,
    "send": _send,
    "verify": _verify,
    "password": _password,
    "app": _begin_app,
    "confirm": _confirm_app,
    "codes": _make_codes,
    "remove": _remove,
    "forget": _remove,
    "end": _end,
    "withdraw": _withdraw,
    "delete": _delete,
}
