"""How every cookie of ours is set: ``__Host-``, for our own site alone, out of the reach of scripts (BR-1)."""

_ATTRIBUTES = "Path=/; Secure; HttpOnly"


def kept(name: str, value: str, *, seconds: int | None = None, same_site: str = "Lax") -> str:
    """Return the cookie with its value, for so long or until the browser is closed."""
    age = "" if seconds is None else f" Max-Age={seconds};"
    return f"{name}={value};{age} {_ATTRIBUTES}; SameSite={same_site}"


def dropped(name: str, *, same_site: str = "Lax") -> str:
    """Return the cookie that makes a browser forget its value."""
    return kept(name, "", seconds=0, same_site=same_site)
