"""``/restore-account``: where a log-in to a closed account leads, and where it is taken back."""

from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.pages.page_forms import LOG_IN, closed_account, message, page
from chalicelib.web.routes import Answer, Api, Call

api = Api("pages")


@api.route(
    "/restore-account",
    methods=["POST"],
    public=True,
    form=True,
    content_type=HTML,
    refuses=(400, 403, 409),
)
@page
def restore(call: Call) -> Answer:
    """Show until when a closed account can be taken back; with ``keep`` take it back.

    Its token was given to who had just proven everything: no other proof is asked for, and a stranger has none to send.
    """
    fields = forms.single(call)
    token = fields.get("restore_token", "")
    if fields.get("keep") != "yes":
        return closed_account(call.services.authentication.closed_accounts.again(token))
    call.services.accounts.deletion.take_back(token, source=call.source)
    return message("Your account is open again", "Nothing was lost. Log in to go on.", onward=LOG_IN)
