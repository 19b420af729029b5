"""Imports that never exist (the design's section 6), and how large things have grown."""

import ast
import functools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import forge, patience
from tools import house_map

ROOT = Path(__file__).parent.parent
DEPLOYED = ("app.py", "chalicelib")
MAX_FILE, MAX_FUNCTION, MAX_ARGUMENTS = 220, 30, 6  # past these a module, a body or a signature is a defect


@dataclass(frozen=True)
class Module:
    """A module of the project and what it imports, read when it is asked for: every worker collects all tests, few run these."""

    name: str
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @functools.cached_property
    def _imports(self) -> tuple[frozenset[str], frozenset[str]]:
        tree = self.tree
        return frozenset(_imported(tree)), frozenset(_imported(tree, eager=True))

    @property
    def imports(self) -> frozenset[str]:
        """What it imports anywhere in it."""
        return self._imports[0]

    @property
    def eager(self) -> frozenset[str]:
        """What loading it imports."""
        return self._imports[1]


def modules() -> dict[str, Module]:
    files = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "cupbearer").rglob("*.py")]
    found = {}
    for path in files:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = Module(name, path)
    return found


def _imported(tree: ast.AST, *, eager: bool = False) -> Iterator[str]:
    """Yield every dotted name that could be a module; nothing that only the type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not (eager and isinstance(node, ast.FunctionDef)):
            yield from _imported(node, eager=eager)


MODULES = modules()


def is_in(name: str, home: str) -> bool:
    return name == home or name.startswith(f"{home}.")


def who_imports(*wanted: str) -> set[str]:
    return {
        module.name
        for module in MODULES.values()
        if any(is_in(name, home) for name in module.imports for home in wanted)
    }


def strays(importers: set[str], *homes: str) -> list[str]:
    return sorted(name for name in importers if not any(is_in(name, home) for home in homes))


HOMES = {
    ("chalice",): ("chalicelib.application", "chalicelib.web.routes", "chalicelib.web.guard", "cupbearer"),
    ("boto3", "botocore"): (
        "chalicelib.wiring", "chalicelib.store.dynamodb", "chalicelib.store.dynamodb_calls",
        "chalicelib.store.dynamodb_items", "chalicelib.store.dynamodb_table", "chalicelib.outbound", "cupbearer",
    ),
    ("sqlite3",): (
        "chalicelib.store.sqlite", "chalicelib.store.sqlite_file", "chalicelib.store.sqlite_identity",
        "chalicelib.store.sqlite_backup", "chalicelib.store.sqlite_statements", "chalicelib.store.sqlite_rows",
        "cupbearer.cli",
    ),
    ("passlib", "argon2", "bcrypt"): ("chalicelib.credentials.passwords",),
    ("fido2",): ("chalicelib.credentials.passkeys", "chalicelib.credentials.passkey_answers", "cupbearer"),
    ("pyotp",): ("chalicelib.credentials.totp",),
    ("segno",): ("chalicelib.credentials.qr_code",),
    ("jwt",): ("chalicelib.keys.private_keys",),
    ("jinja2",): ("chalicelib.web.pages.rendering", "chalicelib.mail.composing"),
    ("time", "secrets", "random", "uuid", "datetime"): ("chalicelib.world", "cupbearer"),
    ("os",): (
        "chalicelib.world", "chalicelib.settings.settings", "chalicelib.settings.local_master_key",
        "chalicelib.store.sqlite_file", "chalicelib.store.sqlite_identity", "chalicelib.store.sqlite_backup",
        "chalicelib.credentials.hashing_threads", "cupbearer",
    ),
    ("socket", "http.client", "urllib.request", "ssl", "smtplib"): ("chalicelib.outbound", "cupbearer"),
    ("pytest",): ("cupbearer.pytest_plugin",),
    ("click", "rich"): ("cupbearer",),
    ("cupbearer",): ("cupbearer",),
    ("app",): (),
}  # fmt: skip


@pytest.mark.parametrize("wanted", HOMES, ids=lambda wanted: wanted[0])
def test_each_library_is_imported_in_its_home_only(wanted: tuple[str, ...]) -> None:
    assert strays(who_imports(*wanted), *HOMES[wanted]) == []


BELOW = {  # what each folder may import, beside itself and what serves all: the drawing of docs/design.md
    "store": (),
    "outbox": ("store",),
    "jose": (),
    "i18n": (),
    "audit": ("i18n", "store"),
    "authorizer": (),
    "users": ("i18n", "store"),
    "keys": ("jose", "store"),
    "credentials": ("users", "keys", "audit", "i18n", "store"),
    "sessions": ("users", "outbox", "keys", "jose", "audit", "store"),
    "tokens": ("sessions", "users", "keys", "jose", "store"),
    "mail": ("outbox", "keys", "i18n", "store"),
    "outbound": ("mail", "outbox", "keys", "jose"),
    "authentication": ("tokens", "sessions", "credentials", "users", "keys", "jose", "audit", "store"),
    "accounts": (
        "authentication", "tokens", "sessions", "credentials", "users", "mail", "outbox", "keys", "jose", "audit",
        "i18n", "store",
    ),
    "oauth": (
        "tokens", "sessions", "credentials", "users", "outbox", "keys", "jose", "audit", "i18n", "store",
    ),
    "federation": (
        "accounts", "authentication", "sessions", "credentials", "users", "keys", "jose", "audit", "i18n",
        "store",
    ),
    "settings": ("tokens", "jose", "i18n"),
}  # fmt: skip
ABOVE_ALL = ("wiring", "application", "web", "api", "sample")  # the composition root and the edge
WEB = {  # the floors inside web/: the seam, then cookies, pages, and the views
    "cookies": ("",),
    "pages": ("", "cookies"),
    "oauth": ("", "cookies", "pages"),
    "resources": ("", "cookies", "pages"),
    "console": ("", "cookies", "pages"),
}


@pytest.mark.parametrize("folder", BELOW)
def test_each_folder_imports_only_what_its_place_allows(folder: str) -> None:
    found = house_map.arrows().get(folder, frozenset())
    assert sorted(found - set(BELOW[folder])) == []


def test_every_folder_has_its_place_and_none_is_above_itself() -> None:
    assert set(house_map.arrows()) - set(ABOVE_ALL) <= set(BELOW)
    graph = {folder: ends - set(ABOVE_ALL) for folder, ends in house_map.arrows().items() if folder in BELOW}
    assert [folder for folder in graph if folder in house_map.reachable(graph, folder)] == []


def test_a_sample_uses_what_a_reader_may_use() -> None:
    assert house_map.arrows()["sample"] <= {"web", "users", "i18n", "store"}


def test_wiring_knows_no_view() -> None:
    assert not {"web", "sample", "api"} & house_map.arrows()["wiring"]


def test_inside_web_cookies_pages_and_views_are_floors() -> None:
    strays = set()
    for importer, imported in house_map.imports():
        start, end = importer.split("."), imported.split(".")
        if start[0] == "web" == end[0] and start[1] in WEB:
            to = end[1] if end[1] in WEB else ""
            if to != start[1] and to not in WEB[start[1]]:
                strays.add(f"{importer} → {imported}")
    assert strays == set()


def test_of_the_web_only_oauths_own_views_know_oauth() -> None:
    """A form, a page, a cookie and a first-party route do without it."""
    importers = {name for name in who_imports("chalicelib.oauth") if is_in(name, "chalicelib.web")}
    assert strays(importers, "chalicelib.web.oauth") == []


def test_the_map_in_the_documents_is_of_this_code() -> None:
    """``make map`` draws it."""
    assert house_map.PICTURE.read_text(encoding="utf-8") == house_map.picture()


def _private_names(tree: ast.Module) -> Iterator[str]:
    """Yield names with an underscore that are imported, or reached for in what is not the code's own object."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.name.startswith("_"))
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {"self", "cls", "os"}:
            yield from [node.attr] if node.attr.startswith("_") and not node.attr.endswith("__") else []


