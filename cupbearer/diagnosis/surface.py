"""What shows without an account: health, headers, refusals, CORS."""

from collections.abc import Sequence

from cupbearer.diagnosis.findings import Findings
from cupbearer.diagnosis.site import Reply, Site

STRANGER = "https://doctor.invalid"  # an origin that nobody lists (RFC 2606)
LONGEST_BOUND = 3600
PROTECTION = {
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src",
}
HEADERS_MEND = (
    "Something in front of the service drops or replaces its headers (a proxy, CDN or the gateway's mapping): "
    "let them through; the service sets them in chalicelib/web/headers.py."
)
GATEWAY_MEND = (
    "The gateway's own answers are set in deploy/ as GatewayResponses: deploy with make deploy "
    "(plain chalice deploy has none of them)."
)


def look(site: Site, origins: Sequence[str], findings: Findings) -> int | None:
    """Look at all of it; return the stated revocation bound in seconds, None where there is none."""
    if not (site.url.startswith("https:") or site.is_local):
        findings.wrong(
            "https",
            "passwords and tokens travel in clear",
            "Serve it by https and use that URL as CUPBEARER_ISSUER.",
        )
    health = site.ask("GET", "/health", headers={"Origin": STRANGER})
    bound = _health(health, findings)
    _protection(health, findings)
    _stranger(health, site.ask("OPTIONS", "/sessions", headers=_preflight(STRANGER, "POST")), findings)
    # An origin that is not allowed shows in every answer: it is one finding, with one cure.
    allowed = [origin for origin in origins if _preflights(site, origin, findings)]
    for origin in allowed:
        _errors(site, origin, findings, is_first=origin == origins[0])
    _refusals(site, [origin for origin in allowed if origin == origins[0]], findings)
    if not origins:
        findings.unchecked(
            "CORS", "no origin was given", "Give each page's origin: --origin https://app.example"
        )
    return bound


def _health(health: Reply, findings: Findings) -> int | None:
    body = health.json if isinstance(health.json, dict) else {}
    if health.status != 200 or body.get("status") != "ok":
        reason = f": {body['detail']}" if health.code and body.get("detail") else ""
        findings.wrong(
            "health",
            f"GET /health answered {health.status} {health.code or ''}".strip() + reason,
            "The URL must be the issuer's, stage and all; if it is, the function's log tells what is wrong with the store.",
        )
        return None
    findings.ok("health", f"version {body.get('version')}, store {body.get('store')}")
    bound = body.get("revocation_bound_seconds")
    if not isinstance(bound, int):
        findings.wrong(
            "revocation bound",
            "/health states none",
            "Something else answers /health: the service states it.",
        )
        return None
    if bound > LONGEST_BOUND:
        findings.doubtful(
            "revocation bound",
            f"a revoked access token may work for {bound} s more",
            "Lower CUPBEARER_ACCESS_TOKEN_SECONDS, or with opaque tokens CUPBEARER_AUTHORIZER_TTL_SECONDS.",
        )
    return bound


def _protection(reply: Reply, findings: Findings) -> None:
    findings.expect("security headers", _unprotected(reply), good="all there", mend=HEADERS_MEND)


def _unprotected(reply: Reply) -> dict[str, bool]:
    faults = {
        f"{name} is missing or weak": wanted not in (reply.header(name) or "")
        for name, wanted in PROTECTION.items()
    }
    return faults | {"an answer may be cached": "no-store" not in (reply.header("cache-control") or "")}


def _refusals(site: Site, origins: Sequence[str], findings: Findings) -> None:
    origin = {"Origin": origins[0]} if origins else {}
    for name, token in (("401 without a token", None), ("401 for a forged token", "forged.forged.forged")):
        reply = site.ask("GET", "/users/me", token=token, headers=origin)
        faults = {
            f"the status is {reply.status}": reply.status != 401,
            "the body is no problem document": reply.code is None,
            "there is no Bearer challenge": "bearer" not in (reply.header("www-authenticate") or "").lower(),
            **_unprotected(reply),
        }
        if origins:
            allowed = reply.header("access-control-allow-origin")
            faults[f"a page of {origins[0]} cannot read it (CORS)"] = allowed != origins[0]
        findings.expect(
            name, faults, good="a protected problem document with a Bearer challenge", mend=GATEWAY_MEND
        )
    unknown = site.ask("GET", "/no-such-path-here")
    faults = {
        f"the status is {unknown.status}": unknown.status != 404,
        "no problem document": unknown.code is None,
        **_unprotected(unknown),
    }
    findings.expect("404 for an unknown path", faults, good="a protected problem document", mend=GATEWAY_MEND)


def _preflight(origin: str, method: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


def _stranger(health: Reply, preflight: Reply, findings: Findings) -> None:
    faults = {
        f"{what} allows {allowed}": allowed in ("*", STRANGER)
        for what, reply in (("an answer", health), ("a preflight", preflight))
        for allowed in (reply.header("access-control-allow-origin"),)
    }
    mend = "Only listed origins may be allowed, never by reflection: let nothing in front of the service write CORS headers."
    findings.expect("CORS for a stranger", faults, good="refused", mend=mend)


def _preflights(site: Site, origin: str, findings: Findings) -> bool:
    """Return whether a page of ``origin`` may ask everything."""
    mend = (
        f"List it: CUPBEARER_ALLOWED_ORIGINS='[\"{origin}\"]', exactly as a browser spells it, without a slash at its end, "
        "and start or deploy it again."
    )
    for method, path in (("POST", "/sessions"), ("DELETE", "/sessions/current"), ("PATCH", "/users/me")):
        reply = site.ask("OPTIONS", path, headers=_preflight(origin, method))
        methods = (reply.header("access-control-allow-methods") or "").upper()
        headers = (reply.header("access-control-allow-headers") or "").lower()
        faults = {
            f"the status is {reply.status}": reply.status not in (200, 204),
            "the origin is not allowed": reply.header("access-control-allow-origin") != origin,
            f"{method} is not allowed": method not in methods,
            "Authorization or Content-Type is not allowed": "authorization" not in headers
            or "content-type" not in headers,
        }
        if not findings.expect(
            f"preflight of {method} {path} from {origin}", faults, good="allowed", mend=mend
        ):
            return False  # the others would say the same
    return True


def _errors(site: Site, origin: str, findings: Findings, *, is_first: bool) -> None:
    reply = site.ask("POST", "/sessions", body={}, headers={"Origin": origin})
    mend = HEADERS_MEND
    faults = {
        f"the status is {reply.status}": reply.status != 400,
        "a page cannot read it": reply.header("access-control-allow-origin") != origin,
        "Vary: Origin is missing": "origin" not in (reply.header("vary") or "").lower(),
    }
    findings.expect(f"CORS on a 400 for {origin}", faults, good="readable", mend=mend)
    if not is_first:
        findings.unchecked(
            f"CORS on the gateway's own 401 for {origin}",
            "the gateway's static headers carry the first allowed origin only",
            "A page there must take a 401 it cannot read as one; or put this origin first.",
        )
