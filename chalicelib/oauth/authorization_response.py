"""What a client gets for its authorization request, and how: in the query of its redirect URI (RFC 6749 section 4.1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.oauth.redirect_uris import with_parameters


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """The end of a request: the browser goes back to its client. A parameter that is None is left out."""

    redirect_uri: str
    parameters: Mapping[str, str | None]

    @property
    def location(self) -> str:
        """Return where the browser goes."""
        return with_parameters(self.redirect_uri, self.parameters)
