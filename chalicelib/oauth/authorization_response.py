"""What a client gets for its authorization request, and how: in the query of its redirect URI, or by a form posted there.

RFC 6749 section 4.1.2; OAuth 2.0 Form Post Response Mode section 2. There is no ``fragment``: a code in one is handed on
with redirects, and to every script of the page (OP-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.oauth.redirect_uris import with_parameters

QUERY, FORM_POST = "query", "form_post"
RESPONSE_MODES = (QUERY, FORM_POST)


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """The end of a request: the browser goes back to its client. A parameter that is None is left out."""

    redirect_uri: str
    parameters: Mapping[str, str | None]
    response_mode: str = QUERY

    @property
    def is_form(self) -> bool:
        """Return whether the browser posts a form instead of following a redirect."""
        return self.response_mode == FORM_POST

    @property
    def location(self) -> str:
        """Return where a redirect leads."""
        return with_parameters(self.redirect_uri, self.parameters)

    @property
    def fields(self) -> dict[str, str]:
        """Return what a form posts."""
        return {name: value for name, value in self.parameters.items() if value is not None}
