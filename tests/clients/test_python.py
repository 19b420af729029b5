"""Python's libraries as they come, in one process of their own: those of docs/clients/python.md and others (M10)."""

import json
from collections.abc import Iterator

import pytest

from tests.clients import examples, table
from tests.clients.conftest import sign_up
from tests.clients.judging import judges
from tests.clients.person import Person
from tests.clients.running_programs import PROGRAMS, Programs, told
from tests.clients.table import Teller
from tests.parts import missing
from tests.parts.server import Server

VENV = examples.ROOT / ".venv-clients"
SERVERS = {  # each example or program, where its library wants to be called back, and how it is registered
    "flask.py": ("/callback",),
    "fastapi.py": ("/callback",),
    "flask-oidc.py": ("/authorize", "--pkce", "optional"),
    "flask-dance.py": ("/login/cupbearer/authorized",),
    "api-fastapi.py": ("/unused",),
    "api-flask.py": ("/unused",),
}
DJANGO = {
    "allauth.py": "/accounts/oidc/cupbearer/login/callback/",
    "social.py": "/complete/oidc/",
    "mozilla.py": "/oidc/callback/",  # the last: it would redeem the others' codes
}
LIBRARIES = {"httpx-oauth": (), "oic": ("--pkce", "optional"), "idpyoidc": ()}
OF_THE_PROJECT = """
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
LOGIN_REDIRECT_URL = "/"
_backends = []
"""
HOME = """
from django.http import JsonResponse
from django.middleware.csrf import get_token

def home(request):
    return JsonResponse({"email": getattr(request.user, "email", None), "csrf": get_token(request)})

urlpatterns += [path("", home)]
"""


def version(package: str) -> str:
    return table.pypi(package, site=next(VENV.glob("lib/python*/site-packages")))


@pytest.fixture(scope="module")
def programs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    if not (VENV / "ready").exists():
        missing("the client libraries of .venv-clients", install="make parts")
    made = Programs(server, tmp_path_factory.mktemp("python"))
    for name, (called, *options) in SERVERS.items():
        made.plan(name, made.register(name, "--redirect-uri", made.place(name) + called, *options))
    _add_django(made)
    here = made.place("libraries.py")
    clients = {
        name: made.register(name, "--redirect-uri", f"{here}/{name}/callback", *options)
        for name, options in LIBRARIES.items()
    }
    made.plan("libraries.py", {"CLIENTS": json.dumps(clients)})
    with made.running(str(VENV / "bin" / "python"), str(PROGRAMS / "all.py")):
        yield made


def _add_django(made: Programs) -> None:
    """One project tries all three libraries, each as a client of its own, and is an API too."""
    parts = [OF_THE_PROJECT]
    for name, called in DJANGO.items():
        environ = made.register(name, "--redirect-uri", made.place("django_app.py") + called)
        parts += [f"import os; os.environ.update({environ!r})\n", examples.examples()[name]]
        parts += ["\n_backends += AUTHENTICATION_BACKENDS\n"]
    parts += [examples.examples()["api-settings.py"], "\nAUTHENTICATION_BACKENDS = _backends\n"]
    (made.folder / "settings.py").write_text("".join(parts), encoding="utf-8")
    urls = [examples.examples()["urls.py"], HOME, examples.examples()["api-urls.py"]]
    (made.folder / "urls.py").write_text("\n".join(urls), encoding="utf-8")
    made.plan("django_app.py", {"AUDIENCE": made.server.url})


@pytest.mark.parametrize(
    ("name", "client", "package", "line"),
    [
        ("flask.py", "Authlib for Flask", "Authlib", '`code_challenge_method="S256"`'),
        ("fastapi.py", "Authlib for FastAPI and Starlette", "Authlib", '`code_challenge_method="S256"`'),
        ("flask-oidc.py", "Flask-OIDC", "flask-oidc", ""),
    ],
)
def test_a_web_framework_knows_the_person(
    programs: Programs, zoe: Person, tells: Teller, name: str, client: str, package: str, line: str
) -> None:
    who = told(zoe, f"{programs.at[name]}/login")
    assert (who["preferred_username"], who["email"]) == ("zoe", "zoe@example.com")
    tells(client, version(package), "Python", "log-in, ID token", client_id=programs.clients[name], line=line)


def test_flask_dance_logs_in(programs: Programs, zoe: Person, tells: Teller) -> None:
    who = told(zoe, f"{programs.at['flask-dance.py']}/login/cupbearer")
    assert who["preferred_username"] == "zoe"
    tells("Flask-Dance", version("Flask-Dance"), "Python", "log-in, userinfo", line="`use_pkce=True`")


@pytest.mark.parametrize(
    ("client", "package", "path", "by_form", "line"),
    [
        (
            "mozilla-django-oidc",
            "mozilla-django-oidc",
            "/oidc/authenticate/",
            False,
            "`OIDC_USE_PKCE = True`",
        ),
        (
            "django-allauth",
            "django-allauth",
            "/accounts/oidc/cupbearer/login/",
            True,
            '`"OAUTH_PKCE_ENABLED": True`',
        ),
        (
            "Python Social Auth for Django",
            "social-auth-core",
            "/login/oidc/",
            True,
            "`SOCIAL_AUTH_OIDC_USE_PKCE = True`",
        ),
    ],
)
def test_django_makes_an_account_of_the_person(
    server: Server,
    programs: Programs,
    tells: Teller,
    client: str,
    package: str,
    path: str,
    by_form: bool,
    line: str,
) -> None:
    """Each of somebody else, since all three are in one project."""
    name = package.partition("-")[0]
    sign_up(server, name)
    person, here = Person(name), programs.at["django_app.py"]
    if by_form:
        person.send(path, {"csrfmiddlewaretoken": told(person, here)["csrf"]})
        person.open(person.at)
    else:
        person.open(here + path)
    assert told(person, here)["email"] == f"{name}@example.com"
    tells(client, version(package), "Python", "log-in, userinfo, ID token", line=line)


@pytest.mark.parametrize(
    ("name", "client", "package", "line"),
    [
        ("api-fastapi.py", "PyJWT in FastAPI", "PyJWT", ""),
        ("api-flask.py", "Authlib in a Flask API", "Authlib", ""),
        (
            "django_app.py",
            "Simple JWT for Django REST framework",
            "djangorestframework-simplejwt",
            '`"TOKEN_TYPE_CLAIM": None`',
        ),
    ],
)
def test_an_api_judges_our_tokens(
    server: Server,
    programs: Programs,
    zoe: Person,
    tells: Teller,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    client: str,
    package: str,
    line: str,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    judges(programs.at[name], server, zoe)
    tells(client, version(package), "Python", "verifies access tokens", line=line)


@pytest.mark.parametrize(
    ("name", "client", "done", "line"),
    [
        ("httpx-oauth", "httpx-oauth", "log-in, userinfo, refresh, revocation", "`code_challenge`"),
        ("oic", "pyoidc (oic)", "log-in, ID token, refresh", ""),
        ("idpyoidc", "idpy-oidc", "log-in, userinfo, ID token", '`"add_ons": {"pkce": …}`'),
    ],
)
def test_a_library_logs_in(
    programs: Programs, zoe: Person, tells: Teller, name: str, client: str, done: str, line: str
) -> None:
    who = told(zoe, f"{programs.at['libraries.py']}/{name}/login")
    assert who["email"] == "zoe@example.com"
    assert who.get("id", who["sub"]) == who["sub"]
    tells(client, version(name), "Python", done, client_id=programs.clients[name], line=line)
