"""How much a log-in proves, as the claim ``acr`` tells it (OpenID Connect Core section 2; OpenID EAP ACR values)."""

from collections.abc import Iterable

from chalicelib.sessions.session import Session

ONE_FACTOR, TWO_FACTORS = "urn:cupbearer:1", "urn:cupbearer:2"
PHISHING_RESISTANT, IN_HARDWARE = "phr", "phrh"
SUPPORTED = (ONE_FACTOR, TWO_FACTORS, PHISHING_RESISTANT, IN_HARDWARE)


def reached(session: Session) -> frozenset[str]:
    """Return every level that a log-in reaches."""
    levels = {ONE_FACTOR}
    if session.is_multiple:
        levels.add(TWO_FACTORS)
    if "hwk" in session.amr:
        levels |= {PHISHING_RESISTANT, IN_HARDWARE}
    if "swk" in session.amr:
        levels.add(PHISHING_RESISTANT)
    return frozenset(levels)


def acr(session: Session, wanted: Iterable[str] = ()) -> str:
    """Return the first of the wanted levels that was reached; where none was, one of our own two."""
    levels = reached(session)
    return next(
        (each for each in wanted if each in levels), TWO_FACTORS if session.is_multiple else ONE_FACTOR
    )
