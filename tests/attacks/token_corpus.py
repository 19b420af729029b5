"""A hostile corpus: algorithm by key, public keys as HMAC secrets, claims of every wrong type, second spellings."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from chalicelib.jose import jws
from tests.support import forge

GOOD = {alg: forge.signed(alg=alg) for alg in forge.ALGORITHMS}


def public_octets(alg: str) -> dict[str, bytes]:
    """A public key in every spelling that somebody may have handed to an HMAC."""
    key = load_der_private_key(forge.key_of(alg).private_der, password=None).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    members = forge.key_of(alg).public_jwk
    raw = jws.decode(members.get("n", members.get("x", "")).encode())
    spellings = {
        "pem": pem,
        "pem without last newline": pem.rstrip(b"\n"),
        "pem with CRLF": pem.replace(b"\n", b"\r\n"),
        "pem body": b"".join(pem.splitlines()[1:-1]),
        "der": der,
        "der in base64": base64.b64encode(der),
        "der in hex": der.hex().encode(),
        "jwk": json.dumps(members).encode(),
        "jwk compact": json.dumps(members, separators=(",", ":"), sort_keys=True).encode(),
        "raw": raw,
        "raw in base64url": jws.encode(raw).encode(),
        "kid": members["kid"].encode(),
        "nothing": b"",
    }
    if alg == "RS256":
        spellings["pkcs1 pem"] = key.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        spellings["pkcs1 der"] = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return spellings


def hmac_forgeries() -> Iterator[tuple[str, str]]:
    for alg in forge.ALGORITHMS:
        for spelling, secret in public_octets(alg).items():
            for hs, digest in (
                ("HS256", hashlib.sha256),
                ("HS384", hashlib.sha384),
                ("HS512", hashlib.sha512),
            ):
                text = f"{forge.part(forge.header(alg) | {'alg': hs})}.{forge.part(forge.payload())}"
                yield (
                    f"{hs} {alg} {spelling}",
                    f"{text}.{jws.encode(hmac.digest(secret, text.encode(), digest))}",
                )


def algorithm_matrix() -> Iterator[tuple[str, str]]:
    """Every name in the header with every key: only a key's own algorithm may pass."""
    names = [
        *forge.ALGORITHMS,
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "RS256 ",
        "rs256",
        "Rs256",
        "es256",
        "eddsa",
    ]
    names += [
        "Ed25519",
        "EdDSA\x00",
        "HS256",
        "HS384",
        "HS512",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES384",
    ]
    names += ["ES512", "ES256K", "Ed448", "RSA-OAEP", "dir", "A256GCM", "PBES2-HS256+A128KW"]
    for key in forge.ALGORITHMS:
        for name in names:
            if name != key:
                head = forge.header(key) | {"alg": name}
                yield f"{name} by {key}", forge.signed(head, alg=key)
                yield f"{name} by {key} unsigned", f"{forge.part(head)}.{forge.part(forge.payload())}."