def test_tests_use_public_names_only() -> None:
    """What is behind a name with an underscore may be written anew without a test in the way."""
    found = {
        str(path.relative_to(ROOT)): [*_private_names(ast.parse(path.read_text(encoding="utf-8")))]
        for path in (ROOT / "tests").rglob("*.py")
        if "node_modules" not in path.parts
    }
    of_others = {
        "tests/support/pattern_shapes.py": [
            "_constants",
            "_parser",
        ],  # the compiler's of the standard library
        "tests/parts/quick_ministack.py": ["_tokenize", "_condition_syntax_error"] * 2,  # the emulator's
    }
    assert {path: names for path, names in found.items() if names} == of_others


LATE = {  # who may import inside a function, and why
    "application": "samples that are off are neither loaded nor packaged",
    "wiring": "what a process does not use it does not load",
    "web": "a view loads its subject when it is first asked for: a process answers most routes without most subjects",
    "jose.key_material": "a verifier loads the one algorithm it meets",
    "keys.key_ring": "a key set is published, and keys verify, without what makes keys and signs",
    "keys.key_wrapping": "the authorizer unwraps nothing",
    "credentials": "argon2, the list of common passwords, CBOR and QR codes are for those who need them",
    "networks": "most calls spend no budget, and ipaddress is felt at a start",
    "mail.composing": "templates are for those who deliver",
    "outbound": "boto3 and http.client are for those who call out",
    "store.dynamodb": "botocore is for those who run on DynamoDB",
    "store.sqlite": "the copy of a file is for those who make one",
    "oauth.errors": "the authorizer knows refusals by name, and answers no request of a client",
    "settings": "what few settings need, few processes load",
    "urls": "the authorizer rarely judges an address",
    "value": "dataclasses is what this module saves a start",
}


