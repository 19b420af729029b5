"""``cupbearer version``."""

import click

from cupbearer.cli.output import tell
from cupbearer.cli.work import json_option


@click.command(short_help="Show the version.")
@json_option
def command(*, as_json: bool) -> None:
    """Show the version."""
    from chalicelib import VERSION

    tell({"version": VERSION}, f"cupbearer {VERSION}", as_json=as_json)
