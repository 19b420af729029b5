"""Scopes in a person's words, for the pages that ask whether an application or a device may have them (OP-7)."""

from chalicelib.scopes import Scopes

# What a scope lets an application do; another scope is shown by its name.
WORDS = {
    "openid": "know that it is you",
    "profile": "see your name and user name",
    "email": "see your e-mail address",
    "offline_access": "do this also while you are away",
}


def in_words(wanted: Scopes) -> list[str]:
    """Return what scopes let an application do, those everybody knows first."""
    known = [text for scope, text in WORDS.items() if scope in wanted]
    return known + [f"use “{scope}” as you may" for scope in sorted(wanted - WORDS.keys())]
