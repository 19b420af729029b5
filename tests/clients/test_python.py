"""Python's libraries as they come, in one process of their own: those of docs/clients/python.md and others (M10)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register, sign_up
from tests.clients.judging import judges
from tests.clients.person import Person
from tests.clients.table import Teller
from tests.parts import missing
from tests.parts.ports import free_port
from tests.parts.server import Server

PROGRAMS = Path(__file__).parent / "programs"
VENV = examples.ROOT / ".venv-clients"
SECRET = "a secret of the program's own, for its cookies"
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
def address(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Where each program of the one running process is."""
    if not (VENV / "ready").exists():
        missing("the client libraries of .venv-clients", install="make parts")
    folder = tmp_path_factory.mktemp("python")
    at = {name: f"http://127.0.0.1:{free_port()}" for name in (*SERVERS, "django_app.py", "libraries.py")}
    planned = []

    def plan(name: str, environ: dict[str, str]) -> None:
        examples_text = examples.examples().get(name)
        (folder / f"run-{name}").write_text(examples_text or (PROGRAMS / name).read_text())
        environ |= {"PORT": at[name].rpartition(":")[2], "COOKIE_SECRET": SECRET}
        planned.append({"path": f"run-{name}", "environ": environ})

    for name, (called, *options) in SERVERS.items():
        plan(name, register(server, name, "--redirect-uri", at[name] + called, *options))
    _django(server, folder, at["django_app.py"])
    plan("django_app.py", {"ISSUER": server.url})
    clients = {
        name: register(server, name, "--redirect-uri", f"{at['libraries.py']}/{name}/callback", *options)
        for name, options in LIBRARIES.items()
    }
    plan("libraries.py", {"ISSUER": server.url, "CLIENTS": json.dumps(clients)})
    (folder / "planned.json").write_text(json.dumps(planned))
    command = [str(VENV / "bin" / "python"), str(PROGRAMS / "all.py"), "planned.json"]
    with examples.many_running(command, folder, [int(url.rpartition(":")[2]) for url in at.values()]):
        yield at.__getitem__


def _django(server: Server, folder: Path, here: str) -> None:
    """Write what one project gets that tries all three libraries, each as a client of its own."""
    parts = [OF_THE_PROJECT]
    for name, called in DJANGO.items():
        environ = register(server, name, "--redirect-uri", here + called)
        parts += [f"import os; os.environ.update({environ!r})\n", examples.examples()[name]]
        parts += ["\n_backends += AUTHENTICATION_BACKENDS\n"]
    parts += [f"os.environ['AUDIENCE'] = {server.url!r}\n", examples.examples()["api-settings.py"]]
    (folder / "settings.py").write_text("".join([*parts, "\nAUTHENTICATION_BACKENDS = _backends\n"]))
    urls = [examples.examples()["urls.py"], HOME, examples.examples()["api-urls.py"]]
    (folder / "urls.py").write_text("\n".join(urls))


def told(person: Person, url: str) -> Any:
    reply = person.open(url)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)


@pytest.mark.parametrize(
    ("name", "client", "package", "line"),
    [
        ("flask.py", "Authlib for Flask", "Authlib", '`code_challenge_method="S256"`'),
        ("fastapi.py", "Authlib for FastAPI and Starlette", "Authlib", '`code_challenge_method="S256"`'),
        ("flask-oidc.py", "Flask-OIDC", "flask-oidc", "`--pkce optional`"),
    ],
)
def test_a_web_framework_knows_the_person(
    address: Callable[[str], str], zoe: Person, tells: Teller, name: str, client: str, package: str, line: str
) -> None:
    who = told(zoe, f"{address(name)}/login")
    assert (who["preferred_username"], who["email"]) == ("zoe", "zoe@example.com")
    tells(client, version(package), "Python", "log-in, ID token", line=line)


def test_flask_dance_logs_in(address: Callable[[str], str], zoe: Person, tells: Teller) -> None:
    who = told(zoe, f"{address('flask-dance.py')}/login/cupbearer")
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
    address: Callable[[str], str],
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
    person, here = Person(name), address("django_app.py")
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
    address: Callable[[str], str],
    zoe: Person,
    tells: Teller,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    client: str,
    package: str,
    line: str,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    judges(address(name), server, zoe)
    tells(client, version(package), "Python", "verifies access tokens", line=line)


@pytest.mark.parametrize(
    ("name", "client", "done", "line"),
    [
        ("httpx-oauth", "httpx-oauth", "log-in, userinfo, refresh, revocation", "`code_challenge`"),
        ("oic", "pyoidc (oic)", "log-in, ID token, refresh", "`--pkce optional`"),
        ("idpyoidc", "idpy-oidc", "log-in, userinfo, ID token", '`"add_ons": {"pkce": …}`'),
    ],
)
def test_a_library_logs_in(
    address: Callable[[str], str], zoe: Person, tells: Teller, name: str, client: str, done: str, line: str
) -> None:
    who = told(zoe, f"{address('libraries.py')}/{name}/login")
    assert who["email"] == "zoe@example.com"
    assert who.get("id", who["sub"]) == who["sub"]
    tells(client, version(name), "Python", done, line=line)
