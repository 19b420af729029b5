"""``cupbearer version``."""

import click

from cupbearer.cli.output import say


@click.command(short_help="Show the version.")
def command() -> None:
    """Show the version."""
    from chalicelib import VERSION

    say(f"cupbearer {VERSION}")
