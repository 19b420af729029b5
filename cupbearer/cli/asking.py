"""What is asked of the person at the keyboard: a new password, and whether they mean it."""

import sys

import click

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import plain

MAX_STDIN = 64 * 1024  # characters; what follows is no password and no token

password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input, one line, instead of asking.",
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")


def new_password(*, from_stdin: bool) -> str:
    """Return a new password: asked for twice and hidden, or the one line of standard input. Never an argument."""
    if from_stdin:
        return line_of_stdin("password")
    if not sys.stdin.isatty():
        raise Failure("There is no terminal to ask for the password at: give it with --password-stdin.")
    answer: str = click.prompt("New password", hide_input=True, confirmation_prompt="Once more", err=True)
    return answer


def line_of_stdin(what: str) -> str:
    """Return the one line of standard input without its end."""
    text = sys.stdin.read(MAX_STDIN)
    line, _, rest = text.partition("\n")
    if not line.rstrip("\r") or rest.strip():
        raise Failure(f"Standard input must hold the {what} in one line, and nothing else.")
    return line.rstrip("\r")


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if the person means it; without a terminal only with ``--yes``."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("This asks before it acts, and there is no terminal to ask at: say --yes.")
    if not click.confirm(plain(question), err=True):
        raise Failure("Nothing was done.")
