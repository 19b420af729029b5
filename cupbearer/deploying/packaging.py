"""The package: what Lambda gets, made by ``chalice package`` from a clean copy of what ships and the target's libraries."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.authorizer import compiled_table
from chalicelib.web.pages import assets
from cupbearer.deploying import CannotDeploy, compiled, examined, libraries, pruned, runtimes, template
from cupbearer.deploying.runtimes import Target

ROOT = template.ROOT
SHIPPED = ("app.py", "requirements.txt", "chalicelib")
SAMPLE, FILES = Path("chalicelib/sample"), Path("chalicelib/web/pages/files")
NOTICES = ("LICENSE", "NOTICE")  # Chalice ships nothing of the root but app.py; vendor/ is unpacked there


def stages() -> Mapping[str, Any]:
    """Return the stages that ``.chalice/config.json`` knows."""
    found: Mapping[str, Any] = _config()["stages"]
    return found


def _config() -> dict[str, Any]:
    config: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return config


def demand_stage(stage: str) -> None:
    """Raise CannotDeploy unless there is such a stage."""
    if stage not in stages():
        known = ", ".join(sorted(stages()))
        raise CannotDeploy(f"There is no stage {stage!r} in .chalice/config.json; it has {known}.")


def target(stage: str, *, python: str | None, architecture: str | None) -> Target:
    """Return what a stage is packaged for: the newest Python, and the processor of ``.chalice/config.json``, or others."""
    config = _config()
    chosen = config["stages"][stage].get("lambda_architecture", config.get("lambda_architecture", "x86_64"))
    return Target(python or runtimes.PYTHONS[0], architecture or chosen)


def package(stage: str, *, region: str, out: Path, target: Target, with_samples: bool = True) -> Path:
    """Package a stage into ``out``; return the path of the template, beside ``deployment.zip``.

    Raises CannotDeploy, in pip's or Chalice's own words where it is theirs.
    """
    source = out / "source"
    config = copy(source, stage, target.architecture, with_samples=with_samples)
    unpacked = libraries.install(source / "requirements.txt", target, out / "libraries")
    _give_libraries(source, unpacked)
    environment = config.get("environment_variables", {}) | config["stages"][stage].get(
        "environment_variables", {}
    )
    template.write(out / "merge.json", environment)
    command = ["-m", "chalice.cli", "--project-dir", str(source), "package", "--stage", stage]
    command += ["--merge-template", str(out / "merge.json"), str(out)]
    clean = _clean_environment(source)
    compile_table(source)
    run = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())", *command[2:]],
        env=clean | {"AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise CannotDeploy(f"chalice package failed: {_last_lines(run.stdout + run.stderr)}")
    template.set_runtime(out / "sam.json", target.runtime)
    finish(out / "deployment.zip", target, unpacked)
    return out / "sam.json"


def _give_libraries(source: Path, unpacked: Path) -> None:
    """Put them where Chalice packs them as they are, below what is in ``vendor/``, and leave its pip nothing to do."""
    shutil.copytree(source / "vendor", source / "own")
    shutil.copytree(unpacked, source / "vendor", dirs_exist_ok=True)
    shutil.copytree(source / "own", source / "vendor", dirs_exist_ok=True)
    shutil.rmtree(source / "own")
    (source / "requirements.txt").write_text("", encoding="utf-8")


def finish(archive: Path, target: Target, unpacked: Path) -> None:
    """Compile what a package holds, where the target's interpreter is here, prune it and look into it."""
    interpreter = runtimes.interpreter(target.python)
    if interpreter is not None:
        compiled.add_bytecode(archive, interpreter, is_kept=partial(pruned.is_kept, bytecode=True))
    pruned.prune(archive, bytecode=interpreter is not None)
    examined.examine(archive, target, unpacked)


def compile_table(source: Path) -> None:
    """Write the table of routes of a copied program beside it, for its authorizer. Raises CannotDeploy."""
    code = "import app; from chalicelib.authorizer import compiled_table; print(compiled_table.text_of(app.TABLE), end='')"
    run = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-B", "-c", code],
        env=_clean_environment(source) | {"PYTHONPATH": str(source)},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise CannotDeploy(f"the app does not start: {_last_lines(run.stderr)}")
    (source / "chalicelib" / "authorizer" / compiled_table.NAME).write_text(run.stdout, encoding="utf-8")


def _clean_environment(source: Path) -> dict[str, str]:
    """Return the environment without our settings, but for whether a copied program has the samples."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_")}
    return others | {"CUPBEARER_SAMPLES": "on" if (source / SAMPLE).is_dir() else "off"}


def copy(source: Path, stage: str, architecture: str | None, *, with_samples: bool = True) -> dict[str, Any]:
    """Copy what ships, without caches; Chalice's own cache of packages is kept for the next run."""
    source.mkdir(parents=True, exist_ok=True)
    for name in SHIPPED:
        _replace(ROOT / name, source / name)
    if not with_samples:
        shutil.rmtree(source / SAMPLE)
        for name in (assets.BOARD_PAGE, *assets.BOARD_FILES):
            (source / FILES / name).unlink()
    shutil.rmtree(source / "vendor", ignore_errors=True)
    if (ROOT / "vendor").is_dir():
        _replace(ROOT / "vendor", source / "vendor")
    for name in NOTICES:
        (source / "vendor").mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, source / "vendor" / name)
    config = _config()
    if architecture is not None:
        config["lambda_architecture"] = architecture
        config["stages"][stage].pop("lambda_architecture", None)
    (source / ".chalice").mkdir(exist_ok=True)
    (source / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for policy in (ROOT / ".chalice").glob("policy-*.json"):
        shutil.copyfile(policy, source / ".chalice" / policy.name)
    return config


def _replace(what: Path, to: Path) -> None:
    if not what.is_dir():
        shutil.copyfile(what, to)
        return
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(
        what, to, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".DS_Store", compiled_table.NAME)
    )


def _last_lines(text: str) -> str:
    return " ".join(text.strip().splitlines()[-3:]) or "it said nothing"
