"""The proof beside a token that is bound to a key (RFC 9449 section 7): looked at in the handler, for each request.

The gateway's authorizer sees one header, and its verdict is kept for the next request of the same token: neither would
do for a proof, which is for one request (docs/decisions/0094). Bearer tokens never come here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.authorizer.route_table import Route
from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import AccessClaims
from chalicelib.tokens.dpop_proofs import Shown
from chalicelib.tokens.proof_refusals import ProofRefused
from chalicelib.web.guard import shown_token

if TYPE_CHECKING:
    from chalicelib.wiring import Services


def demand_proof(
    claims: AccessClaims,
    route: Route,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    services: "Services",
) -> None:
    """Raise ProofRefused unless a request shows, by a proof that is new, that it is of the key its token is bound to.

    ``headers`` have names in lower case; ``params`` are as they were sent.
    """
    token, as_bound = shown_token(headers.get("authorization", ""))
    if not as_bound:
        raise InvalidToken("it is bound to a key, and shown as a bearer token")
    if "dpop" not in headers:
        raise ProofRefused("there is none")
    path = route.path
    for name, value in params.items():
        path = path.replace(f"{{{name}}}", value)
    shown = Shown(headers["dpop"], route.method, services.settings.issuer + path, token)
    services.tokens.proofs.accept(shown, jkt=claims.jkt)
