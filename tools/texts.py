"""``make texts``: the catalogues of the texts that people read, brought up to date and compiled.

Takes every text out of templates, scripts and Python into ``texts/LANGUAGE.po``, where translators work, and writes what is
packaged: a ``.mo`` for pages and mails, a module of texts for scripts, and patterns of dates out of the CLDR. Nothing of
Babel is needed where the service runs.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from chalicelib.i18n.catalogue import FOLDER as COMPILED
from chalicelib.i18n.languages import LANGUAGES, SOURCE
from chalicelib.web.pages.assets import FOLDER as PAGES
from tools.texts_of_python import texts_of

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "texts"
MAILS = ROOT / "chalicelib" / "mail" / "templates"
AT = datetime(2026, 1, 1, tzinfo=UTC)  # no date of a run: the same texts are the same files
ONE = r'\s*"((?:[^"\\]|\\.)*)"'
OF_SCRIPTS = re.compile(rf"\b(?:t\({ONE}|tn\({ONE}\s*,{ONE})")
TEMPLATES = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}


# In the order of the CLDR's words (zero, one, two, few, many, other), as scripts count; Babel's own ends in other, many.
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
}


class Text(NamedTuple):
    """A text, or both forms of one with a number, and the file that says it."""

    msgid: str | tuple[str, str]
    place: str


def everything() -> list[Text]:
    """Return every text that people read, in the order of the files."""
    return [*of_templates(), *of_scripts(), *of_python()]


def of_templates() -> Iterator[Text]:
    """Yield the texts of pages and mails."""
    for path in [*sorted(PAGES.glob("*.html")), *sorted(MAILS.iterdir())]:
        with path.open("rb") as file:
            for _, _, found, _ in babel_extract(file, ("gettext", "ngettext", "_"), (), TEMPLATES):
                each = [text for text in ([found] if isinstance(found, str) else found or ()) if text]
                if each:
                    yield Text(each[0] if len(each) == 1 else (each[0], each[1]), _place(path))


def of_scripts() -> Iterator[Text]:
    """Yield the texts of our own pages' scripts."""
    for path in sorted(PAGES.glob("*.js")):
        if path.name.startswith("texts."):
            continue
        for found in OF_SCRIPTS.finditer(path.read_text(encoding="utf-8")):
            each = [str(json.loads(f'"{text}"')) for text in found.groups() if text is not None]
            yield Text(each[0] if len(each) == 1 else (each[0], each[1]), _place(path))


def of_python() -> Iterator[Text]:
    """Yield what modules say to people."""
    home = ROOT / "chalicelib"
    for path in sorted(home.rglob("*.py")):
        for msgid in texts_of(path, home):
            yield Text(msgid, _place(path))


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is written."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, texts: Iterable[Text]) -> Catalog:
    """Return it with every text there is and no other; what is new has no translation yet."""
    before = catalogue(language)
    fresh = Catalog(
        locale=language, project="Cupbearer", charset="utf-8", fuzzy=False,
        creation_date=AT, revision_date=AT, header_comment=f"# {LANGUAGES[language].name}", last_translator="",
        language_team="", copyright_holder="", version="1",
    )  # fmt: skip
    _count_as(fresh, language)
    for text in texts:
        fresh.add(text.msgid, locations=[(text.place, 0)])
    for message in fresh:
        known = before.get(message.id) if message.id else None
        if known is not None and message.id and known.string and _fits(message.id, known.string):
            message.string = known.string
    return fresh


def _count_as(made: Catalog, language: str) -> None:
    if language in PLURALS:
        made.mime_headers = [("Plural-Forms", PLURALS[language])]


def _fits(msgid: Any, string: Any) -> bool:
    return isinstance(msgid, str) == isinstance(string, str)


def missing(language_catalogue: Catalog) -> list[str]:
    """Return what has no translation."""
    return [str(message.id) for message in language_catalogue if message.id and not is_whole(message)]


def is_whole(message: Message) -> bool:
    """Return whether a text is translated, in every form of its number."""
    return bool(message.string) and all(forms(message))


def forms(message: Message) -> tuple[str, ...]:
    """Return a translation in every form of its number; one that has none is one form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def po(language_catalogue: Catalog) -> bytes:
    """Return the file for translators."""
    out = BytesIO()
    write_po(out, language_catalogue, width=0, include_lineno=False, sort_output=False)
    return out.getvalue()


def compiled(language_catalogue: Catalog) -> bytes:
    """Return what pages and mails load: without what scripts alone say."""
    kept = Catalog(locale=language_catalogue.locale, creation_date=AT, revision_date=AT, fuzzy=False)
    _count_as(kept, str(language_catalogue.locale))
    for message in language_catalogue:
        if message.id and not all(place.endswith(".js") for place, _ in message.locations):
            kept.add(message.id, message.string)
    out = BytesIO()
    write_mo(out, kept)
    return out.getvalue()


def for_scripts(language_catalogue: Catalog) -> str:
    """Return the module of texts that scripts load: by the English, the forms of a number by its singular."""
    table: dict[str, Any] = {}
    for message in language_catalogue:
        if message.id and any(place.endswith(".js") for place, _ in message.locations):
            one = message.id if isinstance(message.id, str) else message.id[0]
            if is_whole(message):
                table[one] = message.string if isinstance(message.id, str) else list(forms(message))
    return f"export default {json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True)};\n"


def formats() -> str:
    """Return how each language writes dates and numbers, by the CLDR; English as on both sides of the Atlantic."""
    found = {}
    for language in LANGUAGES:
        locale = Locale.parse("en_GB" if language == SOURCE else language)
        width = "abbreviated" if language == SOURCE else "wide"
        pattern = str(locale.date_formats["medium" if language == SOURCE else "long"].pattern)
        found[language] = {
            "months": [locale.months["format"][width][month] for month in range(1, 13)],
            "day": _places(pattern),
            "moment": str(locale.datetime_formats["medium"]).replace("{1}", "{day}").replace("{0}", "{time}"),
            "group": locale.number_symbols["latn"]["group"],
        }
    found[SOURCE]["months"][8] = "Sep"
    return json.dumps(found, ensure_ascii=False, indent=0) + "\n"


def _places(pattern: str) -> str:
    return re.sub(
        r"d+|M+|y+", lambda found: {"d": "{day}", "M": "{month}", "y": "{year}"}[found[0][0]], pattern
    )


def files(catalogues: Mapping[str, Catalog]) -> dict[Path, bytes]:
    """Return all that is written, by its path."""
    found: dict[Path, bytes] = {COMPILED / "formats.json": formats().encode()}
    for language, each in catalogues.items():
        found[CATALOGUES / f"{language}.po"] = po(each)
        found[COMPILED / f"{language}.mo"] = compiled(each)
        found[PAGES / f"texts.{language}.js"] = for_scripts(each).encode()
    return found


def current() -> dict[str, Catalog]:
    """Return the catalogues as they would be now."""
    texts = everything()
    return {language: updated(language, texts) for language in LANGUAGES if language != SOURCE}


def main() -> int:
    """Write the files, and say what is not translated yet."""
    catalogues = current()
    for path, content in files(catalogues).items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    for language, each in catalogues.items():
        print(f"{language}: {len(each)} texts, {len(missing(each))} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
