"""The project in a directory as ``chalice local`` finds and checks it.

Chalice's own loader comes with its whole command line, prompts and all of botocore: two thirds of a start would be theirs.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from chalice import Chalice
from chalice.config import Config
from chalice.deploy.validate import validate_feature_flags, validate_routes

NEWEST_VERSION = 2.0  # of the file; Chalice takes these


def application(directory: Path, *, stage: str) -> Chalice:
    """Return what ``app.py`` makes, with the stage's variables in the environment.

    Raises ``FileNotFoundError``, ``LookupError`` or ``ValueError``, which say what is missing, and what ``app.py`` raises.
    """
    if not (directory / "app.py").is_file():
        raise FileNotFoundError(f"there is no app.py in {directory}: run this in the project's directory")
    config = Config(chalice_stage=stage, config_from_disk=_configured(directory, stage))
    os.environ.update(config.environment_variables)
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    vendored = directory / "vendor"  # a package has at its top what is in there
    if vendored.is_dir() and str(vendored) not in sys.path:
        sys.path.append(str(vendored))
    app: Chalice = importlib.import_module("app").app
    validate_feature_flags(app)
    validate_routes(app.routes)
    return app


def _configured(directory: Path, stage: str) -> dict[str, Any]:
    """Return what the project's file says; a stage that it does not have is refused: Chalice would serve it as an empty one."""
    file = directory / ".chalice" / "config.json"
    try:
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        version, stages = float(said.get("version", "1.0")), said.get("stages", {stage: {}})
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"the project's config file {file} cannot be read: {error}") from error
    if version > NEWEST_VERSION:
        raise ValueError(
            f"the project's config file {file} is of version {version}: {NEWEST_VERSION} is the newest known"
        )
    if stage not in stages:
        raise LookupError(
            f"there is no stage {stage!r} in .chalice/config.json, which has {', '.join(stages)}"
        )
    return said
