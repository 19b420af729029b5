"""One package a test run, and one deployed stage for those who ask for it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupbearer.deploying import aws
from tests.deploy import emulated, packages
from tests.deploy.emulated import Place, Template
from tests.parts import missing


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the packaged template; ``deployment.zip`` stands beside it."""
    return packages.shared(tmp_path_factory)


@pytest.fixture(scope="session")
def template(package: Path) -> Template:
    content: Template = json.loads(package.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def cli() -> Path:
    """Return the folder of the AWS command line's venv."""
    if not aws.CLI.exists():
        missing("The AWS command line", install="make .venv-deploy/ready")
    return aws.CLI.parent


@pytest.fixture(scope="module")
def emulator(cli: Path) -> Iterator[str]:
    """Return an emulator of the module's own: some modules take the stage away again."""
    with emulated.running() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def place(emulator: str, package: Path) -> Place:
    """Return a deployed stage."""
    return emulated.deployed(package, say=lambda _: None)
