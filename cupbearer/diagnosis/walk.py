"""The way a person takes, with a throw-away account: sign up, log in, refresh, log out, delete."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.jose.claims import LEEWAY_SECONDS
from chalicelib.world import SYSTEM
from cupbearer.diagnosis.findings import Findings
from cupbearer.diagnosis.published import ISSUER_MEND
from cupbearer.diagnosis.site import Reply, Site

MOST_SKEW_SECONDS = 5  # worth mending; past the leeway tokens are refused
COOKIE = "__Host-cupbearer_refresh"
LOG_MEND = "The answer's X-Request-Id finds it in the function's log."
CLOCK_MEND = "Set the clock by NTP: tokens are refused when two clocks differ by more than a minute."


UNCHECKED = {  # by the code of a refused sign-up: why there is no throw-away account, and what gives one
    "sign_up_closed": (
        "sign-up is closed, so there is no throw-away account to try them with",
        "Open it for a moment (CUPBEARER_SIGN_UP=open), or run the doctor on a stage where it is open.",
    ),
    "password_log_in_off": (
        "nobody signs up by a password alone here (CUPBEARER_PASSWORD_LOG_IN=off), and the doctor reads no mail",
        "Run it on a stage with passwords, or try the log-in by mail in a browser.",
    ),
}


@dataclass
class Walk:
    """One person's way. ``kids`` are the published keys, ``bound`` is the stated revocation bound."""

    site: Site
    findings: Findings
    kids: Mapping[str, str]
    bound: int | None
    username: str = field(default_factory=lambda: f"doctor-{SYSTEM.identifier()}")
    password: str = field(default_factory=SYSTEM.secret, repr=False)

    def go(self) -> None:
        """Take the whole way and leave nothing behind."""
        if not self._sign_up():
            return
        try:
            tokens = self._log_in()
            if tokens is not None:
                self._token(tokens)
                self._guarded(tokens["access_token"])
                self._refresh_and_out(tokens)
                self._cookie()
        finally:
            self._delete()

    def _sign_up(self) -> bool:
        reply = self.site.ask("POST", "/users", body=self._names())
        if reply.status == 403 and (reasons := UNCHECKED.get(reply.code or "")):
            self.findings.unchecked("log-in, refresh, log-out, clock, cookie", *reasons)
            return False
        faults = {f"the status is {reply.status} {reply.code or ''}".strip(): reply.status != 201}
        if reply.status == 201:
            location = reply.header("location") or ""
            faults |= {f"Location is {location!r}": not location.startswith(f"{self.site.url}/users/")}
        self.findings.expect(
            "sign-up", faults, good="201", mend=ISSUER_MEND if reply.status == 201 else LOG_MEND
        )
        return reply.status == 201

    def _log_in(self) -> dict[str, Any] | None:
        before = SYSTEM.now()
        reply = self.site.ask("POST", "/sessions", body=self._names())
        wanted = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "session_id"}
        body = reply.json if isinstance(reply.json, dict) else {}
        faults = {
            f"the status is {reply.status} {reply.code or ''}".strip(): reply.status != 201,
            f"the body lacks {', '.join(sorted(wanted - body.keys()))}": reply.status == 201
            and not wanted <= body.keys(),
            "an answer with tokens may be cached": "no-store" not in (reply.header("cache-control") or ""),
        }
        good = self.findings.expect("log-in", faults, good=f"in {SYSTEM.now() - before:.2f} s", mend=LOG_MEND)
        self._clock(reply, before)
        return body if good else None

    def _clock(self, reply: Reply, before: float) -> None:
        try:
            says = parsedate_to_datetime(reply.header("date") or "").timestamp()
        except ValueError:
            self.findings.unchecked("clock", "the answer has no Date header")
            return
        skew = max(before - 1 - says, says - SYSTEM.now(), 0.0)  # Date counts whole seconds
        self._skew("clock", skew, "its clock and this machine's")

    def _skew(self, check: str, skew: float, clocks: str) -> None:
        if skew > LEEWAY_SECONDS:
            self.findings.wrong(check, f"{clocks} differ by {skew:.0f} s", CLOCK_MEND)
        elif skew > MOST_SKEW_SECONDS:
            self.findings.doubtful(check, f"{clocks} differ by {skew:.0f} s", CLOCK_MEND)
        else:
            self.findings.ok(check, f"{clocks} agree")

    def _token(self, tokens: Mapping[str, Any]) -> None:
        text = str(tokens["access_token"])
        if text.startswith("cba_"):
            self.findings.ok("access token", "opaque")
            return
        header, claims = _read(text)
        life = claims.get("exp", 0) - claims.get("iat", 0)
        faults = {
            f"its issuer is {claims.get('iss')!r}, not {self.site.url!r}": claims.get("iss") != self.site.url,
            "its key is not in the published set": self.kids.get(str(header.get("kid"))) != header.get("alg"),
            f"its typ is {header.get('typ')!r}": header.get("typ") != "at+jwt",
            f"it lives {life} s, not expires_in": life != tokens["expires_in"],
            f"/health states a bound of {self.bound} s, less than its life and leeway": self.bound is not None
            and self.bound < life + LEEWAY_SECONDS,
        }
        self.findings.expect("access token", faults, good=f"{header.get('alg')}, {life} s", mend=ISSUER_MEND)
        self._skew(
            "clock of tokens",
            abs(claims.get("iat", 0) - SYSTEM.now()),
            "its signer's clock and this machine's",
        )

    def _guarded(self, token: str) -> None:
        reply = self.site.ask("GET", "/users/me", token=token)
        mend = (
            "The authorizer refuses what the log-in gave: see its log for the reason (issuer, audience and key set must "
            "be the same for both functions)."
        )
        faults = {f"GET /users/me answered {reply.status} {reply.code or ''}".strip(): reply.status != 200}
        self.findings.expect("a guarded route", faults, good="200 with the token", mend=mend)
        reply = self.site.ask("GET", "/users?limit=1", token=token)
        faults = {
            f"GET /users without the scope users:read answered {reply.status}": reply.status != 403,
            "its 403 is no problem document": reply.status == 403 and reply.code is None,
        }
        mend = "If 200: take users:read out of CUPBEARER_DEFAULT_SCOPES. Else deploy again: gateway and code disagree."
        self.findings.expect("a route without its scope", faults, good="403", mend=mend)

    def _refresh_and_out(self, tokens: Mapping[str, Any]) -> None:
        reply = self.site.ask("POST", "/sessions/refresh", body={"refresh_token": tokens["refresh_token"]})
        body = reply.json if isinstance(reply.json, dict) else {}
        faults = {
            f"the status is {reply.status} {reply.code or ''}".strip(): reply.status != 200,
            "the refresh token stayed the same": body.get("refresh_token") == tokens["refresh_token"],
        }
        if not self.findings.expect("refresh", faults, good="a new pair of tokens", mend=LOG_MEND):
            return
        out = self.site.ask("DELETE", "/sessions/current", token=body["access_token"])
        late = self.site.ask("POST", "/sessions/refresh", body={"refresh_token": body["refresh_token"]})
        own = self.site.ask("GET", "/users/me", token=body["access_token"])
        faults = {
            f"DELETE /sessions/current answered {out.status}": out.status != 204,
            f"a refresh after it answered {late.status} {late.code}": (late.status, late.code)
            != (401, "revoked"),
            f"an account route after it answered {own.status}": own.status != 401,
        }
        mend = (
            "Sessions must end at once: look for a stale copy of the store, or an old version still serving."
        )
        self.findings.expect("log-out", faults, good="refused at the first request after it", mend=mend)

    def _cookie(self) -> None:
        body = self._names() | {"cookie": True}
        reply = self.site.ask("POST", "/sessions", body=body, headers={"Origin": self.site.origin})
        cookies = reply.headers.get("set-cookie", ())
        mine = next((cookie for cookie in cookies if cookie.startswith(f"{COOKIE}=cbr_")), None)
        attributes = {part.strip().lower() for part in (mine or "").split(";")[1:]}
        missing = [
            name
            for name in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/")
            if name.lower() not in attributes
        ]
        faults = {
            f"the status is {reply.status} {reply.code or ''}".strip(): reply.status != 201,
            f"there is no cookie {COOKIE}": reply.status == 201 and mine is None,
            f"{COOKIE} lacks {', '.join(missing)}": mine is not None and bool(missing),
            "another cookie is not Secure": any(
                "secure" not in cookie.lower() for cookie in cookies if cookie != mine
            ),
            "the body has the refresh token too": "refresh_token" in (reply.json or {}),
        }
        mend = "A proxy rewrites Set-Cookie, or CUPBEARER_ISSUER names another origin than the page's: mend that."
        self.findings.expect("cookie", faults, good="__Host-, HttpOnly, Secure, SameSite=Strict", mend=mend)

    def _delete(self) -> None:
        reply = self.site.ask("POST", "/sessions", body=self._names())
        token = (reply.json or {}).get("access_token") if reply.status == 201 else None
        gone = (
            self.site.ask("DELETE", "/users/me", token=token, body={"password": self.password})
            if token
            else reply
        )
        if gone.status == 204:
            self.findings.ok("clean-up", "the throw-away account is deleted")
            return
        mend = f"Delete it: cupbearer users delete {self.username}"
        self.findings.wrong("clean-up", f"the account {self.username} is left behind: {gone.status}", mend)

    def _names(self) -> dict[str, Any]:
        return {"username": self.username, "password": self.password}


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims unverified: this looks at what is said, the authorizer judges it."""
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    except ValueError:
        return {}, {}
    return header, claims
