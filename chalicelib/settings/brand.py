"""Whose service this is, as the pages, mails and authenticators say it: what a name, a mark, a colour and links must be.

They are judged at the start of a process that is given any of them, so that nobody finds out at a page.
"""

import re
from pathlib import Path

from chalicelib import urls
from chalicelib.settings.accent import LIGHT_GROUNDS, READABLE, legible, lowest_contrast
from chalicelib.settings.reader import PREFIX, SettingsError, is_web_origin_or_path
from chalicelib.settings.structured import Brand

ROOT = Path(__file__).parents[2]  # what is packaged is chalicelib/ below it
MAX_NAME, MAX_FOOTER, MAX_LOGO_BYTES = 40, 200, 48_000
BEGINS = {
    ".svg": (b"<svg", b"<?xml", b"<!--"),
    ".png": (b"\x89PNG\r\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".webp": (b"RIFF",),
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_MAILTO = re.compile(r"mailto:[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")


def demand_usable(brand: Brand, *, production: bool) -> None:
    """Raise SettingsError for the first part that cannot be used."""
    for name, text, most in (("NAME", brand.name, MAX_NAME), ("FOOTER", brand.footer, MAX_FOOTER)):
        if text is not None and not (len(text) <= most and text.isprintable() and text == text.strip()):
            raise SettingsError(
                PREFIX + name, f"must be one line of at most {most} characters, without space around it"
            )
    for name, url in (
        ("TERMS_URL", brand.terms_url),
        ("PRIVACY_URL", brand.privacy_url),
        ("SUPPORT_URL", brand.support_url),
    ):
        _demand_link(name, url, production=production)
    if brand.logo is not None:
        _demand_logo(brand.logo)
    if brand.accent is not None:
        _demand_accent(brand.accent)


def logo_file(brand: Brand) -> Path | None:
    """Return the file of the logo; None where there is none, or it is at an address."""
    if brand.logo is None or brand.logo.startswith("https:"):
        return None
    return ROOT / brand.logo


def _demand_link(name: str, url: str | None, *, production: bool) -> None:
    by_mail = name == "SUPPORT_URL" and url is not None and _MAILTO.fullmatch(url)
    if url is None or by_mail or is_web_origin_or_path(url, secure=production):
        return
    also = " or mailto:ADDRESS" if name == "SUPPORT_URL" else ""
    raise SettingsError(
        PREFIX + name,
        f"is {url!r}, but must be an address such as https://example.com/help{also}, without a query",
    )


def _demand_logo(logo: str) -> None:
    if logo.startswith("https:"):
        web = urls.read(logo)
        # It stands in the pages' policy, where these would end what it names.
        if web is None or web.query or not re.fullmatch(r"[^;,']+", logo):
            raise SettingsError(
                PREFIX + "LOGO", f"is {logo!r}, but an address of a logo is https, without query, ';' and ','"
            )
        return
    file = ROOT / logo
    if not file.is_file():
        raise SettingsError(
            PREFIX + "LOGO",
            f"is {logo!r}, and there is no such file: put it below chalicelib/, which is packaged (chalicelib/api/logo.svg), "
            "or give an https address",
        )
    begins = BEGINS.get(file.suffix)
    if (
        begins is None
        or file.stat().st_size > MAX_LOGO_BYTES
        or not file.read_bytes().lstrip().startswith(begins)
    ):
        raise SettingsError(
            PREFIX + "LOGO",
            f"must be an SVG, PNG, JPEG (.jpg) or WebP file of at most {MAX_LOGO_BYTES // 1000} KB: {logo} is not",
        )


def _demand_accent(accent: str) -> None:
    if not _COLOUR.fullmatch(accent):
        raise SettingsError(
            PREFIX + "ACCENT",
            f"is {accent!r}, but must be a colour such as #1d4ed8: # and six hex digits",
        )
    found = lowest_contrast(accent, LIGHT_GROUNDS)
    if found < READABLE:
        raise SettingsError(
            PREFIX + "ACCENT",
            f"is {accent}, which has a contrast of {found:.1f} on the pages' light ground; links and buttons are read from "
            f"{READABLE} on (WCAG 1.4.3). Take a darker one, such as {legible(accent)}; the dark pages derive a lighter one",
        )
