"""The settings of languages: which are offered, and which is taken where nobody wishes for one of them."""

from chalicelib.settings.reader import PREFIX, Reader, SettingsError


def languages_in(read: Reader) -> tuple[str, ...]:
    """Return those that are offered, that one first; none where neither is set: every language is offered, English first."""
    otherwise, offered = read.optional("LANGUAGE"), read.optional("LANGUAGES")
    if otherwise is None and offered is None:
        return ()
    from chalicelib.i18n.languages import LANGUAGES

    tags = tuple(LANGUAGES) if offered is None else tuple(offered.replace(",", " ").split())
    if not tags or len(set(tags)) < len(tags) or not set(tags) <= set(LANGUAGES):
        known = ", ".join(LANGUAGES)
        raise SettingsError(PREFIX + "LANGUAGES", f"is {offered!r}, but must name some of {known}, each once")
    if otherwise is not None and otherwise not in tags:
        raise SettingsError(PREFIX + "LANGUAGE", f"is {otherwise!r}, but must be one of {', '.join(tags)}")
    return tags if otherwise is None else (otherwise, *(tag for tag in tags if tag != otherwise))
