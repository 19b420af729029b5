"""JWK thumbprints (RFC 7638): one name for one public key, whoever computes it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chalicelib.jose import jws


def thumbprint(members: Mapping[str, str]) -> str:
    """Return the thumbprint of a key's required members: SHA-256 over them in order, in base64url."""
    canonical: Any = json.dumps(dict(members), sort_keys=True, separators=(",", ":"))
    return jws.encode(hashlib.sha256(canonical.encode()).digest())
