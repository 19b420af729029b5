"""What a user's id is made of; the forms of tokens that hold one say the same.

Ours are random (EN-3); those that came along with an import are as they were elsewhere. Tokens, cookies and addresses hold
it as it is, beside points and slashes, and a passkey keeps it in at most 64 octets (WebAuthn, user handle).
"""

import re

_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# What these name is another: the trail's actor at the command line, its count of nobody's, and routes beside /users/{user_id}.
RESERVED = ("email", "me", "nobody", "operator")
RULE = (
    "A user_id is 1 to 64 letters, digits, hyphens and underscores, begins with a letter or a digit, and is none of "
    f"{', '.join(RESERVED)}."
)


def is_user_id(text: str) -> bool:
    """Return whether a text may be a user's id."""
    return _FORM.fullmatch(text) is not None and text.lower() not in RESERVED
