"""The settings of languages: which are offered, and which is taken where nobody wishes for one of them."""

from typing import TypedDict

from chalicelib.settings.reader import PREFIX, Reader, SettingsError


class Languages(TypedDict):
    """The two settings."""

    language: str
    languages: tuple[str, ...]


def languages_in(read: Reader) -> Languages:
    """Return them; an empty tuple offers every language that there is."""
    otherwise, offered = read.optional("LANGUAGE"), read.optional("LANGUAGES")
    if otherwise is None and offered is None:
        return {"language": "en", "languages": ()}
    from chalicelib.i18n.languages import LANGUAGES

    known = ", ".join(LANGUAGES)
    tags = tuple(LANGUAGES) if offered is None else tuple(offered.replace(",", " ").split())
    if not tags or len(set(tags)) < len(tags) or not set(tags) <= set(LANGUAGES):
        raise SettingsError(PREFIX + "LANGUAGES", f"is {offered!r}, but must name some of {known}, each once")
    if otherwise is None:
        otherwise = tags[0]
    if otherwise not in tags:
        raise SettingsError(PREFIX + "LANGUAGE", f"is {otherwise!r}, but must be one of {', '.join(tags)}")
    return {"language": otherwise, "languages": tags}
