"""Where the metadata of an API is, if we publish it in its stead (RFC 9728 section 3).

By the standard it is at the API's own host, and ours answers for no other. So hosting means one of two: an API below our
own host is found here as the standard says; another names our address in the ``resource_metadata`` of its challenges
(section 5.1), or sends its own well-known path on to it.
"""

from chalicelib import urls

MAX_SEGMENTS = 3  # of the path below our well-known address: as many routes as there are


def path_of(identifier: str, *, issuer: str) -> str | None:
    """Return the path below our well-known address, without its first slash; None for what cannot be hosted."""
    web, ours = urls.read(identifier), urls.read(issuer)
    if web is None or ours is None or web.query:
        return None
    path = "" if web.path == "/" else web.path  # section 3.1: the slash after the host is left out
    host = web.origin.partition("://")[2]
    segments = (path if web.origin == ours.origin else f"/{host}{path}").split("/")[1:]
    return "/".join(segments) if 0 < len(segments) <= MAX_SEGMENTS and all(segments) else None


def identifiers_at(path: str, *, issuer: str) -> tuple[str, ...]:
    """Return the APIs that a path below our well-known address may be of: one below our host before another's."""
    ours = urls.read(issuer)
    below_us = (f"{ours.origin}/{path}",) if ours else ()
    spelled = (*below_us, f"https://{path}", f"http://{path}")
    return tuple(each for each in spelled if path_of(each, issuer=issuer) == path)
