"""How much a log-in proves, as the claim ``acr`` tells it (OpenID Connect Core section 2; OpenID EAP ACR values).

``phrh``, a key in hardware, is not among the levels: without attestation nobody knows where a passkey is kept.
"""

from collections.abc import Collection, Iterable

from chalicelib.sessions.session import MULTIPLE

ONE_FACTOR, TWO_FACTORS = "urn:cupbearer:1", "urn:cupbearer:2"
PHISHING_RESISTANT = "phr"
SUPPORTED = (ONE_FACTOR, TWO_FACTORS, PHISHING_RESISTANT)

_PASSKEY = frozenset({"hwk", "swk"})


def reached(amr: Collection[str]) -> frozenset[str]:
    """Return every level that a log-in reaches which says this of its proofs (RFC 8176)."""
    levels = {ONE_FACTOR}
    if MULTIPLE in amr:
        levels.add(TWO_FACTORS)
    if not _PASSKEY.isdisjoint(amr):
        levels.add(PHISHING_RESISTANT)
    return frozenset(levels)


def acr(amr: Collection[str], wanted: Iterable[str] = ()) -> str:
    """Return the first of the wanted levels that was reached; where none was, one of our own two."""
    levels = reached(amr)
    own = TWO_FACTORS if TWO_FACTORS in levels else ONE_FACTOR
    return next((each for each in wanted if each in levels), own)
