"""How the browser library is served, what it weighs, and that its types say what it exports (LI-7, LI-8)."""

import gzip
import re
from collections.abc import Mapping

import pytest

from chalicelib.web.pages import assets, bundle
from cupbearer.testing import Client

MOST = 8 * 1024  # octets, compressed
ANYWHERE = {"Origin": "https://anywhere.example"}
LISTED = "https://app.example.com"
TYPES = bundle.types()


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    return {"CUPBEARER_ALLOWED_ORIGINS": f'["{LISTED}"]'}


def test_one_module_without_dependencies_of_at_most_8_kb_compressed() -> None:
    text = bundle.library()
    weight = len(gzip.compress(text.encode()))
    print(f"cupbearer.js: {len(text)} octets, {weight} compressed")
    assert weight <= MOST
    assert not re.search(r"^import |^export \* ", text, re.MULTILINE)
    assert not re.search(r"\beval\(|new Function|innerHTML|iframe|style=", text)


def test_what_is_left_out_of_it_are_comments_alone() -> None:
    parts = "".join((bundle.FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in bundle.PARTS)
    said = [line for line in bundle.library().splitlines()[1:] if line]
    for line in said:
        assert line in parts
    assert set(bundle.library(without=bundle.OF_OTHER_SITES).splitlines()) <= set(
        bundle.library().splitlines()
    )
    assert "/*" not in "".join(said)
    statements = [
        line for line in parts.splitlines() if re.search(r"[;{}]$", line) and not line.startswith("import ")
    ]
    assert len(statements) <= len(said)


def test_its_address_leads_to_the_current_version_for_pages_of_every_origin(client: Client) -> None:
    entry = client.get("/cupbearer.js", headers=ANYWHERE)
    assert (entry.header("Cache-Control") or "") == "public, max-age=300"
    path = re.fullmatch(rb'export \* from "\.(/static/\w+/cupbearer\.js)";\n', entry.body)
    assert path
    module = client.get(path[1].decode(), headers=ANYWHERE)
    assert module.body.decode() == bundle.library()
    assert (module.header("Cache-Control") or "") == "public, max-age=31536000, immutable"
    passkeys = client.get(path[1].decode().replace("cupbearer.js", "cupbearer_passkey.js"), headers=ANYWHERE)
    for answer in (entry, module, passkeys):
        assert (answer.header("Access-Control-Allow-Origin") or "") == "*"
        assert (answer.header("Content-Type") or "") == assets.SCRIPT


def test_the_types_name_each_export_and_each_member_and_no_other(client: Client) -> None:
    assert client.get("/cupbearer.d.ts", headers=ANYWHERE).body.decode() == TYPES
    text = bundle.library()
    exported = set(
        re.findall(r"^export (?:async )?(?:function|class) (\w+)|^export \{ (\w+) \}", text, re.MULTILINE)
    )
    values = set(re.findall(r"^export (?:function|class) (\w+)", TYPES, re.MULTILINE))
    assert values == {name for pair in exported for name in pair if name}
    written = (bundle.FOLDER / "client.js").read_text(encoding="utf-8")
    facade = written[written.index("class Cupbearer {") :]
    members = set(re.findall(r"^  (?:async |get )?(?!constructor)(\w+)\([^)]*\) \{", facade, re.MULTILINE))
    members |= set(re.findall(r"^    this\.(\w+) = ", facade, re.MULTILINE))
    typed = TYPES[TYPES.index("export interface Cupbearer ") :].partition("\n}\n")[0]
    assert set(re.findall(r"^  (?:readonly )?(\w+)[(:]", typed, re.MULTILINE)) == members
    options = TYPES[TYPES.index("export interface Options ") :].partition("\n}\n")[0]
    for option in re.findall(r"^  (\w+)\?:", options, re.MULTILINE):
        assert re.search(rf"\b{option}\b", text), option


def test_the_page_of_documents_names_this_service_and_the_origins_that_it_lists(client: Client) -> None:
    page = client.get("/cupbearer.js/docs")
    assert (page.header("Content-Type") or "").startswith("text/html")
    assert "script-src 'self'" in (page.header("Content-Security-Policy") or "")
    said = page.body.decode()
    for part in ('http://localhost:8000/cupbearer.js"', LISTED, "/static/", "/cupbearer.d.ts"):
        assert part in said
