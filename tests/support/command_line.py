"""A terminal to work at: the command line over a real store, and the service's own subjects beside it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.settings import settings
from chalicelib.users.user import User
from chalicelib.wiring import Services, using
from chalicelib.world import World
from cupbearer.cli import cli
from tests.support import patience

ROOT = Path(__file__).parents[2]
SOURCE = Source(ip="192.0.2.7", user_agent="a test")
PHRASE = "a phrase of some length"

# What no command may ever print: hashes, wrapped keys, refresh tokens, compact tokens. One in six thousand secrets that may
# be printed once has the letters eyJ in it; none has them and then a dot.
SECRET = re.compile(rf"\$argon2|\$2b\$|mk1\.|cbr_|cba_|eyJ[\w-]*\.|{PHRASE}")


@dataclass(frozen=True)
class CommandLine:
    """One store, and commands on it in this process."""

    services: Services
    directory: Path

    @classmethod
    def at(cls, directory: Path, world: World, **variables: str) -> "CommandLine":
        environ = {
            "CUPBEARER_STORE": f"sqlite:///{directory}/cupbearer.db",
            "CUPBEARER_SIGNING_ALG": "EdDSA",
            **{f"CUPBEARER_{name}": value for name, value in variables.items()},
        }
        return cls(Services(settings.parse(environ), world), directory)

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run a command; whatever it ends with, it printed no secret and no traceback."""
        with using(self.services):
            result = CliRunner().invoke(cli, arguments, input=stdin, prog_name="cupbearer")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        answered = result.stdout + result.stderr
        assert not SECRET.search(answered), answered
        assert "Traceback" not in answered
        return result

    def done(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that must succeed; return what it printed."""
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.done(*arguments, "--json"))

    def refused(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that must be refused by one sentence; return it."""
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 1, result.output
        sentences = [line for line in result.stderr.splitlines() if not line.endswith("/cupbearer.db")]
        assert len(sentences) == 1, result.stderr  # beside the note that a store begins here
        return sentences[0].removeprefix("cupbearer: ")

    def make(self, username: str = "Zoe", *options: str) -> User:
        self.done("users", "create", username, "--password-stdin", *options, stdin=PHRASE + "\n")
        user = self.services.accounts.users.find(username)
        assert user is not None
        return user

    def log_in(self, username: str = "Zoe", password: str = PHRASE) -> LogInResult:
        return self.services.authentication.log_in.with_password(
            username=username, password=password, source=SOURCE
        )


def script() -> list[str]:
    """Return the installed script, or what it runs where it is not installed."""
    installed = Path(sys.executable).with_name("cupbearer")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "cupbearer.cli"]


def environment(**more: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if n != "PORT" and not n.startswith(("CUPBEARER_", "AWS_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "CUPBEARER_SIGNING_ALG": "EdDSA", **more}


def run_script(
    directory: Path, *arguments: str, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [*script(), *arguments], cwd=directory, env=environment(**env), input=stdin,
        capture_output=True, text=True, timeout=patience.SECONDS, check=False,
    )  # fmt: skip
