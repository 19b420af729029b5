"""How the elements of the browser library are served, what they weigh, and that their types say what they have (LI-8, LI-9)."""

import gzip
import re
from collections.abc import Mapping

import pytest

from chalicelib.settings.accent import palette
from chalicelib.web.pages import assets, bundle
from cupbearer.testing import Client

ACCENT, MOST = "#1d4ed8", 10 * 1024  # octets, compressed
ANYWHERE = {"Origin": "https://anywhere.example"}


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    return {"CUPBEARER_NAME": "Pangolin & Sons", "CUPBEARER_ACCENT": ACCENT}


def test_one_module_on_the_library_beside_it_without_markup_from_text() -> None:
    text = bundle.elements(palette(None))
    weight = len(gzip.compress(text.encode()))
    print(f"cupbearer-elements.js: {len(text)} octets, {weight} compressed")
    assert weight <= MOST
    assert re.findall(r"^import .*$", text, re.MULTILINE) == ['import { connect } from "./cupbearer.js";']
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|iframe|\.style\b|style=", text)


def test_its_address_leads_to_the_current_version_in_the_services_colours(client: Client) -> None:
    entry = client.get("/cupbearer-elements.js", headers=ANYWHERE)
    path = re.fullmatch(rb'export \* from "\.(/static/\w+/cupbearer-elements\.js)";\n', entry.body)
    assert path
    module = client.get(path[1].decode(), headers=ANYWHERE)
    assert module.body.decode() == bundle.elements(palette(ACCENT))
    assert f'"accent": ["{ACCENT}", ' in module.body.decode()
    assert module.header("Cache-Control") == "public, max-age=31536000, immutable"
    types = client.get("/cupbearer-elements.d.ts", headers=ANYWHERE)
    for answer in (entry, module, types):
        assert answer.header("Access-Control-Allow-Origin") == "*"
    assert entry.header("Content-Type") == module.header("Content-Type") == assets.SCRIPT


def test_the_types_name_each_element_and_each_text() -> None:
    types, text = bundle.element_types(), bundle.elements(palette(None))
    texts = re.findall(r"^(\w+): \"", text.partition("\nde: {")[0], re.MULTILINE)
    typed = types[types.index("export type Text =") :].partition(";")[0]
    assert re.findall(r'"(\w+)"', typed) == texts
    exported = re.findall(r"^export \{ (.+) \};", text, re.MULTILINE)
    assert set(re.findall(r"^export const (\w+)", types, re.MULTILINE)) == set(exported[0].split(", "))


def test_the_documents_list_every_property_and_every_part() -> None:
    said = (assets.FOLDER.parents[3] / "docs" / "library.md").read_text(encoding="utf-8")
    text = bundle.elements(palette(None))
    assert set(re.findall(r"--cupbearer-[\w-]+", text)) == set(re.findall(r"--cupbearer-[\w-]+", said))
    parts = {part for parts in re.findall(r'part: [`"]([^`"$]+)', text) for part in parts.split()}
    assert {part for part in parts if f"`{part}`" not in said} == set()
