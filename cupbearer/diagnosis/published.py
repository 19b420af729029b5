"""What is published for verifiers and clients: the key set and discovery."""

from typing import Any

from cupbearer.diagnosis.findings import Findings
from cupbearer.diagnosis.site import Site

PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
ISSUER_MEND = "Set CUPBEARER_ISSUER to the URL that the world uses, stage and all, and deploy again."
LONGEST_CACHE_SECONDS = 3600


def keys(site: Site, findings: Findings) -> dict[str, str]:
    """Look at the JWK set; return its algorithms by kid."""
    reply = site.ask("GET", "/.well-known/jwks.json")
    listed: Any = reply.json.get("keys") if isinstance(reply.json, dict) else None
    if reply.status != 200 or not isinstance(listed, list) or not listed:
        findings.wrong(
            "JWKS",
            f"GET /.well-known/jwks.json answered {reply.status} and no keys",
            "Without it the authorizer refuses every token: the URL must lead to the service, and the store must be readable.",
        )
        return {}
    good = [key for key in listed if isinstance(key, dict)]
    faults = {
        "a key has a private member: take it for stolen": any(PRIVATE & key.keys() for key in good),
        "a key lacks kid, kty or alg": any(not {"kid", "kty", "alg"} <= key.keys() for key in good),
        "two keys have one kid": len({key.get("kid") for key in good}) < len(good),
        "it cannot be cached": "max-age" not in (reply.header("cache-control") or ""),
    }
    mend = "Rotate at once with cupbearer keys rotate --emergency if a private member showed; else see what rewrites the answer."
    listed = ", ".join(f"{key.get('kid', '')[:8]}… {key.get('alg')}" for key in good)
    findings.expect("JWKS", faults, good=listed, mend=mend)
    return {str(key.get("kid")): str(key.get("alg")) for key in good}


def discovery(site: Site, findings: Findings) -> None:
    """Look at the OpenID configuration, where there is one."""
    reply = site.ask("GET", "/.well-known/openid-configuration")
    if reply.status == 404:
        findings.unchecked("discovery", "there is no OpenID configuration: this is no OpenID provider")
        return
    document = reply.json if isinstance(reply.json, dict) else {}
    endpoints = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    astray = [str(url) for url in endpoints if not str(url).startswith(f"{site.url}/")]
    faults = {
        f"the status is {reply.status}": reply.status != 200,
        f"its issuer is {document.get('issuer')!r}, not {site.url!r}": document.get("issuer") != site.url,
        f"it points elsewhere: {', '.join(astray[:3])}": bool(astray),
        "it names no jwks_uri": "jwks_uri" not in document,
        "it does not demand S256": document.get("code_challenge_methods_supported") != ["S256"],
    }
    findings.expect("discovery", faults, good=f"issuer {document.get('issuer')}", mend=ISSUER_MEND)
