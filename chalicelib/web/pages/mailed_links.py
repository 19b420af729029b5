"""The pages of links in mails that do one thing: prove an address, undo its change, end every session.

Opening one spends nothing: mail scanners open links, and send HEAD and GET (PW-7). The form's POST does it, without script.
"""

from typing import TYPE_CHECKING

from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages.page_forms import (
    ACCOUNT,
    LOG_IN,
    csrf_token,
    demand_own_form,
    message,
    opening,
    page,
    see_other,
)
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.mail.ticket import Ticket
    from chalicelib.users.user import User

api = Api("pages")

VERIFY, UNDO, END = "/verify-email", "/undo-address", "/end-sessions"
WORDS = {  # of each page: title, what its button does, the button, what else one may do
    VERIFY: (
        "Is this your address?",
        "If you have this account, say that the address is yours: it is proven then, and you can log in by it.",
        "Yes, it is mine",
        "Not your account? Close this page: nothing happens.",
    ),
    UNDO: (
        "Undo the change of your address",
        "The account gets its old address back. Every session and the password end, and you choose a new one right away.",
        "Undo the change",
        "Was it you? Close this page: the new address stays.",
    ),
    END: (
        "End every session",
        "Whoever is logged in to your account, you as well, has to log in again.",
        "End every session",
        "Change the password too, if somebody else may know it.",
    ),
}

UNDO_WITHOUT_PASSWORDS = "The account gets its old address back. Every session ends, and you log in by it."


@api.route(VERIFY, methods=["GET"], public=True, query=("ticket",), content_type=HTML, refuses=(400,))
@page
@opening(ACCOUNT)
def verify_page(call: Call) -> Answer:
    """Ask whether the address is the person's."""
    return _ask(call, VERIFY, call.services.ways_back.email_verification.read)


@api.route(VERIFY, methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400, 409))
@page
@opening(ACCOUNT)
def verify_form(call: Call) -> Answer:
    """Take the proof of the address."""
    user = call.services.ways_back.email_verification.verify(_sent(call, VERIFY), source=call.source)
    return message(
        "Your address is proven",
        said("{email} is the address of {user}. Log in by either.", email=user.email, user=user.username),
    )


@api.route(UNDO, methods=["GET"], public=True, query=("ticket",), content_type=HTML, refuses=(400,))
@page
@opening(ACCOUNT)
def undo_page(call: Call) -> Answer:
    """Ask whether the change of address shall be undone."""
    return _ask(call, UNDO, call.services.ways_back.change_of_address.read)


@api.route(UNDO, methods=["POST"], public=True, form=True, status=303, content_type=HTML, refuses=(400, 409))
@page
@opening(ACCOUNT)
def undo_form(call: Call) -> Answer:
    """Undo the change and lead to the choice of a new password."""
    text = call.services.ways_back.change_of_address.undo(_sent(call, UNDO), source=call.source)
    if not call.services.settings.password_log_in:
        gone = browser_session.set_cookies(browser_session.dropped())
        return message(
            "The old address is back", "Every session has ended. Log in by it.", headers=gone, onward=LOG_IN
        )
    reset = f"{call.services.settings.issuer}/reset-password?ticket={text}"
    return see_other(reset, browser_session.dropped())


@api.route(END, methods=["GET"], public=True, query=("ticket",), content_type=HTML, refuses=(400,))
@page
@opening(ACCOUNT)
def end_page(call: Call) -> Answer:
    """Ask whether every session shall end."""
    return _ask(call, END, call.services.ways_back.notices.read)


@api.route(END, methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400, 404, 409))
@page
@opening(ACCOUNT)
def end_form(call: Call) -> Answer:
    """End every session."""
    call.services.ways_back.notices.end_sessions(_sent(call, END), source=call.source)
    gone = browser_session.set_cookies(browser_session.dropped())
    text = said("Log in again, and change the password if somebody else may know it.")
    return message("Every session has ended", text, headers=gone, onward=LOG_IN)


def _ask(call: Call, path: str, read: "Callable[[str], tuple[Ticket, User]]") -> Answer:
    from chalicelib.web.pages.rendering import render

    text, browser = call.one("ticket") or "", browser_session.browser(call)
    ticket, user = read(text)
    title, explained, button, otherwise = WORDS[path]
    if path == UNDO and not call.services.settings.password_log_in:
        explained = UNDO_WITHOUT_PASSWORDS
    return render(
        "mailed_link.html",
        headers=browser_session.set_cookies(browser.cookies),
        path=path,
        csrf=csrf_token(call, browser, path),
        ticket=text,
        title=title,
        text=explained,
        button=button,
        otherwise=otherwise,
        facts=[(said("Account"), user.username), (said("Address"), ticket.address)],
        danger=path != VERIFY,
    )


def _sent(call: Call, path: str) -> str:
    """Return the ticket of our own form."""
    fields = forms.single(call)
    demand_own_form(call, browser_session.browser(call), fields.get("csrf"), path)
    return fields.get("ticket", "")
