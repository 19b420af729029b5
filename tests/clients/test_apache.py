"""Apache's mod_auth_openidc, as the system has it, with the lines of docs/clients/others.md (M10)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.clients.running_programs import connects
from tests.clients.table import Teller
from tests.parts import missing
from tests.parts.ports import free_port
from tests.parts.server import Server
from tests.support import children, patience

APACHE = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
BASE = """
ServerRoot {folder}
ServerName 127.0.0.1
User www-data
Group www-data
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog {folder}/log
DocumentRoot {folder}/pages
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
OIDCInfoHook userinfo id_token access_token
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Its processes are another user's, who enters no folder of pytest's, wherever TMPDIR is."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def apache(server: Server, folder: Path) -> Iterator[str]:
    """Where it listens; its page says hello."""
    if not APACHE.exists() or not (MODULES / "mod_auth_openidc.so").exists():
        missing(
            "Apache with mod_auth_openidc", install="apt-get install apache2-bin libapache2-mod-auth-openidc"
        )
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    uris = ("--redirect-uri", f"{here}/callback", "--post-logout-redirect-uri", f"{here}/bye")
    environ = register(server, "Apache", *uris)
    (folder / "pages").mkdir()
    (folder / "pages" / "index.html").write_text("hello")
    config = folder / "apache.conf"
    config.write_text(
        BASE.format(folder=folder, port=port, modules=MODULES) + examples.examples()["apache.conf"]
    )
    command = [str(APACHE), "-D", "FOREGROUND", "-f", str(config)]
    environ |= {"HERE": here, "COOKIE_SECRET": "a secret of its own, for its cookies"}
    with (
        (folder / "errors").open("w") as errors,
        children.running(command, env=environ, stdout=errors, stderr=subprocess.STDOUT) as child,
    ):
        patience.until(lambda: connects(here) or child.poll() is not None)
        assert child.poll() is None, (folder / "errors").read_text()
        yield here


def test_apache_lets_in_who_has_logged_in(server: Server, apache: str, zoe: Person, tells: Teller) -> None:
    assert zoe.open(f"{apache}/index.html").text == "hello"
    told = json.loads(zoe.open(f"{apache}/callback?info=json").text)
    assert told["userinfo"]["preferred_username"] == "zoe"
    assert told["id_token"]["email"] == "zoe@example.com"
    zoe.open(f"{apache}/callback?refresh={apache}/index.html&access_token={told['access_token']}")
    renewed = json.loads(zoe.open(f"{apache}/callback?info=json").text)
    assert renewed["access_token"] != told["access_token"]
    zoe.username = "nobody"  # who is asked for a password again gets no further
    zoe.open(f"{apache}/callback?logout={apache}/bye")
    assert zoe.at == f"{server.url}/login"
    version = table.system("dpkg-query", "-W", "libapache2-mod-auth-openidc")
    done = "log-in, userinfo, ID token, refresh, log-out"
    tells("mod_auth_openidc", version, table.SYSTEM, done, line="`OIDCPKCEMethod S256`")
