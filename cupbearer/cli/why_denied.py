"""``cupbearer why-denied``: what becomes of one call, step by step."""

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from cupbearer.cli.asking import line_of_stdin
from cupbearer.cli.commands import examples
from cupbearer.cli.output import plain, say_json
from cupbearer.cli.work import json_option, services

if TYPE_CHECKING:
    from chalicelib.authorizer.route_table import RouteTable
    from cupbearer.cli.deciding import Decision

FROM_STDIN = "-"
_SCHEME = re.compile(r"^(?:authorization: *)?bearer +", re.IGNORECASE)  # as it is copied from a request

MARKS = {True: ("ok", "green"), False: ("NO", "red"), None: ("--", None)}


@click.command(
    "why-denied",
    short_help="Explain why a call is denied.",
    epilog=examples(
        "pbpaste | cupbearer why-denied - GET /users",
        "cupbearer why-denied - POST /orders < token.txt",
    ),
)
@click.argument("token", metavar="TOKEN")
@click.argument("method", metavar="METHOD")
@click.argument("path", metavar="PATH")
@json_option
def command(*, token: str, method: str, path: str, as_json: bool) -> None:
    """Explain what happens to a call of METHOD PATH with TOKEN, and why.

    Every check is shown: the token's form, its key and signature, its claims, whether its session is live,
    its scopes, and the line of the policy that opens or closes the route. For a client's assertion
    (private_key_jwt) PATH is /oauth/token; looking does not spend it.

    With "-" the token comes from standard input and stays out of your shell's history. It is never
    printed, sent anywhere or stored. The exit status is 0 where the call is let through, else 1.
    """
    from cupbearer.cli.deciding import decide

    text = line_of_stdin("token") if token == FROM_STDIN else token
    bare = _SCHEME.sub("", text.strip())
    decision = decide(services(), _table(), bare, method=method.upper(), path=path)
    if as_json:
        say_json(decision.shape())
    else:
        _draw(decision)
    if decision.status >= 400:  # noqa: PLR2004 - refusals begin there
        sys.exit(1)


def _table() -> "RouteTable":
    """Return the routes of the project, this reader's own ones included."""
    table: RouteTable = import_module("app").TABLE
    return table


def _draw(decision: "Decision") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for look in decision.steps:
        mark, colour = MARKS[look.ok]
        console.print(Text.assemble((mark, colour or ""), f"  {look.step:<15}{plain(look.says)}"))
    console.print(Text(f"\n{plain(decision.verdict)}", style="bold"))
