"""The mark of whoever runs the service, as one SVG file of the pages: the cup, a logo, or the first letter of the name."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.settings.accent import Palette
    from chalicelib.settings.structured import Brand

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


def svg(brand: "Brand", house: str) -> str:
    """Return the mark: of a file that is no SVG one that holds it, so that every answer of ours is text."""
    from chalicelib.settings.brand import logo_file

    file = logo_file(brand)
    if file is not None and file.suffix == ".svg":
        return file.read_text(encoding="utf-8")
    if file is not None:
        from base64 import b64encode

        held = f"data:{TYPES[file.suffix]};base64,{b64encode(file.read_bytes()).decode()}"
        return _drawn(f'<image width="32" height="32" href="{held}"/>')
    return _letter(brand) if brand.name else house


def _letter(brand: "Brand") -> str:
    from html import escape

    from chalicelib.settings.accent import palette

    colours = palette(brand.accent).light
    letter = escape((brand.name or "?")[0].upper())
    return _drawn(
        f'<rect width="32" height="32" rx="8" fill="{colours.wine}"/><text x="16" y="23" text-anchor="middle" '
        f'font-family="Georgia, serif" font-size="20" font-weight="600" fill="{colours.on_wine}">{letter}</text>'
    )


def _drawn(inside: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{inside}</svg>'


def variables(colours: "Palette") -> str:
    """Return the rules of a stylesheet that put a pair of colours in place of the house's."""
    light, dark = (
        f"--wine: {each.wine}; --wine-deep: {each.wine_deep}; --on-wine: {each.on_wine}; --pour: {each.pour};"
        for each in (colours.light, colours.dark)
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
