"""``cupbearer users import``: people move in from elsewhere, with their old password hashes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure, failure_of
from cupbearer.cli.output import counted, note, say, say_json
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from cupbearer.cli.importing import Import, Report

Advance = Callable[[int], None]


@click.command(
    short_help="Import users with their password hashes.",
    epilog=examples(
        "cupbearer users import old-users.jsonl --dry-run",
        "cupbearer users import old-users.jsonl --failed failed.jsonl",
        "decrypt users.age | cupbearer users import -",
    ),
)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Check every line and change nothing.")
@click.option(
    "--failed", type=click.Path(dir_okay=False, path_type=Path), metavar="PATH",
    help="Write the lines that failed to a new file, to be mended and imported.",
)  # fmt: skip
@click.option("--new-ids", is_flag=True, help="Give everybody a new id, whatever user_id a line has.")
@json_option
def command(*, file: IO[bytes], dry_run: bool, failed: Path | None, new_ids: bool, as_json: bool) -> None:
    """Import users from FILE ("-": standard input), one JSON object per line.

    \b
      {"username": "Zoe", "email": "zoe@example.com", "email_verified": true,
       "name": "Zoe B.", "password_hash": "$2b$12$…", "scopes": ["orders:read"],
       "user_id": "3f6c2d1e-0c7e-4a51-9d0e-2b9b7a3a5c11"}

    Only username is needed; without scopes the user gets the default ones. Hashes of Argon2, bcrypt,
    scrypt, PBKDF2 and Django's are taken and replaced at the first log-in. A user_id of elsewhere is kept,
    and is the sub of tokens: up to 64 letters, digits, hyphens and underscores that are nobody's here and
    never were. A created_at is ignored.

    It may be run again, also after it was stopped: who is there already, by user name and with the same
    e-mail address and id, is left as is. What fails is listed with its line and its reason, and makes exit
    status 1; the other lines are brought in.
    """  # noqa: D301 - click reads the \b
    from cupbearer.cli.importing import Import

    bringing = Import(services(), source(), dry_run=dry_run, new_ids=new_ids)
    with _keeping(failed) as keep, _progress(file) as advance:
        stopped = _bring(bringing, file, keep, advance)
    _tell(bringing.report, dry_run=dry_run, as_json=as_json)
    if stopped is not None:
        raise Failure(f"Stopped: {stopped} Run it again: what is brought in stays.")
    if bringing.report.failed:
        raise Failure(f"{counted(len(bringing.report.failed), 'line')} failed.")


def _bring(bringing: "Import", file: IO[bytes], keep: IO[bytes] | None, advance: Advance) -> str | None:
    """Bring in line by line; return why it had to stop, if it had."""
    from chalicelib.errors import Unavailable
    from chalicelib.store import StoreUnavailable

    for number, line in enumerate(bringing.lines(file), start=1):
        try:
            good = bringing.bring(number, line)
        except (StoreUnavailable, Unavailable) as trouble:
            return f"line {number}: {failure_of(trouble, command='cupbearer').message}"
        if not good and keep is not None:
            keep.write(line.rstrip(b"\r\n") + b"\n")
        advance(len(line))
    return None


@contextmanager
def _keeping(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Give a new file that only its owner can read: it will hold hashes."""
    if path is None:
        yield None
        return
    import os

    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failure(f"Nothing was imported: {path} exists: name another file for what fails.") from None
    with os.fdopen(made, "wb") as file:
        yield file


@contextmanager
def _progress(file: IO[bytes]) -> Iterator[Advance]:
    """Show how far it is, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    known = file.name not in ("-", "<stdin>") and Path(file.name).is_file()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Importing", total=Path(file.name).stat().st_size if known else None)
        yield lambda size: progress.advance(task, size)


def _tell(report: "Report", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        failed = [{"line": number, "username": name, "reason": why} for number, name, why in report.failed]
        say_json(
            {"imported": report.imported, "present": report.present, "failed": failed, "dry_run": dry_run}
        )
        return
    for number, name, why in report.failed:
        note(f"line {number}{f' ({name})' if name else ''}: {why}")
    verb = "would be imported" if dry_run else "imported"
    say(
        f"{counted(report.imported, 'user')} {verb}, {report.present} there already, {len(report.failed)} failed."
    )
