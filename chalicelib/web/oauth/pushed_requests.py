"""``/oauth/par``: a client hands in its authorization request itself, before a browser comes with its name (RFC 9126)."""

import msgspec

from chalicelib.errors import TooLarge
from chalicelib.web import forms
from chalicelib.web.headers import NONCE
from chalicelib.web.oauth.error_responses import answering
from chalicelib.web.routes import Answer, Api, Call

api = Api("oauth")

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class PushedAnswer(msgspec.Struct, frozen=True):
    """RFC 9126 section 2.2. ``expires_in`` is seconds."""

    request_uri: str
    expires_in: int


@api.route(
    "/oauth/par",
    methods=["POST"],
    public=True,
    form=True,
    proof=True,
    status=201,
    gives=PushedAnswer,
    refuses=(400, 401, 413, 429),
)
@answering
def push(call: Call) -> Answer:
    """Take an authorization request from its client and give it a name for 90 seconds (RFC 9126).

    The parameters are those of `/oauth/authorize`; the client authenticates as at `/oauth/token`. A DPoP proof
    binds the code to its key, as `dpop_jkt` does (RFC 9449).
    """
    from chalicelib.oauth import client_authentication
    from chalicelib.oauth.pushed_requests import SECONDS

    if len(call.raw_body) > forms.MAX_BYTES:
        raise TooLarge(f"A form has at most {forms.MAX_BYTES} bytes.")
    provider, form = call.services.oauth, forms.machine(call)
    client = provider.client_authentication.authenticate(
        client_authentication.read(form, call.headers.get("authorization")), source=call.source
    )
    proof = call.headers.get("dpop")
    proofs = call.services.tokens.client_proofs
    parameters = proofs.with_key(forms.many(call), proof, client)
    request_uri = provider.requests.push(parameters, client, source=call.source)
    nonce = {} if proof is None else {NONCE: proofs.nonce()}
    return Answer(PushedAnswer(request_uri, SECONDS), status=201, headers=NO_STORE | nonce)
