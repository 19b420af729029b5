"""Refusals in the words of RFC 6749 and its family; ``web/oauth/error_responses.py`` alone turns them into HTTP."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from chalicelib.oauth.authorization_response import AuthorizationResponse

ErrorCode = Literal[
    # RFC 6749 sections 4.1.2.1 and 5.2
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
    # OpenID Connect Core section 3.1.2.6
    "login_required",
    "consent_required",
    "interaction_required",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    # RFC 9101 section 6.2, for what RFC 9126 section 4 calls an invalid request_uri
    "invalid_request_uri",
    # OpenID Connect Core Error Code unmet_authentication_requirements 1.0
    "unmet_authentication_requirements",
    # RFC 8628 section 3.5
    "authorization_pending",
    "slow_down",
    "expired_token",
    # RFC 7009 section 2.2.1
    "unsupported_token_type",
    # RFC 8707 section 2
    "invalid_target",
    # RFC 7591 section 3.2.2
    "invalid_redirect_uri",
    "invalid_client_metadata",
    "unapproved_software_statement",
    # RFC 6750 section 3.1, of the tokens of RFC 7591 and RFC 7592
    "invalid_token",
    # RFC 9449 sections 5 and 8
    "invalid_dpop_proof",
    "use_dpop_nonce",
]


class OAuthRefusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """An OAuth request that is not honoured. ``description`` is a sentence for its developer."""

    def __init__(self, error: ErrorCode, description: str, *, reason: str | None = None) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.reason = reason  # a stable word, where the RFC's own says less than we know


class RefusedAtPage(OAuthRefusal):
    """A fault of the client or its redirect URI: shown to the person, never sent to that URI (OP-1).

    ``client_id`` and ``uri`` are what was sent, for its developer to find the fault by: the page says the URI as text
    and the log names both. Neither is proven.
    """

    def __init__(
        self, error: ErrorCode, description: str, *, client_id: str | None = None, uri: str | None = None
    ) -> None:
        super().__init__(error, description)
        self.client_id = client_id
        self.uri = uri


class RefusedAtClient(OAuthRefusal):
    """Any other fault of an authorization request: sent to the client at its own, proven redirect URI, as it asked for."""

    def __init__(
        self, error: ErrorCode, description: str, *, redirect_uri: str, state: str | None, response_mode: str
    ) -> None:
        super().__init__(error, description)
        self.redirect_uri = redirect_uri
        self.state = state
        self.response_mode = response_mode

    def response(self, issuer: str) -> "AuthorizationResponse":
        """Return what the client gets, with ``iss`` (RFC 6749 section 4.1.2.1, RFC 9207)."""
        from chalicelib.oauth.authorization_response import AuthorizationResponse

        parameters = {
            "error": self.error,
            "error_description": self.description,
            "state": self.state,
            "iss": issuer,
        }
        return AuthorizationResponse(self.redirect_uri, parameters, self.response_mode)


class NonceWanted(OAuthRefusal):
    """A DPoP proof that would be taken with this ``nonce`` in it (RFC 9449 section 8)."""

    def __init__(self, description: str, *, nonce: str) -> None:
        super().__init__("use_dpop_nonce", description)
        self.nonce = nonce


def invalid_grant(description: str, *, reason: str | None = None) -> OAuthRefusal:
    """Return the refusal of a code, token or approval that gives nothing."""
    return OAuthRefusal("invalid_grant", description, reason=reason)
