"""What the documents tell is true: each block that a reader may copy is run by a test, or says here why it is not."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chalicelib.settings import settings
from cupbearer.cli import cli
from tests.cli.test_served import project, serving
from tests.parts import missing
from tests.store.places import DynamoPlace
from tests.support import patience
from tests.support.command_line import environment
from tests.support.documents import ROOT, block, blocks, files

__all__ = ["project"]

HERE = "tests/test_documents.py"
OPERATIONS = "tests/deploy/test_operations.py"
PLUGIN = "tests/plugin/test_example.py"
AGENTS = "tests/clients/test_agents.py"
RESOURCES = "tests/clients/test_resources.py"
NODE, PYTHON = "tests/clients/test_node.py", "tests/clients/test_python.py"
SERVERS, PROGRAMS = "tests/clients/test_servers.py", "tests/clients/test_programs.py"
APIS = ("api-fastapi", "api-flask", "api-settings", "api-urls")
MOBILE, MOBILE_BLOCKS = (
    "tests/clients/test_mobile.py",
    ("mobile.sh", "Session.swift", "manifest.xml", "LogIn.kt"),
)
PYTHON_BLOCKS = ("flask", "fastapi", "mozilla", "allauth", "social", "urls")

RUN_BY = {
    "docs/clients.md#clients-that-describe-themselves-1": "tests/oauth/test_clients_that_describe_themselves.py",
    "README.md#the-first-guarded-call-1": HERE,
    "README.md#the-first-guarded-call-2": HERE,
    "README.md#a-route-of-your-own-1": PLUGIN,
    "README.md#a-route-of-your-own-2": PLUGIN,
    "README.md#a-route-of-your-own-3": PLUGIN,
    "docs/agents.md#try.sh": AGENTS,
    "docs/agents.md#mcp.json": AGENTS,
    "docs/agents.md#register.sh": AGENTS,
    "docs/agents.md#agent.sh": AGENTS,
    "docs/clients.md#registering-a-client-1": HERE,
    "docs/clients.md#app.js": "tests/clients/test_browser_app.py",
    "docs/clients.md#backchannel.mjs": "tests/clients/test_backchannel.py",
    "docs/clients.md#dpop.mjs": "tests/clients/test_dpop.py",
    "docs/clients.md#server.mjs": SERVERS,
    "docs/clients.md#server.py": SERVERS,
    "docs/clients.md#device.py": PROGRAMS,
    **{f"docs/clients/python.md#{name}.py": PYTHON for name in PYTHON_BLOCKS},
    **{f"docs/clients/apis.md#{name}.py": PYTHON for name in APIS},
    "docs/clients/apis.md#api-express.mjs": NODE,
    "docs/clients/others.md#apache.conf": "tests/clients/test_apache.py",
    **{f"docs/clients/mobile.md#{name}": MOBILE for name in MOBILE_BLOCKS},
    "docs/clients/node.md#auth.mjs": NODE,
    "docs/clients/node.md#express.mjs": NODE,
    "docs/clients/node.md#passport.mjs": NODE,
    "docs/clients.md#machine.sh": PROGRAMS,
    "docs/clients.md#verify-aws.mjs": PROGRAMS,
    "docs/clients.md#verify-jsonwebtoken.mjs": PROGRAMS,
    "docs/clients.md#verify-jose.mjs": PROGRAMS,
    "docs/clients.md#verify.py": PROGRAMS,
    "docs/operations.md#plain-chalice-deploy-for-a-stage-to-throw-away-1": HERE,
    "docs/operations.md#back-up-and-restore-a-sqlite-store-1": HERE,
    "docs/operations.md#back-up-and-restore-a-sqlite-store-2": HERE,
    "docs/operations.md#move-people-in-1": HERE,
    "docs/operations.md#dashboard-1": OPERATIONS,
    "docs/operations.md#reading-logs-1": OPERATIONS,
    "docs/operations.md#bots-in-front-of-sign-up-1": OPERATIONS,
    "docs/operations.md#bots-in-front-of-sign-up-2": OPERATIONS,
    "docs/page.md#on-a-static-host-1": HERE,
    "docs/providers.md#log-in-with-google-or-any-openid-provider-1": HERE,
    "docs/resources.md#orders.sh": RESOURCES,
    "docs/resources.md#orders.py": RESOURCES,
    "docs/resources.md#call.sh": RESOURCES,
    "docs/settings.md#trusted-issuers-1": HERE,
    "docs/testing.md#a-route-and-its-tests-1": PLUGIN,
    "docs/testing.md#a-route-and-its-tests-2": PLUGIN,
    "docs/testing.md#a-route-and-its-tests-3": PLUGIN,
    "docs/testing.md#what-there-is-1": PLUGIN,
    "docs/testing.md#what-there-is-2": PLUGIN,
    "docs/testing.md#what-there-is-3": PLUGIN,
}
SPA, SPAS = "tests/clients/test_spa_examples.py", ("html", "react", "vue")
SPA_TITLES = {
    "html": "log-in-for-a-plain-page",
    "react": "log-in-for-a-react-app",
    "vue": "log-in-for-a-vue-app",
}
LIBRARY = "tests/library/test_examples.py"
RUN_BY |= {
    "README.md#log-in-for-your-front-end-1": LIBRARY,
    "docs/library.md#elements.html": "tests/pages/test_elements.py",
    **{f"examples/{kind}/README.md#{part}-{kind}.sh": SPA for kind in SPAS for part in ("client", "page")},
    "docs/library.md#the-browser-library-1": LIBRARY,
    "docs/library.md#the-browser-library-2": LIBRARY,
}
NEEDS_AWS = "needs an AWS account; tests/deploy walks through the same on an emulator"
UNTRIED = "the stack does not run where the tests do, and the page says so"
NOT_RUN = {
    **{
        f"examples/{kind}/README.md#{title}-1": "starts the service as the tests do"
        for kind, title in SPA_TITLES.items()
    },
    "README.md#two-commands-1": "sets up and runs this very suite",
    "README.md#deploy-1": NEEDS_AWS,
    "docs/operations.md#mail-1": NEEDS_AWS,
    "docs/operations.md#under-your-own-name-1": NEEDS_AWS,
    "docs/operations.md#accounts-that-are-deleted-1": NEEDS_AWS,
    "docs/operations.md#find-and-change-accounts-1": NEEDS_AWS,
    "docs/clients.md#log-out-1": "tests/cli/test_log_outs.py gives a client its URI",
    "docs/operations.md#clients-that-are-told-of-log-outs-1": NEEDS_AWS,
    "docs/operations.md#clients-that-register-themselves-1": NEEDS_AWS,
    "docs/clients/others.md#spring-boot-1": UNTRIED,
    "docs/clients/others.md#asp-net-core-1": UNTRIED,
    "docs/clients/others.md#go-go-oidc-x-oauth2-1": UNTRIED,
    "docs/clients/others.md#api-gateway-jwt-authorizers-of-http-apis-1": NEEDS_AWS,
    "docs/operations.md#mail-2": NEEDS_AWS,
    "docs/operations.md#mail-3": NEEDS_AWS,
    "README.md#deploy-2": NEEDS_AWS,
    "docs/bench.md#bench-how-fast-how-many-requests-how-it-grows-1": "takes minutes; tests/bench/test_bench.py runs its rows",
    "docs/decisions/0020-key-ring.md#0020-one-record-of-signing-keys-rotated-by-the-clock-1": "a drawing",
    "docs/operations.md#deploy-1": NEEDS_AWS,
    "docs/operations.md#restore-a-dynamodb-table-from-a-backup-1": NEEDS_AWS,
    "docs/operations.md#restore-a-dynamodb-table-from-a-backup-2": NEEDS_AWS,
    "docs/page.md#on-a-static-host-2": "headers that another server should send",
    "docs/library.md#which-mode-1": "tests/library/sites.py registers its application so",
    "docs/library.md#under-a-strict-policy-1": "the policy of tests/library/sites.py",
    "docs/library.md#under-a-strict-policy-2": "one download",
    "docs/library.md#under-a-strict-policy-3": "TypeScript is no part of the tests",
    "examples/other-api/README.md#guarding-another-api-1": NEEDS_AWS,
}


def test_every_block_is_run_by_a_test_or_says_why_it_is_not() -> None:
    """A new block fails here until it has its line."""
    assert RUN_BY.keys() & NOT_RUN.keys() == set()
    assert {*RUN_BY, *NOT_RUN} == blocks().keys()


@pytest.mark.parametrize("name", RUN_BY)
def test_the_test_that_runs_a_block_names_it(name: str) -> None:
    text = (ROOT / RUN_BY[name]).read_text(encoding="utf-8")
    named = f'("{name}")' in text or f'"{name.rpartition("#")[2]}"' in text
    assert named, RUN_BY[name]


def run(text: str, folder: Path, **env: str) -> str:
    """Run a block in a shell where the command line is found, as in a clone; return what it printed."""
    venv = Path(sys.executable).parent.parent
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(venv)
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", text], cwd=folder, env=environment(PATH=path, **env), timeout=patience.SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_guarded_call_answers_as_the_readme_says(project: Path) -> None:
    """As it stands there, but for port and scratch file; the command line finds the server by itself."""
    text = block("README.md#the-first-guarded-call-1") + block("README.md#the-first-guarded-call-2")
    wanted = re.findall(r"^curl .*# (\d{3})\b", text, re.MULTILINE)
    asked = re.sub(
        r"^curl -s (.*# \d{3}\b)",
        r"curl -s -o /dev/null -w '\\nstatus %{http_code}\\n' \1",
        text,
        flags=re.MULTILINE,
    )
    if subprocess.run(["sh", "-c", "command -v curl python3"], capture_output=True, check=False).returncode:
        missing("curl", install="apt-get install curl")
    with serving(project) as server:
        asked = asked.replace("localhost:8000", f"localhost:{server.port}").replace("/tmp/tokens", "tokens")  # noqa: S108
        answered = run(asked, project)
    assert re.findall(r"^status (\d+)$", answered, re.MULTILINE) == wanted == ["200", "200", "403", "200"]


def test_clients_are_registered_as_the_page_says(tmp_path: Path) -> None:
    answered = run(block("docs/clients.md#registering-a-client-1"), tmp_path)
    assert (answered.count("client_id"), answered.count("client_secret")) == (4, 2)


def test_the_table_of_a_plain_deployment_is_made_as_the_page_says(
    tmp_path: Path, dynamodb: DynamoPlace
) -> None:
    key, secret = dynamodb.credentials or ("x", "x")
    text = block("docs/operations.md#plain-chalice-deploy-for-a-stage-to-throw-away-1")
    table = f"{dynamodb.table}-try"
    answered = run(
        text.replace("cupbearer-try", table), tmp_path, AWS_ENDPOINT_URL=dynamodb.endpoint,
        AWS_DEFAULT_REGION=dynamodb.region, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret,
    )  # fmt: skip
    assert f"The table {table} is ready." in answered
    dynamodb.client().delete_table(TableName=table)


def test_a_sqlite_store_is_backed_up_and_restored_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()

    def shown(text: str) -> str:
        return text.replace("/mnt/backups", f"{tmp_path}/backups")

    run("cupbearer demo", tmp_path)
    assert "examined and whole" in run(
        shown(block("docs/operations.md#back-up-and-restore-a-sqlite-store-1")), tmp_path
    )
    run("cupbearer users delete AzureDiamond --yes", tmp_path)
    answered = run(shown(block("docs/operations.md#back-up-and-restore-a-sqlite-store-2")), tmp_path)
    assert "The refresh ring has a new key" in answered
    users = json.loads(run("cupbearer users list --json", tmp_path))["users"]
    assert {user["username"] for user in users} == {"Cthon98", "AzureDiamond"}


def test_people_are_moved_in_as_the_page_says(tmp_path: Path) -> None:
    answered = run(block("docs/operations.md#move-people-in-1"), tmp_path)
    assert "2 users would be imported, 0 there already, 0 failed." in answered
    assert "2 users imported, 0 there already, 0 failed." in answered


def test_the_page_for_a_static_host_is_written_as_the_page_says(tmp_path: Path) -> None:
    recipe = '@$(BIN)/python -m cupbearer.static_page "$(ORIGIN)" out/page'
    assert recipe in (ROOT / "Makefile").read_text(encoding="utf-8")
    text = block("docs/page.md#on-a-static-host-1")
    command = re.sub(r"make page ORIGIN=(\S+)", r"python -m cupbearer.static_page \1 out/page", text)
    assert "Serve it at https://app.example.com/" in run(command, tmp_path)
    assert (tmp_path / "out" / "page" / "index.html").is_file()


def test_the_settings_that_the_pages_show_are_taken(tmp_path: Path) -> None:
    issuers = settings.parse({"CUPBEARER_TRUSTED_ISSUERS": block("docs/settings.md#trusted-issuers-1")})
    assert len(issuers.trusted_issuers) == 3
    shown = block("docs/providers.md#log-in-with-google-or-any-openid-provider-1")
    answered = run(shown + "python -c 'import json, os; print(json.dumps(dict(os.environ)))'", tmp_path)
    given = {name: text for name, text in json.loads(answered).items() if name.startswith("CUPBEARER_")}
    assert [provider.name for provider in settings.parse(given).providers] == ["google"]


def code() -> list[tuple[str, str]]:
    """Return every piece of code of the documents, a line each, with its file."""
    found = []
    for path in files():
        if path.parent.name == "decisions":
            continue  # they are dated: what they name may be gone, or yet to come
        text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="utf-8"))
        spans = re.findall(r"`([^`\n]+)`", text) + re.findall(
            r"^ *```[^\n`]*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE
        )
        found += [(path.name, line) for span in spans for line in span.splitlines()]
    return found


def test_every_make_target_that_the_documents_tell_is_there() -> None:
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name, line in code():
        for answered in re.findall(r"^(?:\w+=\S+ )*make ([a-z][\w-]*)", line):
            assert answered in targets, (name, line)


def test_every_command_that_the_documents_tell_is_there_with_its_options() -> None:
    answered = [
        (name, found[1])
        for name, line in code()
        if (found := re.search(r"(?:^|[ /])cupbearer( [^|<>&;#(]+)", line))
    ]
    assert len(answered) > 15
    for name, words in answered:
        _walk(shlex.split(words.replace("…", "x"), posix=True), name)


def _walk(words: list[str], where: str) -> None:
    """Follow words down the tree of commands; demand that each command and each option is there."""
    command: click.Command = cli
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-") and word != "-":
            option = next((p for p in command.params if word in p.opts), None)
            assert option is not None, (where, words, word)
            takes_value = isinstance(option, click.Option) and not option.is_flag
        elif isinstance(command, click.Group):
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                return  # a list of commands in prose
            found = command.get_command(click.Context(command), word)
            assert found is not None, (where, words, word)
            command = found


def test_the_readme_shows_six_pictures_of_pages_and_none_is_heavy() -> None:
    shown = re.findall(
        r"!\[[^\]]+\]\((docs/pictures/[\w-]+\.png)\)", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert len(set(shown)) == len(shown) == 6
    assert [name for name in shown if (ROOT / name).stat().st_size > 50_000] == []
