"""The libraries of the package, as wheels for its Python and its processor, whatever runs here.

Chalice takes the wheels of the interpreter that runs it, so only that one's package could be made; and it asks for a wheel
anew by name and version alone. Here pip picks once, of what is pinned, by the tags of the target.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from cupbearer.deploying import CannotDeploy
from cupbearer.deploying.runtimes import Target

NOT_LIBRARIES = ("bin", "share")  # commands and manual pages


def install(requirements: Path, target: Target, kept: Path) -> Path:
    """Return a folder with what the requirements name, unpacked; ``kept`` holds those of earlier runs.

    Raises CannotDeploy where an index has no wheel for the target, or does not answer.
    """
    folder, wanted = kept / f"{target.abi}-{target.machine}", requirements.read_text(encoding="utf-8")
    done = folder.with_suffix(".txt")
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    done.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Every library is pinned, those of libraries too: what is not in the list is not wanted.
    command += ["--no-deps", "--no-compile", "--only-binary", ":all:", "--target", str(folder)]
    command += ["--implementation", "cp", "--python-version", target.python, "--abi", target.abi]
    for name in target.platforms():
        command += ["--platform", name]
    run = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [*command, "--requirement", str(requirements)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise CannotDeploy(f"The libraries for {target.runtime} on {target.architecture} are not to be had: "
                           f"{_reason(run.stderr)}")  # fmt: skip
    for name in NOT_LIBRARIES:
        shutil.rmtree(folder / name, ignore_errors=True)
    done.write_text(wanted, encoding="utf-8")
    return folder


def _reason(text: str) -> str:
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    return errors[-1] if errors else "pip did not say why"
