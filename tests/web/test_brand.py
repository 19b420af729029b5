"""A service under a name of its own: pages, files, mails, passkeys and authenticator apps say that one, and not ours (BR-9)."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.application import APIS
from chalicelib.web.call import HTML
from chalicelib.web.pages import assets, bundle
from cupbearer.mailbox import Mailbox
from cupbearer.testing import AppUnderTest, Client

NAME, ACCENT, HELP = "Pangolin & Sons", "#1d4ed8", "https://pangolin.example/help"
OWN = {
    "CUPBEARER_NAME": NAME,
    "CUPBEARER_ACCENT": ACCENT,
    "CUPBEARER_LOGO": "https://cdn.pangolin.example/logo.svg",
    "CUPBEARER_SUPPORT_URL": HELP,
    "CUPBEARER_MAIL": "console:",
    "CUPBEARER_EMAIL_LOG_IN": "on",
}
FOR_DEVELOPERS = {"/cupbearer.js/docs"}  # who load a file of that name
PAGES = sorted(
    {
        endpoint.route.path
        for api in APIS
        for endpoint in api.endpoints
        if endpoint.content_type == HTML and endpoint.route.method == "GET" and "{" not in endpoint.route.path
    }
    - FOR_DEVELOPERS
)


@pytest.fixture
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return OWN | getattr(request, "param", {})


def _read(page: bytes) -> str:
    """Return what a reader finds: the text, and what stands in attributes that are shown."""
    text = page.decode()
    return re.sub(r"<[^>]*>", " ", text) + " ".join(
        re.findall(r'(?:alt|title|aria-label|download)="([^"]*)"', text)
    )


def test_no_page_says_ours_but_in_one_small_line(client: Client) -> None:
    assert len(PAGES) >= 10
    for path in PAGES:
        reply = client.get(path, headers={"Accept": "text/html"})
        if reply.status in (302, 303):
            continue
        assert NAME.replace("&", "&amp;") in reply.body.decode(), path
        assert re.findall(r"(?i)(?:\S+ ){0,2}\S*cupbearer\S*", _read(reply.body)) == ["Runs on Cupbearer"], (
            path
        )


@pytest.mark.parametrize("cupbearer_settings", [{"CUPBEARER_CREDIT": "off"}], indirect=True)
def test_a_setting_removes_that_line(client: Client) -> None:
    for path in ("/", "/login", "/account"):
        assert "cupbearer" not in _read(client.get(path).body).lower(), path


def test_templates_leave_the_name_to_the_brand() -> None:
    for file in assets.FOLDER.glob("*.html"):
        if file.name == "library.html":
            continue  # for developers, who load a file of that name
        said = re.findall(r"[^\n]*Cupbearer[^\n]*", file.read_text(encoding="utf-8"))
        assert said == (
            [
                '    {% if brand.is_named and brand.credit %}<small>{{ _("Runs on Cupbearer") }}</small>{% endif %}'
            ]
            if file.name == "base.html"
            else []
        ), file.name


def test_the_policy_lets_in_a_logo_from_one_address_and_nothing_else_br_4(client: Client) -> None:
    policy = client.get("/login").headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://cdn.pangolin.example/logo.svg;" in policy
    assert policy.count("https:") == 1


@pytest.mark.parametrize(
    ("cupbearer_settings", "begins"),
    [
        ({"CUPBEARER_LOGO": "docs/pictures/their-log-in.png"}, "<svg xmlns="),
        ({"CUPBEARER_LOGO": "chalicelib/web/pages/files/icon.svg"}, "<svg xmlns="),
        ({"CUPBEARER_LOGO": ""}, "<svg xmlns="),
    ],
    indirect=["cupbearer_settings"],
    ids=["a picture", "a drawing", "a letter"],
)
def test_a_mark_of_the_app_itself_is_served_by_it_and_runs_nothing(client: Client, begins: str) -> None:
    page = client.get("/login")
    assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]
    (mark,) = re.findall(r'<img src="([^"]*icon.svg)"', page.body.decode())
    reply = client.get(mark)
    assert reply.body.decode().startswith(begins)
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert "immutable" in reply.headers["Cache-Control"]


@pytest.mark.parametrize(
    "cupbearer_settings", [{"CUPBEARER_NAME": "<script>", "CUPBEARER_LOGO": ""}], indirect=True
)
def test_a_name_is_text_wherever_it_stands_br_5(client: Client) -> None:
    page = client.get("/login").body.decode()
    assert "<script>" not in page
    (mark,) = re.findall(r'<img src="([^"]*icon.svg)"', page)
    assert ">&lt;</text>" in client.get(mark).body.decode()


def test_the_stylesheet_ends_with_the_pair_of_colours(client: Client) -> None:
    (sheet,) = re.findall(r'href="([^"]*style.css)"', client.get("/login").body.decode())
    light, dark = client.get(sheet).body.decode().splitlines()[-2:]
    assert f"--wine: {ACCENT};" in light
    assert "prefers-color-scheme: dark" in dark
    assert ACCENT not in dark


@pytest.mark.parametrize("name", ["style.css", "console.css"])
def test_a_stylesheet_is_sent_without_its_comments_and_spaces_and_with_all_else(name: str) -> None:
    written = re.sub(r"(?m)^\s*/\*.*\*/$", "", (assets.FOLDER / name).read_text(encoding="utf-8"))
    sent = bundle.sheet(written)
    assert len(sent) < 0.95 * len(written)
    assert re.findall(r'"[^"]*"', sent) == re.findall(r'"[^"]*"', written)
    bare, bare_written = (re.sub(r"\s", "", text).replace(";}", "}") for text in (sent, written))
    assert bare == bare_written


def test_a_mail_is_theirs_too(client: Client, mailbox: Mailbox) -> None:
    client.post("/users", json={"username": "ann", "password": "six warm words", "email": "ann@example.com"})
    mail = mailbox.last("ann@example.com")
    for text in (mail.text, mail.html):
        assert "cupbearer" not in text.lower().replace("cupbearer.test", "")
        assert HELP in text
    assert NAME in mail.text
    assert ACCENT in mail.html
    assert "#84263a" not in mail.html


def test_passkeys_and_authenticator_apps_are_made_for_the_name(
    cupbearer: AppUnderTest, client: Client
) -> None:
    ann = client.as_user(username="ann")
    options = ann.post("/users/me/factors/passkeys/options", json={}).json["options"]
    assert options["rp"]["name"] == NAME
    uri = ann.post("/users/me/factors/totp", json={}).json["uri"]
    assert parse_qs(urlsplit(uri).query)["issuer"] == [NAME]
    assert cupbearer.services.settings.brand.name == NAME


def test_what_one_keeps_is_named_after_it(client: Client) -> None:
    answer = client.as_user(username="ann").post("/users/me/data", json={})
    assert 'filename="pangolin-sons-data.json"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "cupbearer_settings",
    [
        {
            "CUPBEARER_TERMS_URL": "https://pangolin.example/terms",
            "CUPBEARER_PRIVACY_URL": "https://pangolin.example/privacy",
        }
    ],
    indirect=True,
)
def test_programs_are_told_the_name_and_where_terms_and_privacy_are_read(client: Client) -> None:
    """RFC 8414 section 2, RFC 9728 section 2."""
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        told = client.get(path).json
        assert told["op_tos_uri"] == "https://pangolin.example/terms"
        assert told["op_policy_uri"] == "https://pangolin.example/privacy"
    assert client.get("/.well-known/oauth-protected-resource").json["resource_name"] == NAME
    assert client.get("/openapi.json").json["info"]["title"] == NAME


def test_what_nobody_wrote_is_not_told(client: Client) -> None:
    assert not {"op_tos_uri", "op_policy_uri"} & client.get("/.well-known/openid-configuration").json.keys()
