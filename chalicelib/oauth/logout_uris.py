"""Back-channel log-out URIs: which may be registered (OpenID Connect Back-Channel Logout 1.0 section 2.2)."""

from chalicelib import urls
from chalicelib.errors import Invalid

MAX_LENGTH = 1024
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


def check(uri: str, *, public: bool) -> None:
    """Raise Invalid for one that may not be registered: https; http only to this machine, of a confidential client."""
    if problem := _problem(uri, public=public):
        raise _refused(uri, problem)


def demand_tls(uri: str) -> None:
    """Raise Invalid for a checked one that is not https: in production nothing calls this machine."""
    if not uri.lower().startswith("https:"):
        raise _refused(uri, "must be https: this is production")


def _problem(uri: str, *, public: bool) -> str | None:
    web = urls.read(uri) if len(uri) <= MAX_LENGTH else None
    if web is None:
        return "must be an https URL of at most 1024 characters, without user name and fragment"
    if web.scheme == "http" and web.host not in LOOPBACK_HOSTS:
        return "must be https: http is for this machine alone"
    if web.scheme == "http" and public:
        return "must be https: a public client is told by https alone"
    return None


def _refused(uri: str, problem: str) -> Invalid:
    shown = repr(uri[:MAX_LENGTH])
    return Invalid(f"The back-channel log-out URI {shown} {problem}.", code="invalid_client_metadata")
