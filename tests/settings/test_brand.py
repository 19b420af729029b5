"""Whose service it is: what can be used is used, the rest is said at start, and any legible colour is so at night too."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.settings import brand as rules
from chalicelib.settings.accent import (
    DARK_GROUNDS,
    HOUSE,
    LIGHT_GROUNDS,
    READABLE,
    SEEN,
    contrast,
    legible,
    lowest_contrast,
    palette,
)
from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import parse
from chalicelib.web.pages import assets

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def _named(**settings: str) -> Mapping[str, str]:
    return {f"CUPBEARER_{name}": value for name, value in settings.items()}


def test_without_any_of_it_the_service_is_cupbearer() -> None:
    brand = parse({}).brand
    assert (brand.shown, brand.is_named, brand.credit, brand.file_name) == (
        "Cupbearer",
        False,
        True,
        "cupbearer",
    )


def test_a_name_is_what_pages_and_files_are_called() -> None:
    brand = parse(_named(NAME="Müller & Söhne", CREDIT="off")).brand
    assert (brand.shown, brand.file_name, brand.credit) == ("Müller & Söhne", "m-ller-s-hne", False)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("NAME", "a" * 41, "at most 40"),
        ("NAME", "two\nlines", "one line"),
        ("NAME", " a", "without space around"),
        ("FOOTER", "a" * 201, "at most 200"),
        ("ACCENT", "red", "such as #1d4ed8"),
        ("ACCENT", "#FFF", "six hex digits"),
        ("ACCENT", "#f59e0b", "Take a darker one, such as #"),
        ("LOGO", "chalicelib/api/none.svg", "no such file"),
        ("LOGO", "README.md", "SVG, PNG, JPEG"),
        ("LOGO", "docs/pictures/board.png", "at most 48 KB"),
        ("LOGO", "http://cdn.example/logo.svg", "no such file"),
        ("LOGO", "https://cdn.example/logo.svg?v=1", "without query"),
        ("LOGO", "https://cdn.example/a;script-src *", "https, without"),
        ("LOGO", "https://*.example/logo.svg", "https, without"),
        ("LOGO", "https://cdn.example/a;b.svg", "https, without"),
        ("LOGO", "https://cdn.example/a,b.svg", "https, without"),
        ("SUPPORT_URL", "javascript:alert(1)", "or mailto:ADDRESS"),
        ("SUPPORT_URL", "mailto:a@b?subject=x", "or mailto:ADDRESS"),
        ("TERMS_URL", "mailto:a@example.com", "such as https://example.com/help"),
        ("PRIVACY_URL", "//example.com", "such as https://example.com/help"),
        ("CREDIT", "maybe", "on, off"),
    ],
)
def test_what_cannot_be_used_is_said_at_start(setting: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(_named(**{setting: value}))
    assert refused.value.variable == f"CUPBEARER_{setting}"
    assert says in str(refused.value)


def test_a_file_is_judged_by_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(b"<html>")
    with pytest.raises(SettingsError, match="SVG, PNG, JPEG"):
        parse(_named(LOGO=str(file)))
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert rules.logo_file(parse(_named(LOGO=str(file))).brand) == file


def test_the_colour_that_a_refusal_suggests_is_taken() -> None:
    with pytest.raises(SettingsError) as refused:
        parse(_named(ACCENT="#f59e0b"))
    (suggested,) = re.findall(r"such as (#[0-9a-f]{6})", str(refused.value))
    assert parse(_named(ACCENT=suggested)).brand.accent == suggested
    assert parse(_named(ACCENT=suggested.upper())).brand.accent == suggested


@given(COLOURS)
def test_every_legible_colour_is_legible_wherever_it_is_painted_light_and_dark(colour: str) -> None:
    pair = palette(legible(colour))
    for colours, grounds in ((pair.light, LIGHT_GROUNDS), (pair.dark, DARK_GROUNDS)):
        assert lowest_contrast(colours.wine, grounds) >= READABLE
        assert contrast(colours.on_wine, colours.wine) >= READABLE
        assert contrast(colours.on_wine, colours.wine_deep) >= READABLE
        assert lowest_contrast(colours.pour, grounds) >= SEEN - 0.01


def test_the_grounds_and_the_colours_of_the_house_are_those_of_the_stylesheet() -> None:
    sheet = (assets.FOLDER / "style.css").read_text(encoding="utf-8")
    modes = sheet.split("prefers-color-scheme: dark")
    for mode, grounds, colours in zip(
        modes, (LIGHT_GROUNDS, DARK_GROUNDS), (HOUSE.light, HOUSE.dark), strict=True
    ):
        said = {
            name: re.search(rf"--{name}: (#[0-9a-f]{{6}});", mode)
            for name in ("paper", "card", "wine", "wine-deep", "on-wine", "pour")
        }
        found = {name: match[1] for name, match in said.items() if match}
        assert (found["paper"], found["card"]) == grounds
        assert (found["wine"], found["wine-deep"], found["on-wine"], found["pour"]) == (
            colours.wine, colours.wine_deep, colours.on_wine, colours.pour,
        )  # fmt: skip
