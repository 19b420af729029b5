"""How a browser takes an answer back to the client: by a redirect, or by a page that posts it (OP-11)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.oauth.redirect_uris import form_target
from chalicelib.web.call import Answer
from chalicelib.web.cookies.browser_session import set_cookies
from chalicelib.web.pages.page_forms import see_other

if TYPE_CHECKING:
    from chalicelib.oauth.authorization_response import AuthorizationResponse


def to_client(response: "AuthorizationResponse", cookies: Iterable[str] = ()) -> Answer:
    """Return the redirect, or the page: its script posts it at once, its button does without script.

    The form leads to the client's origin and nowhere else, ourselves included, and no cache keeps what it holds.
    """
    if not response.is_form:
        return see_other(response.location, cookies)
    from chalicelib.web.pages.rendering import content_security_policy, render

    target = form_target(response.redirect_uri)
    headers = {
        "Content-Security-Policy": content_security_policy(only=target),
        "Cache-Control": "no-store",
        **set_cookies(cookies),
    }
    return render(
        "form_post.html",
        headers=headers,
        action=response.redirect_uri,
        to=target,
        fields=response.fields,
    )
