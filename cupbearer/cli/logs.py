"""``cupbearer logs``: what the service has logged, here or on a deployed stage."""

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.moments import MOMENT
from cupbearer.cli.output import note, say
from cupbearer.cli.work import json_option
from cupbearer.log_lines import LogLine

HOUR = 60 * 60
PARTS = ("api", "authorizer", "mail")


@click.group(
    cls=Commands,
    commands_from={"tail": "cupbearer.cli.logs:tail"},
    short_help="Show what the service logs.",
    epilog=examples("cupbearer logs tail --follow", "cupbearer --stage prod logs tail --since 15m"),
)
def command() -> None:
    """Show what the service logs: one JSON object a line, without secrets."""


@click.command(
    short_help="Show the last lines of the log, and go on as they come.",
    epilog=examples(
        "cupbearer logs tail --follow",
        "cupbearer logs tail --since 15m --json",
        "cupbearer --stage prod logs tail --function api --follow",
    ),
)
@click.option("--follow", "-f", is_flag=True, help="Go on as lines come, until you stop it.")
@click.option(
    "--since",
    metavar="WHEN",
    type=MOMENT,
    help="Only since then: 15m, 2h, 2026-11-20T13:30 (UTC). [deployed: 1h]",
)
@click.option(
    "--limit", "-n", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many lines."
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another file, as of a server that you started yourself.",
)
@click.option(
    "--function", "parts", type=click.Choice(PARTS), multiple=True, help="Deployed: only of this function."
)
@json_option
def tail(
    *, follow: bool, since: int | None, limit: int, file: Path | None, parts: tuple[str, ...], as_json: bool
) -> None:
    """Show the last lines of the log, and go on as they come.

    Here it is the log that "make serve" keeps in .cupbearer/, of the server that wrote last or of PORT. With
    --stage it is CloudWatch's of that stage, which takes the right logs:FilterLogEvents. --json prints a
    JSON object a line.
    """
    stage = click.get_current_context().find_root().params.get("stage")
    if stage is not None and file is not None:
        raise click.UsageError("--stage and --file contradict each other.")
    if stage is not None:
        lines = _deployed(stage, parts or PARTS, follow=follow, since=since, limit=limit)
    else:
        lines = _here(file, follow=follow, since=since, limit=limit)
    with suppress(KeyboardInterrupt):
        _print(lines, as_json=as_json)


def _print(lines: Iterable[LogLine], *, as_json: bool) -> None:
    for line in lines:
        say(*([json.dumps(line.data(), ensure_ascii=True)] if as_json else line.readable()))


def _here(file: Path | None, *, follow: bool, since: int | None, limit: int) -> Iterator[LogLine]:
    from cupbearer import local_log

    port = os.environ.get("PORT")
    path = file or (local_log.path_of(port) if port else local_log.newest())
    if path is None:
        raise Failure("No server that ran here has kept a log: start one with make serve, or name a --file.")
    try:
        log = click.get_current_context().with_resource(path.open("rb"))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from None
    note(f"cupbearer: {path}")
    found = local_log.last(log, since=since, limit=limit)
    return chain(found, local_log.follow(log) if follow else ())


def _deployed(
    stage: str, parts: Iterable[str], *, follow: bool, since: int | None, limit: int
) -> Iterator[LogLine]:
    from cupbearer.deploying import aws, cloud_log

    begin = time.time() - HOUR if since is None else since
    client = aws.account().client("logs")
    return cloud_log.lines(client, stage, parts, since=begin, limit=limit, follow=follow)