def test_an_import_inside_a_function_has_a_reason() -> None:
    late = {
        name.removeprefix("chalicelib.")
        for name, module in MODULES.items()
        if is_in(name, "chalicelib") and module.imports != module.eager
    }
    assert sorted(name for name in late if not name.startswith(tuple(LATE))) == []


@functools.cache
def views() -> set[str]:
    return {
        name
        for name, module in MODULES.items()
        if is_in(name, "chalicelib.web")
        and any(
            isinstance(node, ast.Assign) and ast.unparse(node).startswith("api = Api(")
            for node in module.tree.body
        )
    }


def test_views_never_import_one_another() -> None:
    assert len(views()) >= 6
    rendering = "chalicelib.web.pages.rendering.render"  # the one way from a template to an answer
    shared = {rendering, "chalicelib.web.pages.rendering.shell_values"}
    for name in views():
        others = {other for other in MODULES[name].imports for view in views() - {name} if is_in(other, view)}
        assert others <= shared, name


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        name
        for name, module in MODULES.items()
        if is_in(name, "chalicelib") and {"os.environ", "os.getenv"} & _attributes(module.tree)
    }
    assert readers == {"chalicelib.settings.settings"}


def test_no_clock_is_read_and_no_chance_taken_outside_world() -> None:
    """Also through ``os``."""
    forbidden = {"os.urandom", "os.getrandom", "time.time", "datetime.now", "datetime.utcnow", "uuid.uuid4"}
    for name, module in MODULES.items():
        if is_in(name, "chalicelib") and name != "chalicelib.world":
            assert not forbidden & _attributes(module.tree), name


def _attributes(tree: ast.AST) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


AUTHORIZE = """
import json, sys
import app
from chalicelib.wiring import services
services().tokens.__dict__["fetch_json"] = lambda url: json.loads(sys.argv[1])
arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/api/GET/pangolins"
event = {"type": "TOKEN", "authorizationToken": "Bearer " + sys.argv[2], "methodArn": arn}
answer = app.jwt_authorizer(event, None)
print(json.dumps([answer["policyDocument"]["Statement"][0]["Effect"], sorted(sys.modules), "store" in vars(services())]))
"""
HEAVY = {
    "boto3",
    "botocore",
    "argon2",
    "passlib",
    "bcrypt",
    "jinja2",
    "sqlite3",
    "fido2",
    "pyotp",
    "segno",
    "click",
}


