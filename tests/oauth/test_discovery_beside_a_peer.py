"""Discovery compared with a certified provider's, field by field: nothing is missing without a reason (OP-9, M12)."""

import json
from typing import Any
from urllib.request import urlopen

from tests.contract.discovery_fields import LACKS_VALUES, ONLY_AT_THE_PEER
from tests.oauth.server import Server
from tests.parts import outside_issuer
from tests.support import patience

FEATURES = (
    "backchannelLogout",
    "claimsParameter",
    "deviceFlow",
    "introspection",
    "jwtIntrospection",
    "jwtUserinfo",
    "registration",
    "requestObjects",
    "revocation",
)


def peers() -> dict[str, Any]:
    """Return what oidc-provider tells with these features on."""
    with outside_issuer.running([], features=FEATURES) as issuer:
        url = f"{issuer}/.well-known/openid-configuration"
        with urlopen(url, timeout=patience.SECONDS) as reply:
            return dict(json.load(reply))


def lacking(ours: Any, theirs: Any) -> list[str]:
    """Return the values of a list of the peer's that ours has not."""
    return sorted(set(theirs) - set(ours)) if isinstance(theirs, list) else []


def test_what_a_peer_tells_is_told_here_or_has_its_reason(server: Server) -> None:
    ours, theirs = server.ask("GET", "/.well-known/openid-configuration").json, peers()
    for name in sorted(ours.keys() | theirs.keys()):
        print(f"{name:55} {_said(ours, name):60} | {_said(theirs, name)}")
    assert sorted(theirs.keys() - ours.keys() - ONLY_AT_THE_PEER.keys()) == []
    both = ours.keys() & theirs.keys()
    assert sorted(name for name in both - LACKS_VALUES.keys() if lacking(ours[name], theirs[name])) == []
    switches = sorted(name for name in both if theirs[name] is True and ours[name] is not True)
    assert switches == ["request_parameter_supported"]  # no request objects: as above


def _said(document: dict[str, Any], name: str) -> str:
    value = document.get(name, "-")
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
