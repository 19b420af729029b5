"""Refusals at an OAuth endpoint as error objects (RFC 6749 section 5.2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from chalicelib import logs
from chalicelib.errors import Refusal
from chalicelib.oauth.errors import ErrorCode, NonceWanted, OAuthRefusal
from chalicelib.web import refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.headers import NONCE

View = Callable[[Call], Answer]

# The errors that are a 401, with their challenge (RFC 6749 section 5.2, RFC 6750 section 3).
CHALLENGES: dict[ErrorCode, str] = {
    "invalid_client": f'Basic realm="{refusals.REALM}"',
    "invalid_token": f'Bearer realm="{refusals.REALM}", error="invalid_token"',
}


def answering(view: View) -> View:
    """Return the view with its refusals as error objects; a defect stays one."""

    @wraps(view)
    def answer(call: Call) -> Answer:
        try:
            return view(call)
        except OAuthRefusal as refusal:
            logs.log("oauth_refused", request_id=call.source.request_id, code=refusal.error)
            return _refused(refusal)
        except Exception as error:
            refusal_of_ours = refusals.as_refusal(error)
            if refusal_of_ours is None:
                raise
            logs.log("oauth_refused", request_id=call.source.request_id, code=refusal_of_ours.public_code)
            return _refused_by_us(refusal_of_ours)

    return answer


def _refused(refusal: OAuthRefusal) -> Answer:
    body: dict[str, Any] = {"error": refusal.error, "error_description": plain(refusal.description)}
    if refusal.reason is not None:
        body["reason"] = refusal.reason
    if isinstance(refusal, NonceWanted):
        return Answer(body, status=400, headers={NONCE: refusal.nonce})
    if refusal.error not in CHALLENGES:
        return Answer(body, status=400)
    return Answer(body, status=401, headers={"WWW-Authenticate": CHALLENGES[refusal.error]})


def _refused_by_us(refusal: Refusal) -> Answer:
    body = {"error": refusals.oauth_error(refusal), "error_description": plain(refusal.detail)}
    return Answer(body, status=refusals.medium(refusal).status, headers=refusals.headers(refusal))


def plain(text: str) -> str:
    """Return a description in the characters that section 5.2 allows."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "'" for each in text)
