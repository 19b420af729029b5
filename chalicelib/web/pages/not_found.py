"""What no route answers: a page to a person's browser, a problem document to whatever else asks (BR-11).

Behind API Gateway only what a browser sends comes here: ``deploy/gateway.yaml`` demands ``BROWSERS_SEND``, and the gateway
itself answers the rest, as the local one does. So nothing is woken by those who try paths
(docs/decisions/0102-paths-that-nobody-serves.md).
"""

from chalicelib.errors import NotFound
from chalicelib.i18n.said import said
from chalicelib.web.call import HTML, Answer, Call
from chalicelib.web.pages.page_forms import message

ANY_OTHER = "/{proxy+}"  # API Gateway's word for every path that nothing else matches
BROWSERS_SEND = "sec-fetch-dest"  # with each request, since 2023 (W3C Fetch Metadata); programs do not

HOME = ("/", said("To the front page"))


def not_found(call: Call) -> Answer:
    """Return the page, to whoever reads HTML; raise NotFound for others."""
    if HTML.partition(";")[0] not in call.headers.get("accept", ""):
        raise NotFound("path, or it does not take this method")
    text = said("The address may be mistyped, or what was here has moved.")
    return message("There is no such page", text, status=404, onward=HOME)
