"""Refusals as problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from chalicelib import errors
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import Refusal
from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.said import said
from chalicelib.users.account_refusals import AccountClosed
from chalicelib.web import language, refusals
from chalicelib.web.call import Answer

PROBLEM = "application/problem+json"


def problem(refusal: Refusal, *, request_id: str, issuer: str | None = None) -> Answer:
    """Return the answer for a refusal."""
    status = refusals.medium(refusal).status
    body = document(status, refusal.public_code, refusal.detail, request_id=request_id)
    if isinstance(refusal, errors.Invalid) and refusal.errors:
        body["errors"] = {name: translated(text) for name, text in refusal.errors.items()}
    if isinstance(refusal, errors.InsufficientScope):
        body["scope"] = refusal.scope
    if issuer is not None and refusals.wants_a_token(refusal):
        body["resource_metadata"] = refusals.metadata_url(issuer)
    if isinstance(refusal, SecondFactorRequired):
        token = {} if refusal.pending_token is None else {"pending_token": refusal.pending_token}
        body |= {"factors": list(refusal.kinds), **token}
    if isinstance(refusal, AccountClosed):
        body |= {"deletes_at": refusal.deletes_at, "restore_token": refusal.restore_token}
    return Answer(
        body,
        status=status,
        headers={**language.headers(), **refusals.headers(refusal, issuer=issuer)},
        content_type=PROBLEM,
    )


def document(status: int, code: str, detail: str, *, request_id: str) -> dict[str, Any]:
    """Return a problem document; ``code`` is the stable word, ``detail`` in the reader's language (RFC 9457 section 3.1.4)."""
    return {
        "type": f"urn:cupbearer:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": translated(detail),
        "code": code,
        "request_id": request_id,
    }


def unexpected(*, request_id: str) -> Answer:
    """Return what is said of a defect: nothing but where to look for it in the log."""
    detail = said("Something went wrong here. The request id finds it in the log.")
    body = document(500, "server_error", detail, request_id=request_id)
    return Answer(body, status=500, headers=language.headers(), content_type=PROBLEM)
