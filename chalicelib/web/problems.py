"""The one place where a refusal becomes HTTP: status, problem document (RFC 9457), challenge (RFC 6750), Retry-After."""

from http import HTTPStatus
from typing import Any

from chalicelib import errors
from chalicelib.errors import Refusal
from chalicelib.store import StoreUnavailable
from chalicelib.web.call import Answer

PROBLEM = "application/problem+json"
REALM = "cupbearer"

STATUSES: dict[type[Refusal], int] = {
    errors.Invalid: 400,
    errors.FormRefused: 400,
    errors.InvalidCredentials: 401,
    errors.InvalidToken: 401,
    errors.RefreshRefused: 401,
    errors.InsufficientScope: 403,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Taken: 409,
    errors.TooLarge: 413,
    errors.KeyReused: 422,
    errors.UnsupportedMediaType: 415,
    errors.SlowDown: 429,
    errors.Unavailable: 503,
    errors.WrongMasterKey: 503,
}


def problem(refusal: Refusal, *, request_id: str) -> Answer:
    """Return the answer for a refusal."""
    status = STATUSES[type(refusal)]
    body = document(status, refusal.public_code, refusal.detail, request_id=request_id)
    if isinstance(refusal, errors.Invalid) and refusal.errors:
        body["errors"] = refusal.errors
    if isinstance(refusal, errors.InsufficientScope):
        body["scope"] = refusal.scope
    return Answer(body, status=status, headers=_headers(refusal, status), content_type=PROBLEM)


def document(status: int, code: str, detail: str, *, request_id: str) -> dict[str, Any]:
    """Return a problem document; ``code`` is the stable word."""
    return {
        "type": f"urn:cupbearer:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def as_refusal(error: Exception) -> Refusal | None:
    """Return the refusal that an exception means, or None for a defect."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, StoreUnavailable):
        return errors.Unavailable()
    return None


def unexpected(*, request_id: str) -> Answer:
    """Return what is said of a defect: nothing but where to look for it in the log."""
    detail = "Something went wrong here. The request id finds it in the log."
    body = document(500, "server_error", detail, request_id=request_id)
    return Answer(body, status=500, content_type=PROBLEM)


def challenge(refusal: Refusal) -> str:
    """Return the ``WWW-Authenticate`` value of a 401 or 403; no error is named where no token was shown."""
    if isinstance(refusal, errors.InsufficientScope):
        return f'Bearer realm="{REALM}", error="insufficient_scope", scope="{refusal.scope}"'
    if isinstance(refusal, errors.InvalidToken):
        return f'Bearer realm="{REALM}", error="invalid_token"'
    return f'Bearer realm="{REALM}"'


def _headers(refusal: Refusal, status: int) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        headers["WWW-Authenticate"] = challenge(refusal)
    if isinstance(refusal, errors.SlowDown | errors.Unavailable):
        headers["Retry-After"] = str(refusal.retry_after)
    return headers
