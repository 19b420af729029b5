"""BR-10: where the samples are off, they are in no route, policy, scope, description or package."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import parse
from chalicelib.web.pages import assets
from cupbearer import static_page
from cupbearer.deploying import CannotDeploy, packaging, samples
from cupbearer.testing import AppUnderTest
from tests.settings.test_settings import PRODUCTION

ROUTES = {"/cats", "/pangolins", "/profile", "/messages"}
LOOK = """
import json, sys
import app
from chalicelib.authorizer import compiled_table
from chalicelib.web import openapi, scope_descriptions
def answer(path):
    context = {"httpMethod": "GET", "resourcePath": path, "path": path, "identity": {"sourceIp": "192.0.2.1"}}
    event = {"path": path, "httpMethod": "GET", "headers": {}, "multiValueQueryStringParameters": None,
             "pathParameters": {}, "stageVariables": None, "body": None, "isBase64Encoded": False, "requestContext": context}
    given = app.app(event, None)
    return [given["statusCode"], given["headers"].get("Location"), "board" in given["body"]]
print(json.dumps({
    "routes": sorted({route.path for route in app.TABLE}),
    "mounted": sorted(app.app.routes),
    "policy": sorted(app.TABLE.scopes),
    "scopes": sorted(scope_descriptions.ROUTE_SCOPES),
    "described": json.dumps(openapi.description(issuer=app.SETTINGS.issuer)),
    "loaded": sorted(name for name in sys.modules if name.startswith("chalicelib.sample")),
    "compiled": compiled_table.text_of(app.TABLE),
    "default": sorted(app.SETTINGS.default_scopes),
    "front": answer("/"), "account": answer("/account"),
}))
"""


def looked(source: Path, **variables: str) -> dict[str, Any]:
    """What a fresh process finds of the program in a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_")}
    run = subprocess.run(
        [sys.executable, "-B", "-c", LOOK],
        cwd=source,
        env=clean | variables | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as it is packaged without samples."""
    folder = tmp_path_factory.mktemp("package")
    packaging.copy(folder, "dev", None, with_samples=False)
    packaging.compile_table(folder)
    return folder


@pytest.fixture(scope="module")
def without(packaged: Path) -> dict[str, Any]:
    return looked(packaged, CUPBEARER_SAMPLES="off", CUPBEARER_STORE=f"sqlite:///{packaged}/store.db")


def test_they_are_on_on_a_laptop_and_off_in_production() -> None:
    assert parse({}).samples
    assert parse({}).default_scopes == {"get:profile"}
    assert not parse(PRODUCTION).samples
    assert parse(PRODUCTION).default_scopes == frozenset()
    assert parse(PRODUCTION | {"CUPBEARER_SAMPLES": "on"}).samples


def test_off_they_are_in_no_route_policy_scope_or_description(without: dict[str, Any]) -> None:
    assert ROUTES & {*without["routes"], *without["mounted"]} == set()
    assert not [path for path in without["mounted"] if path.endswith(tuple(assets.BOARD_FILES))]
    assert {"pangolins", "get:profile"} & {
        *without["policy"],
        *without["scopes"],
        *without["default"],
    } == set()
    assert not any(word in without["described"] for word in (*ROUTES, "Pangolins", "get:profile"))
    assert without["loaded"] == []


def test_off_in_the_project_itself_they_are_as_little_there() -> None:
    found = looked(packaging.ROOT, CUPBEARER_SAMPLES="off", CUPBEARER_STORE="sqlite:////nowhere/store.db")
    assert ROUTES & {*found["routes"], *found["mounted"]} == set()
    assert found["loaded"] == []


def test_off_the_front_is_the_account(without: dict[str, Any]) -> None:
    assert without["front"] == [302, "http://localhost:8000/account", False]
    assert without["account"] == [200, None, False]


def test_the_package_has_no_file_of_theirs_and_its_compiled_table_none_of_their_routes(
    packaged: Path, without: dict[str, Any]
) -> None:
    names = {path.name for path in packaged.rglob("*")}
    assert names & {assets.BOARD_PAGE, *assets.BOARD_FILES} == set()
    assert not (packaged / "chalicelib" / "sample").exists()
    compiled = (packaged / "chalicelib" / "authorizer" / "compiled_table.json").read_text()
    assert compiled == without["compiled"]


def test_a_package_without_them_says_how_to_bring_them_back(packaged: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-B", "-c", "import app"],
        cwd=packaged,
        env={"PYTHONPATH": str(packaged), "CUPBEARER_SAMPLES": "on"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'make deploy SET="Samples=on"' in run.stderr.splitlines()[-1]


def test_the_board_is_no_front_without_them() -> None:
    with pytest.raises(SettingsError, match="CUPBEARER_FRONT is board, which is one of the samples"):
        parse({"CUPBEARER_SAMPLES": "off", "CUPBEARER_FRONT": "board"})


def test_a_test_of_an_app_cannot_choose_what_its_process_serves(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="set it in the environment that pytest starts in"):
        AppUnderTest(packaging.ROOT, tmp_path, {"CUPBEARER_SAMPLES": "off"})


def test_the_page_for_a_static_host_is_the_account_alone(tmp_path: Path) -> None:
    chosen = parse({"CUPBEARER_SAMPLES": "off"})
    static_page.write(chosen, origin="http://localhost:8000", folder=tmp_path / "page")
    written = {path.name for path in (tmp_path / "page").rglob("*.*")}
    assert written & assets.BOARD_FILES == set()
    front, account = (tmp_path / "page" / name for name in ("index.html", "account/index.html"))
    assert front.read_text() == account.read_text()
    assert ">Board</a>" not in front.read_text()


class TestAStage:
    @pytest.mark.parametrize(
        ("chosen", "kept", "development", "settled"),
        [
            ({}, None, True, "on"),
            ({}, None, False, "off"),
            ({}, {"Samples": "on"}, False, "on"),
            ({}, {"Samples": "off"}, True, "off"),
            ({"Samples": "off"}, {"Samples": "on"}, True, "off"),
        ],
    )
    def test_has_them_as_said_as_before_or_where_one_develops(
        self, chosen: dict[str, str], kept: dict[str, str] | None, *, development: bool, settled: str
    ) -> None:
        found = samples.settled(chosen, kept, development=development, say=pytest.fail)
        assert found == {**chosen, "Samples": settled}

    def test_that_had_them_before_is_told_what_it_loses_and_how_to_keep_it(self) -> None:
        said: list[str] = []
        samples.settled({}, {"Front": ""}, development=False, say=said.append)
        assert 'SET="Samples=on" brings all of it back' in said[0]

    @pytest.mark.parametrize(
        ("chosen", "kept"), [({}, {"Front": "board"}), ({"Front": "board", "Samples": "off"}, None)]
    )
    def test_that_shows_the_board_does_not_lose_it_unasked(
        self, chosen: dict[str, str], kept: dict[str, str] | None
    ) -> None:
        with pytest.raises(CannotDeploy, match=r"Samples=on.* or .*Front=account"):
            samples.settled(chosen, kept, development=False, say=pytest.fail)

    def test_knows_only_on_and_off(self) -> None:
        with pytest.raises(CannotDeploy, match="must be on or off"):
            samples.settled({"Samples": "yes"}, None, development=False, say=pytest.fail)
