"""The outbox page: mails of a laptop, so that every link can be opened without a mail server. Development only.

It shows links that open accounts, so it is there only with ``CUPBEARER_MAIL=console:``, for a browser of this very
machine that asks by its own name: a tunnel, a neighbour or a name that was bent to loopback finds nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.errors import NotFound
from chalicelib.settings.reader import LOOPBACK_HOSTS
from chalicelib.web.call import HTML
from chalicelib.web.pages.rendering import render
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.mail.message import RenderedMail

api = Api("pages")

# A mail brings its styles in its elements, as mail programs want it, and nothing else.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@api.route("/outbox", methods=["GET"], public=True, content_type=HTML, refuses=(404,))
def outbox(call: Call) -> Answer:
    """Show the mails of this machine, newest first. In development only."""
    shown = [{"mail": mail, "lines": list(_lines(mail, call))} for mail in _mails(call)]
    return render("outbox.html", mails=shown)


@api.route("/outbox/{mail}", methods=["GET"], public=True, content_type=HTML, refuses=(404,))
def mail_page(call: Call) -> Answer:
    """Show one mail as a mail program does. In development only."""
    found = next((mail for mail in _mails(call) if mail.line_id == call.params["mail"]), None)
    if found is None:
        raise NotFound("mail")
    return Answer(found.html, headers={"Content-Security-Policy": MAIL_POLICY}, content_type=HTML)


def _mails(call: Call) -> "tuple[RenderedMail, ...]":
    mail = call.services.mail
    host = urlsplit(f"//{call.headers.get('host', 'localhost')}").hostname
    if not mail.is_shown or call.source.network is not None or host not in LOOPBACK_HOSTS:
        raise NotFound
    mail.deliver_now()
    return mail.console.mails


def _lines(mail: "RenderedMail", call: Call) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a mail's text, and of each whether it is a link of ours."""
    for line in mail.text.splitlines():
        yield line, line.startswith(f"{call.services.settings.issuer}/")
