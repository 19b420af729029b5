"""``cupbearer backup``: a copy of the SQLite store while the service runs."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, note, tell
from cupbearer.cli.work import json_option

if TYPE_CHECKING:
    from chalicelib.store.sqlite import SqliteStore
    from chalicelib.store.sqlite_backup import Copy

IS_DYNAMODB = "This store is a DynamoDB table, which has point-in-time recovery: docs/operations.md says how to restore it."


@click.command(
    short_help="Copy the SQLite store while it is at work.",
    epilog=examples(
        "cupbearer backup /mnt/backups/cupbearer-$(date +%F).db",
        "cupbearer backup --force --json latest.db",
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE if it exists.")
@json_option
def command(*, file: Path, force: bool, as_json: bool) -> None:
    """Copy the SQLite store to FILE while the service runs.

    The copy is the store of one moment, readable by you alone, and is examined before it gets its name. The master
    key is not in it: keep that elsewhere, since whoever has both can sign tokens.
    """
    from chalicelib import wiring
    from chalicelib.store.sqlite_backup import CannotBackUp
    from cupbearer.cli import finding

    at = wiring.services(finding.settings)
    if at.settings.store_engine != "sqlite":
        raise Failure(IS_DYNAMODB)
    source = Path(at.settings.store_name)
    if not source.exists():
        raise Failure(f"There is no store at {source.absolute()}: nothing was copied.")
    store: SqliteStore = at.store  # type: ignore[assignment]  # as its engine says
    try:
        copy = _with_progress(store, file, force=force)
    except CannotBackUp as error:
        raise Failure(f"Nothing was written: {error}.") from None
    if at.settings.master_key is None:
        note(
            f"cupbearer: {source.with_name('master.key')} is needed to restore it: keep it, in another place."
        )
    sentence = f"{file} holds {counted(copy.records, 'record')} in {copy.size:,} bytes, examined and whole."
    tell({"file": str(file.absolute()), **asdict(copy), "integrity": "ok"}, sentence, as_json=as_json)


def _with_progress(store: "SqliteStore", file: Path, *, force: bool) -> "Copy":
    if not sys.stderr.isatty():
        return store.back_up(file, overwrite=force, progress=lambda _left, _total: None)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Copying")

        def progress(left: int, total: int) -> None:
            bar.update(task, completed=total - left, total=total)

        return store.back_up(file, overwrite=force, progress=progress)
