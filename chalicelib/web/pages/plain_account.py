"""The account without script: a page of forms that does what the scripted one does, but for passkeys (BR-2, MF-3)."""

from chalicelib.errors import FormRefused
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages.page_forms import page, see_other
from chalicelib.web.pages.plain_acts import ACTS, PATH, Act
from chalicelib.web.pages.plain_forms import acted, log_in_first, shown
from chalicelib.web.routes import Answer, Api, Call

api = Api("pages")


@api.route(PATH, methods=["GET"], public=True, query=("done",), content_type=HTML, redirects=(303,))
@page
def plain_account(call: Call) -> Answer:
    """Show the account to a browser without script."""
    live = browser_session.logged_in(call)
    return log_in_first(call) if live is None else shown(Act(call, live, {}), done=call.one("done") or "")


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

    def do(act: Act) -> Answer:
        name = act.fields.get("act", "")
        if name not in ACTS:
            raise FormRefused("There is no such act.")
        return ACTS[name](act) or see_other(f"{call.services.settings.issuer}{PATH}?done={name}")

    return acted(call, PATH, do)