def test_the_authorizer_as_deployed_loads_nothing_heavy_and_asks_no_store() -> None:
    """The design's section 5.5, seen after one verified token."""
    now = int(time.time())
    claims = forge.payload(iat=now, exp=now + 300, scope="pangolins")
    environ = {
        "AWS_LAMBDA_FUNCTION_NAME": "cupbearer-jwt_authorizer",
        "CUPBEARER_STORE": "dynamodb://cupbearer",
        "CUPBEARER_MASTER_KEY": "kms:alias/cupbearer",
        "CUPBEARER_ISSUER": forge.ISSUER,
        "CUPBEARER_AUDIENCE": forge.AUDIENCE,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", AUTHORIZE, json.dumps(forge.jwks()), forge.signed(body=claims)]
    run = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=patience.SECONDS, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr
    effect, loaded, has_store = json.loads(run.stdout)
    assert effect == "Allow"
    assert not has_store
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
    subjects = ("users.users", "authentication.log_in", "credentials.passwords", "accounts", "oauth.clients")
    assert {f"chalicelib.{subject}" for subject in subjects} & set(loaded) == set()


PUBLISH = """
import json, sys
import app
path = "/.well-known/jwks.json"
context = {"httpMethod": "GET", "resourcePath": path, "path": path, "identity": {"sourceIp": "192.0.2.1"}}
event = {
    "path": path, "httpMethod": "GET", "headers": {"host": "localhost"}, "multiValueQueryStringParameters": None,
    "pathParameters": None, "stageVariables": None, "body": None, "isBase64Encoded": False, "requestContext": context,
}
answer = app.app(event, None)
print(json.dumps([answer["statusCode"], len(json.loads(answer["body"])["keys"]), sorted(sys.modules)]))
"""


def test_the_key_set_is_published_by_a_process_that_loads_neither_signatures_hashes_nor_templates(
    tmp_path: Path,
) -> None:
    """After a quiet night the authorizer waits for this answer of a new process (decision 0041)."""
    environ = {"CUPBEARER_STORE": f"sqlite:///{tmp_path / 'store.db'}", "PYTHONPATH": str(ROOT)}
    for _ in range(2):  # the first makes the keys
        run = subprocess.run(
            [sys.executable, "-c", PUBLISH],
            env=environ, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
    status, keys, loaded = json.loads(run.stdout.splitlines()[-1])
    assert (status, keys) == (200, 1)
    signing = {"jwt", "chalicelib.keys.private_keys", "cryptography.hazmat.primitives.asymmetric.rsa"}
    assert (signing | {"argon2", "passlib", "jinja2"}) & set(loaded) == set()


def lengths() -> Iterator[tuple[int, str]]:
    for name, module in MODULES.items():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                skipped = len(ast.get_docstring(node, clean=False) or "") and 1
                yield (
                    node.end_lineno - node.body[min(skipped, len(node.body) - 1)].lineno + 1,
                    f"{name}.{node.name}",
                )


def signatures() -> Iterator[tuple[int, str]]:
    for name, module in MODULES.items():
        if is_in(name, "chalicelib"):  # an option of a command is an argument too
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef):
                    taken = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                    yield sum(each.arg not in ("self", "cls") for each in taken), f"{name}.{node.name}"


def test_nothing_has_grown_past_reason() -> None:
    """The largest are printed with -s."""
    files = sorted((len(m.text.splitlines()), n) for n, m in MODULES.items())
    functions = sorted(lengths())
    for title, sizes in (("files", files), ("functions", functions)):
        median, ninetieth = sizes[len(sizes) // 2][0], sizes[len(sizes) * 9 // 10][0]
        largest = ", ".join(f"{name} {size}" for size, name in sizes[:-6:-1])
        print(f"{title}: {len(sizes)}, lines {median} median, {ninetieth} at 90 %; largest: {largest}")
    assert files[-1][0] <= MAX_FILE, files[-1]
    assert functions[-1][0] <= MAX_FUNCTION, functions[-1]
    assert max(signatures())[0] <= MAX_ARGUMENTS, max(signatures())
