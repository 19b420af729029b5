"""What may be said of a client on the command line, at its registration and at each later change."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from cupbearer.cli.failures import Failure

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _known_grants(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    from chalicelib.oauth.client import SHORT_GRANTS

    for grant in given:
        if grant and grant not in SHORT_GRANTS and grant not in SHORT_GRANTS.values():
            raise Failure(f"The grant {grant!r} is none of: {', '.join(SHORT_GRANTS)}.")
    return tuple(SHORT_GRANTS.get(grant, grant) for grant in given)


def _key_set(_context: click.Context, _option: click.Parameter, file: Any) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        with file:
            found = json.load(file)
    except ValueError:
        raise Failure('The key set is not JSON: give --jwks a file that holds {"keys": [...]}.') from None
    if not isinstance(found, dict):
        raise Failure('The key set is not a JWK set: give --jwks a file that holds {"keys": [...]}.')
    return found


# Of every client, by the names of ``Registration``.
FIELDS: tuple[Decorator, ...] = (
    click.option(
        "--redirect-uri",
        "redirect_uris",
        multiple=True,
        metavar="URI",
        help="Where codes may be sent: the exact URI.",
    ),
    click.option(
        "--post-logout-redirect-uri",
        "post_logout_redirect_uris",
        multiple=True,
        metavar="URI",
        help="Where the browser may be sent after a log-out.",
    ),
    click.option(
        "--grant",
        "grants",
        multiple=True,
        metavar="GRANT",
        callback=_known_grants,
        help="authorization_code, refresh_token, client_credentials, device_code or token_exchange.",
    ),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar="SCOPE",
        help="A scope it may ask for; a new client without any: openid, profile, email and offline_access.",
    ),
    click.option(
        "--jwks",
        type=click.File("rb"),
        metavar="FILE",
        callback=_key_set,
        help="Its JWK set, if it authenticates with its own key (private_key_jwt).",
    ),
)

# Where clients differ, by the names of ``ClientOptions``. None stands for "not said".
OPTIONS: dict[str, Decorator] = {
    "pkce": click.option(
        "--pkce",
        type=click.Choice(["required", "optional"]),
        help="optional: a confidential client may send a nonce instead. A new client: required.",
    ),
    "require_pushed_authorization_requests": click.option(
        "--require-pushed-authorization-requests/--no-require-pushed-authorization-requests",
        default=None,
        help="It must push each authorization request to /oauth/par (RFC 9126).",
    ),
    "dpop_bound_access_tokens": click.option(
        "--dpop-bound-access-tokens/--no-dpop-bound-access-tokens",
        default=None,
        help="Each of its token requests must show a DPoP proof (RFC 9449): its tokens are bound to its key.",
    ),
    "resources": click.option(
        "--resource",
        "resources",
        multiple=True,
        metavar="URI",
        help="The API that a --resource-server speaks for: it introspects that API's tokens and no others.",
    ),
    "exchanges_into": click.option(
        "--exchange-into",
        "exchanges_into",
        multiple=True,
        metavar="URI",
        help="An API that a --resource-server may get tokens for in the name of whoever calls it (--grant token_exchange).",
    ),
    "backchannel_logout_uri": click.option(
        "--backchannel-logout-uri",
        metavar="URI",
        help="Where it is told that a log-in of its is over (OpenID Connect Back-Channel Logout); '' for nowhere.",
    ),
    "backchannel_logout_session_required": click.option(
        "--backchannel-logout-session-required/--no-backchannel-logout-session-required",
        default=None,
        help="Whether it must be told which session (sid). It always is.",
    ),
    "id_token_claims": click.option(
        "--id-token-claims/--no-id-token-claims",
        default=None,
        help="Name and e-mail stand in the ID token too. A new client: yes, unless it is public.",
    ),
    "trusted": click.option(
        "--trusted/--no-trusted", default=None, help="It is one of your own: people are not asked about it."
    ),
    "assertion_audience": click.option(
        "--assertion-audience",
        type=click.Choice(["issuer", "token-endpoint"]),
        help="token-endpoint: its client assertions (private_key_jwt) may be for that too.",
    ),
}


def client_fields(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of what every client has, and of what may differ."""
    for flag in reversed((*FIELDS, *OPTIONS.values())):
        command = flag(command)
    return command


def chosen_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were said, by the names of ``ClientOptions``; an empty word says that there is none."""
    said = {name: given[name] for name in OPTIONS if given[name] not in (None, ())}
    several = {name: tuple(filter(None, value)) for name, value in said.items() if isinstance(value, tuple)}
    return {name: None if value == "" else value for name, value in said.items()} | several


def chosen_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other flags that were said, by the names of ``Registration``; one empty word says that there is none."""
    from chalicelib.scopes import parse_each

    said = {
        name: value
        for name, value in given.items()
        if name not in OPTIONS and value is not None and value != ()
    }
    several = {name: tuple(filter(None, value)) for name, value in said.items() if isinstance(value, tuple)}
    if "scopes" in several:
        said["scopes"] = parse_each(part for scope in several.pop("scopes") for part in scope.split())
    return said | several
