"""How a grant reads the parameters of its form."""

from collections.abc import Mapping

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.repeated_parameters import parted

Form = Mapping[str, str]


def required(form: Form, name: str) -> str:
    """Return a parameter; raise OAuthRefusal ``invalid_request`` without it."""
    value = form.get(name)
    if value is None:
        raise OAuthRefusal("invalid_request", f"{name} is missing.")
    return value


def scope(form: Form) -> scopes.Scopes | None:
    """Return the scope that is asked for, None where none is; raise OAuthRefusal ``invalid_scope`` for no scope string."""
    text = form.get("scope")
    try:
        return None if text is None else scopes.parse(text)
    except Invalid as fault:
        raise OAuthRefusal("invalid_scope", fault.detail) from None


def resources(form: Form) -> tuple[str, ...]:
    """Return the identifiers of the APIs that are asked for, none where our own is (RFC 8707 section 2.2)."""
    return parted(form.get("resource"))