def claim_faults() -> Iterator[tuple[str, str]]:
    times: list[Any] = [
        None,
        "",
        str(forge.NOW + 300),
        "9_999_999_999",
        "١٨٠٠٠٠٠٣٠٠",
        1e300,
        -1,
        0,
        True,
        False,
        [],
        {},
    ]
    times += [[forge.NOW + 300], {"$gt": 0}, 10**400, -(10**400), 253402300800, 1e-300, forge.NOW * 1000]
    for claim in ("exp", "iat"):
        yield from (
            (f"{claim} {i}", forge.signed(body={**forge.payload(), claim: v})) for i, v in enumerate(times)
        )
        yield f"no {claim}", forge.signed(body=forge.payload(**{claim: None}))
    for i, value in enumerate([v for v in times if v not in (1e-300, 1)]):
        if not (type(value) in (int, float) and 0 < value <= forge.NOW):
            yield f"nbf {i}", forge.signed(body={**forge.payload(), "nbf": value})
    names: list[Any] = [None, "", 1, True, [], {}, ["x"], {"a": 1}, "x" * 256, "a\x00b", "a\nb", "a\u202eb"]
    for claim in ("sub", "client_id", "jti", "sid"):
        yield from (
            (f"{claim} {i}", forge.signed(body={**forge.payload(), claim: v})) for i, v in enumerate(names)
        )
    for claim in ("iss", "aud"):
        exact = getattr(forge, {"iss": "ISSUER", "aud": "AUDIENCE"}[claim])
        near: list[Any] = [exact + "/", exact[:-1], exact + "x", exact.upper(), " " + exact, exact + "\n", ""]
        near += [
            exact.replace("https", "http"),
            exact.replace(".", "%2e"),
            exact + "\x00",
            exact + " x",
            None,
            1,
        ]
        near += [True, {}, {exact: 1}, [], [[exact]], [exact.upper()], [1], [None], exact.replace("e", "е")]  # noqa: RUF001
        near += [[exact]] if claim == "iss" else [[exact, 1], [exact, None], [exact[:-1], exact + "/"]]
        yield from (
            (f"{claim} {i}", forge.signed(body={**forge.payload(), claim: v})) for i, v in enumerate(near)
        )
        yield f"no {claim}", forge.signed(body=forge.payload(**{claim: None}))
    scopes: list[Any] = [
        None,
        1,
        True,
        ["get:profile"],
        {},
        "a  b",
        " a",
        "a ",
        "a\tb",
        'a"b',
        "a\\b",
        "é",
        "a" * 601,
    ]
    yield from (
        (f"scope {i}", forge.signed(body={**forge.payload(), "scope": v})) for i, v in enumerate(scopes)
    )
    yield "no scope", forge.signed(body=forge.payload(scope=None))
    for claim, value in (("amr", "pwd"), ("amr", [1]), ("amr", {}), ("auth_time", "1"), ("auth_time", True)):
        yield f"{claim} {value}", forge.signed(body={**forge.payload(), claim: value})


def spellings() -> Iterator[tuple[str, str]]:
    for alg, text in GOOD.items():
        head, body, signature = text.split(".")
        last = signature[-1]
        near = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        twin = near[
            near.index(last) ^ 1
        ]  # the same octets for a lenient decoder, where the length leaves bits over
        others = [
            f"{head}.{body}.",
            f"{head}.{body}",
            f"{head}.{body}.{signature}=",
            f"{head}.{body}.{signature}==",
            f"{head}=.{body}.{signature}",
            f"{head}.{body}=.{signature}",
            f" {text}",
            f"{text} ",
            f"{text}\n",
            f"\t{text}",
            f"{text}\x00",
            f"{text}.",
            f".{text}",
            f"{text}.{signature}",
            f"{head}..{signature}",
            f".{body}.{signature}",
            f"Bearer {text}",
            f'"{text}"',
            f"{head}.{body}.{signature[:-1]}{twin}",
            f"{head}.{body}.{signature[:-4]}",
            f"{head}.{body}.{signature}AAAA",
            f"{head}.{body}.AAAA{signature}",
            f"{head}.{body}.{signature[::-1]}",
            f"{head}.{body}.{'A' * len(signature)}",
            f"{head}.{body}.{'_' * len(signature)}",
            f"{head}.{body}.{signature[:10]} {signature[10:]}",
            f"{head}.{body}.{signature[:10]}\n{signature[10:]}",
            f"{head}.{body}.{signature[:10]}*{signature[10:]}",
            f"{head.swapcase()}.{body}.{signature}",
            f"{head}.{forge.part(forge.payload(sub='admin'))}.{signature}",
            text.replace(".", "%2E"),
            text.replace(".", ".."),
            f"{body}.{head}.{signature}",
            f"{head}.{body}.{GOOD['RS256' if alg != 'RS256' else 'ES256'].split('.')[2]}",
        ]
        for i, other in enumerate(others):
            yield f"{alg} spelling {i}", other


def corpus() -> list[tuple[str, str]]:
    """Every case with its name; none may be accepted."""
    return [*hmac_forgeries(), *algorithm_matrix(), *claim_faults(), *spellings()]
