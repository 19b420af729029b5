"""Scopes: one space-separated string outside (RFC 6749 section 3.3), a frozen set inside (SC-1)."""

import re
from collections.abc import Iterable

from chalicelib.errors import Invalid

Scopes = frozenset[str]

MAX_SCOPE_LENGTH = 600  # so that a token stays within 2 KB (TK-8)
NONE: Scopes = frozenset()

# What OpenID Connect names (Core sections 5.4 and 11): a person may tell any client who they are, so no right of
# ours stands behind these, and no route but userinfo is guarded by one.
PROTOCOL: Scopes = frozenset({"openid", "profile", "email", "offline_access"})

ADMINISTER = "users:write"  # whoever holds it changes anybody's account
ABOUT_USERS = "users:"  # so begin the scopes of operators

_SCOPE_STRING = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*")


def parse(text: str) -> Scopes:
    """Return the set a scope string names; the empty string is the empty set. Raises Invalid ``invalid_scope``."""
    if not text:
        return NONE
    if len(text) > MAX_SCOPE_LENGTH:
        raise Invalid(f"A scope string has at most {MAX_SCOPE_LENGTH} characters.", code="invalid_scope")
    if not _SCOPE_STRING.fullmatch(text):
        raise Invalid(
            "A scope is printable ASCII without quote or backslash; scopes are separated by one space.",
            code="invalid_scope",
        )
    return frozenset(text.split(" "))


def text(scopes: Scopes) -> str:
    """Return the scope string of a set, sorted, so that equal sets read alike. Raises Invalid when too long."""
    joined = " ".join(sorted(scopes))
    if len(joined) > MAX_SCOPE_LENGTH:
        raise Invalid(
            f"The scopes together have more than {MAX_SCOPE_LENGTH} characters.", code="invalid_scope"
        )
    return joined


def are_about_users(held: Scopes) -> bool:
    """Return whether any of them is an operator's."""
    return any(scope.startswith(ABOUT_USERS) for scope in held)


def covers(held: Scopes, needed: str) -> bool:
    """Return whether a holder of ``held`` may do what ``needed`` names: exact, case-sensitive, no hierarchy."""
    return needed in held


def grant(*, requested: Scopes | None, entitled: Scopes, allowed: Scopes | None = None) -> Scopes:
    """Return what is granted: what is requested, the person's or machine's own, and ``allowed`` to the client (SC-2).

    Where nothing is requested, all of the rest; None for ``allowed`` is our own client, which may ask for anything.
    """
    granted = entitled if requested is None else requested & entitled
    return granted if allowed is None else granted & allowed


def parse_each(names: Iterable[str]) -> Scopes:
    """Return the set of single scopes that a list names. Raises Invalid ``invalid_scope``."""
    parsed = [parse(name) for name in names]
    if any(len(scope) != 1 for scope in parsed):
        raise Invalid("Each item of the list is one scope.", code="invalid_scope")
    whole = frozenset().union(*parsed) if parsed else NONE
    text(whole)
    return whole
