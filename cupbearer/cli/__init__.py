"""The command line ``cupbearer``: a table of contents. Each command is a module that is imported when it is used.

To add one, write ``cupbearer/cli/NAME.py`` with a click command called ``command`` and a line in :data:`COMMANDS`.
"""

import sys
from pathlib import Path

import click

from cupbearer.cli.commands import Commands, examples

COMMANDS = {
    "users": "cupbearer.cli.users:command",
    "sessions": "cupbearer.cli.sessions:command",
    "audit": "cupbearer.cli.audit:command",
    "stats": "cupbearer.cli.stats:command",
    "logs": "cupbearer.cli.logs:command",
    "why-denied": "cupbearer.cli.why_denied:command",
    "keys": "cupbearer.cli.keys:command",
    "clients": "cupbearer.cli.clients:command",
    "resources": "cupbearer.cli.resources:command",
    "registration-tokens": "cupbearer.cli.registration_tokens:command",
    "log-outs": "cupbearer.cli.log_outs:command",
    "mail": "cupbearer.cli.mail:command",
    "demo": "cupbearer.cli.demo:command",
    "backup": "cupbearer.cli.backup:command",
    "table": "cupbearer.cli.table:command",
    "serve": "cupbearer.cli.serve:command",
    "doctor": "cupbearer.cli.doctor:command",
    "cost": "cupbearer.cli.cost:command",
    "version": "cupbearer.cli.version:command",
}


@click.group(
    cls=Commands,
    commands_from=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "cupbearer demo                            two users to try things with",
        "cupbearer users grant Zoe orders:write    a scope, from her next refresh on",
        "pbpaste | cupbearer why-denied - GET /users",
        "cupbearer --stage prod users grant Zoe users:write",
    ),
)
@click.option("--stage", metavar="STAGE", help="Work on a deployed stage: its stack says on what.")
@click.option("--traceback", is_flag=True, help="Show where an unexpected error came from.")
def cli(*, stage: str | None, traceback: bool) -> None:  # noqa: ARG001 - traceback is read when a command fails
    """Look after a Cupbearer: users, sessions, keys, and why a call was denied.

    It works on what CUPBEARER_STORE and the other settings say, else on the server that runs from this
    directory, else on the store in .cupbearer/, and may run while the service runs. It ends with status
    0 when done, 1 when refused, 2 when the command line itself is wrong.
    """
    if stage is not None:
        from cupbearer.deploying.stage import work_on

        work_on(stage)


def main() -> None:
    """Run the command line; the script's entry."""
    project = (
        Path(__file__).resolve().parents[2]
    )  # chalicelib and app.py are not installed: they stand beside us
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))
    cli(prog_name="cupbearer")


if __name__ == "__main__":
    main()
