"""Lies that an issuer may be told to tell, one defect each: in its log-ins, and in its discovery document."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from chalicelib.jose import jws
from tests.federation.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, half_hash, honestly, says
from tests.support import forge

Lies = Callable[[Issuer], None]


def claims(**changes: Any) -> Lies:
    return lambda issuer: issuer.claims.update(changes)


def times(**offsets: int) -> Lies:
    return lambda issuer: issuer.claims.update(
        {name: int(issuer.now()) + offset for name, offset in offsets.items()}
    )


def header(**changes: Any) -> Lies:
    return lambda issuer: issuer.header.update(changes)


def discovery(**changes: Any) -> Lies:
    return lambda issuer: issuer.discovery.update(changes)


def answers(path: str, *args: Any, **kwargs: Any) -> Lies:
    return lambda issuer: issuer.lies.update({path: says(*args, **kwargs)})


def token_answer(**changes: Any) -> Lies:
    return lambda issuer: issuer.token_answer.update(changes)


def unsigned(issuer: Issuer) -> None:
    issuer.sign = lambda issuer, payload: (
        f"{forge.part({'alg': 'none', 'kid': issuer.key.kid})}.{forge.part(payload)}."
    )


def signed_with_a_shared_secret(secret: Callable[[Issuer], bytes]) -> Lies:
    def sign(issuer: Issuer, payload: dict[str, Any]) -> str:
        text = f"{forge.part({'alg': 'HS256', 'kid': issuer.key.kid})}.{forge.part(payload)}"
        return f"{text}.{jws.encode(hmac.new(secret(issuer), text.encode(), hashlib.sha256).digest())}"

    def lie(issuer: Issuer) -> None:
        issuer.sign = sign
        issuer.discovery["id_token_signing_alg_values_supported"] = ["HS256", "RS256"]

    return lie


def with_another_key(issuer: Issuer) -> None:
    issuer.published = [issuer.key.public_jwk]
    issuer.key = forge.key_of("RS256", "nobody's")


def with_the_name_of_the_right_key(issuer: Issuer) -> None:
    issuer.published = [issuer.key.public_jwk]
    issuer.header["kid"] = issuer.key.kid
    issuer.key = forge.key_of("RS256", "nobody's")


def no_name_and_another_key(issuer: Issuer) -> None:
    with_another_key(issuer)
    issuer.header["kid"] = None


def no_name_and_two_keys(alg: str, *, first: bool = True) -> Lies:
    def lie(issuer: Issuer) -> None:
        other = forge.key_of(alg, "the next one").public_jwk
        issuer.published = [issuer.key.public_jwk, other] if first else [other, issuer.key.public_jwk]
        issuer.header["kid"] = None

    return lie


def no_name_and_no_key_that_fits(issuer: Issuer) -> None:
    issuer.published = [forge.key_of("ES256", "the next one").public_jwk]
    issuer.header["kid"] = None


def no_name_and_no_signature(issuer: Issuer) -> None:
    issuer.sign = lambda _, payload: f"{forge.part({'alg': 'none'})}.{forge.part(payload)}."


def a_name_where_the_key_has_none(issuer: Issuer) -> None:
    issuer.published = [{name: value for name, value in issuer.key.public_jwk.items() if name != "kid"}]


def with_an_algorithm_it_never_announced(issuer: Issuer) -> None:
    issuer.key = forge.key_of("ES256", "an issuer elsewhere")
    issuer.published = [issuer.key.public_jwk]


def swapped(issuer: Issuer) -> None:
    issuer.header["alg"] = "ES256"
    issuer.discovery["id_token_signing_alg_values_supported"] = ["RS256", "ES256"]


def tampered(issuer: Issuer) -> None:
    def sign(issuer: Issuer, payload: dict[str, Any]) -> str:
        head, _, signature = honestly(issuer, payload).split(".")
        return f"{head}.{forge.part({**payload, 'sub': 'somebody else'})}.{signature}"

    issuer.sign = sign


def an_access_token_for_an_id_token(issuer: Issuer) -> None:
    issuer.header["typ"] = "at+jwt"


def another_sub_at_userinfo(issuer: Issuer) -> None:
    issuer.claims |= dict.fromkeys(("email", "email_verified", "name", "preferred_username"))
    issuer.userinfo["sub"] = "outside-2"


def no_sub_at_userinfo(issuer: Issuer) -> None:
    another_sub_at_userinfo(issuer)
    issuer.userinfo["sub"] = None


HUGE = json.dumps({"keys": ["x" * 300_000]})
HTML = "<!doctype html><title>Sign in</title>"

LIES: dict[str, Lies] = {
    "another iss": claims(iss="https://accounts.example.com"),
    "iss with a slash more": lambda issuer: issuer.claims.update(iss=issuer.url + "/"),
    "iss as a list": lambda issuer: issuer.claims.update(iss=[issuer.url]),
    "no iss": claims(iss=None),
    "another aud": claims(aud="another client"),
    "aud in another case": claims(aud=CLIENT_ID.upper()),
    "no aud": claims(aud=None),
    "several aud without azp": claims(aud=[CLIENT_ID, "another client"]),
    "azp of another": claims(azp="another client"),
    "several aud and azp of another": claims(aud=[CLIENT_ID, "another client"], azp="another client"),
    "another nonce": claims(nonce="x" * 43),
    "no nonce": claims(nonce=None),
    "empty nonce": claims(nonce=""),
    "nonce that is no text": claims(nonce=7),
    "expired": times(iat=-400, exp=-100),
    "expired beyond the leeway": times(iat=-400, exp=-61),
    "exp as text": claims(exp="1900000000"),
    "no exp": claims(exp=None),
    "no iat": claims(iat=None),
    "from the future": times(iat=120, exp=600),
    "not yet valid": times(nbf=120),
    "lives for a year": times(exp=31_536_000),
    "made long before this log-in": times(iat=-7200, exp=3600),
    "no sub": claims(sub=None),
    "empty sub": claims(sub=""),
    "sub that is no text": claims(sub=7),
    "sub with a line break": claims(sub="a\nb"),
    "alg none": unsigned,
    "HS256 by the client secret": signed_with_a_shared_secret(lambda _: CLIENT_SECRET.encode()),
    "HS256 by the public key": signed_with_a_shared_secret(lambda i: json.dumps(i.key.public_jwk).encode()),
    "alg swapped in the header": swapped,
    "alg in another case": header(alg="rs256"),
    "an algorithm never announced": with_an_algorithm_it_never_announced,
    "only HS256 announced": discovery(id_token_signing_alg_values_supported=["HS256"]),
    "an unknown key": with_another_key,
    "the right name on the wrong key": with_the_name_of_the_right_key,
    "no kid, by another key": no_name_and_another_key,
    "no kid, and two keys that fit": no_name_and_two_keys("RS256"),
    "no kid, by the second of two keys": no_name_and_two_keys("RS256", first=False),
    "no kid, and a key of another kind alone": no_name_and_no_key_that_fits,
    "no kid, unsigned": no_name_and_no_signature,
    "an empty kid": header(kid=""),
    "a kid of a key that has none": a_name_where_the_key_has_none,
    "key in the header": lambda issuer: issuer.header.update(jwk=issuer.key.public_jwk),
    "crit": header(crit=["exp"]),
    "tampered payload": tampered,
    "an access token instead": an_access_token_for_an_id_token,
    "wrong at_hash": claims(at_hash=half_hash("another token")),
    "at_hash that is no text": claims(at_hash=["x"]),
    "at_hash of nothing": token_answer(access_token=None),
    "wrong c_hash": claims(c_hash=half_hash("another code")),
    "no ID token": token_answer(id_token=None),
    "ID token that is no text": token_answer(id_token={"sub": "outside-1"}),
    "access token with a line break": token_answer(access_token="a\r\nX-Evil: 1"),
    "another sub at userinfo": another_sub_at_userinfo,
    "no sub at userinfo": no_sub_at_userinfo,
    "code refused": answers("/token", '{"error": "invalid_grant"}', status=400),
    "token endpoint in trouble": answers("/token", "{}", status=500),
    "token answer is a list": answers("/token", "[]"),
    "token answer is HTML": answers("/token", HTML, "text/html"),
    "token answer is HTML by another name": answers("/token", HTML),
    "token answer is huge": answers("/token", HUGE),
    "token answer is a redirect": answers("/token", "{}", status=307, Location="/token"),
    "token answer names a member twice": answers("/token", '{"id_token": "a", "id_token": "b"}'),
    "keys are HTML": answers("/jwks", HTML, "text/html"),
    "keys are huge": answers("/jwks", HUGE),
    "no keys": answers("/jwks", '{"keys": []}'),
    "keys elsewhere by a redirect": answers("/jwks", "{}", status=302, Location="/keys"),
}

BEGINNINGS: dict[str, Lies] = {
    "another issuer's document": discovery(issuer="https://accounts.example.com"),
    "a slash more in the issuer": lambda issuer: issuer.discovery.update(issuer=issuer.url + "/"),
    "no issuer": discovery(issuer=None),
    "HTML": answers("/.well-known/openid-configuration", HTML, "text/html"),
    "huge": answers("/.well-known/openid-configuration", HUGE),
    "a list": answers("/.well-known/openid-configuration", "[]"),
    "a redirect": answers("/.well-known/openid-configuration", "{}", status=301, Location="/"),
    "trouble": answers("/.well-known/openid-configuration", "{}", status=500),
    "no token endpoint": discovery(token_endpoint=None),
    "authorization endpoint is a script": discovery(authorization_endpoint="javascript:alert(1)"),
    "authorization endpoint is a script with a host": discovery(
        authorization_endpoint="javascript://127.0.0.1/%0aalert(1)"
    ),
    "authorization endpoint breaks the line": discovery(authorization_endpoint="http://127.0.0.1/\r\nX: 1"),
    "authorization endpoint with a user": discovery(authorization_endpoint="http://a@127.0.0.1/"),
    "keys in a file": discovery(jwks_uri="file:///etc/passwd"),
    "an endpoint that is no text": discovery(token_endpoint=["http://127.0.0.1/"]),
}
