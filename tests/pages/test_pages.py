"""Templates, files and headers of the pages, without a browser."""

import re
from collections.abc import Iterator

import pytest
from chalice.test import Client
from jinja2 import UndefinedError

import app
from chalicelib.settings import settings
from chalicelib.settings.structured import Brand
from chalicelib.store.sqlite import SqliteStore
from chalicelib.web.pages import assets, rendering
from chalicelib.wiring import using
from chalicelib.world import World
from cupbearer.deploying.template import ROOT
from cupbearer.testing import QuickServices

HOUSE = Brand()
STAGED = "https://auth.example.com/api"


@pytest.fixture
def client(store: SqliteStore, world: World) -> Iterator[Client]:
    environ = {
        "CUPBEARER_ISSUER": STAGED,
        "CUPBEARER_PROVIDERS": '{"els": {"issuer": "https://els.example", "client_id": "a", "client_secret": "b"}}',
    }
    with using(QuickServices(settings.parse(environ), world, store=store)), Client(app.app) as client:
        yield client


def test_links_begin_with_the_path_of_the_issuer_whatever_host_was_asked_in_5(client: Client) -> None:
    page = client.http.get(
        "/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    ).body.decode()
    links = re.findall(r'(?:href|src|action)="([^"]+)"', page)
    assert len(links) > 10
    assert all(link.startswith(("/api/", "#")) for link in links)
    assert "evil.example" not in page


def test_a_page_has_a_policy_without_anything_inline_br_4(client: Client) -> None:
    for path in ("/", "/account"):
        answer = client.http.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|javascript:", answer.body.decode())


def test_nothing_comes_from_another_origin_br_4() -> None:
    for name in assets.ASSETS:
        text = assets.text_of(name, HOUSE).replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), name


def test_text_from_people_never_becomes_markup_in_our_scripts_br_5() -> None:
    for name in assets.ASSETS:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", assets.text_of(name, HOUSE)
        ), name


def test_files_may_be_kept_for_ever_under_the_hash_of_them_all_and_not_under_another(client: Client) -> None:
    for name, content_type in assets.ASSETS.items():
        answer = client.http.get(f"/static/{assets.version(HOUSE)}/{name}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
        assert answer.headers["Cache-Control"] == rendering.FOR_EVER
        old = client.http.get(f"/static/of-yesterday/{name}")
        assert old.headers["Cache-Control"] == "no-cache"


def test_every_script_that_a_script_or_page_asks_for_is_served() -> None:
    asked = set()
    for file in assets.FOLDER.iterdir():
        asked |= set(re.findall(r'from "\./(\w+\.js)"', file.read_text(encoding="utf-8")))
    assert asked <= set(assets.ASSETS)
    assert {f"{name}.js" for name in assets.MODULES} == {file.name for file in assets.FOLDER.glob("*.js")}


def test_a_value_in_a_template_is_escaped_and_a_missing_one_is_a_defect(client: Client) -> None:
    answer = rendering.render(
        "message.html", title="<script>", text='"quoted" & <b>bold</b>', sent="", onward=("/", "Go on")
    )
    assert "<script>" not in answer.body
    assert "&lt;b&gt;bold" in answer.body
    with pytest.raises(UndefinedError):
        rendering.render("message.html", title="no text")


def test_a_form_may_lead_to_the_origins_that_the_page_names_and_no_others() -> None:
    policy = rendering.content_security_policy(("https://shop.example",))
    assert "form-action 'self' https://shop.example;" in policy
    assert "form-action 'self';" in rendering.content_security_policy()


def test_a_configured_provider_has_a_button(client: Client) -> None:
    assert "/api/login/els?return_to=/" in client.http.get("/").body.decode()


def test_where_it_is_dark_colours_are_all_that_is_other() -> None:
    """axe-core is asked all its rules where it is light, and those of colours where it is dark (``eyes``)."""
    dark = re.compile(r"@media[^{]*prefers-color-scheme[^{]*\{(.*?\}\s*)\}", re.DOTALL)
    named = []
    for file in sorted((ROOT / "chalicelib").rglob("*.*")):
        if file.suffix in (".css", ".html", ".js", ".svg"):
            text = file.read_text(encoding="utf-8")
            blocks = dark.findall(text)
            assert len(blocks) == text.count("prefers-color-scheme"), file
            named += re.findall(r"([\w-]+):", "".join(re.findall(r"\{(.*?)\}", "".join(blocks), re.DOTALL)))
    assert len(named) > 20
    assert {name for name in named if not name.startswith("--")} == {"background", "color", "border-color"}
