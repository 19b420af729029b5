"""``cupbearer serve``: what ``make serve`` runs."""

import click

from cupbearer.cli.commands import examples


@click.command(
    short_help="Run the service on this machine.",
    epilog=examples("cupbearer serve", "cupbearer serve --port 8080 --reload"),
)
@click.option("--port", metavar="NUMBER", help="Where to listen; default: $PORT or 8000; 0: any.")
@click.option("--host", metavar="ADDRESS", help="Default: this machine only.")
@click.option("--stage", metavar="NAME", help="The stage of .chalice/config.json; default: dev.")
@click.option("--reload", is_flag=True, help="Start again when a file of the project changes.")
@click.option("--traceback", is_flag=True, help="Show where a start-up failed.")
@click.option("--json", is_flag=True, help="Print what is served, as one line of JSON.")
def command(*, port: str | None, host: str | None, stage: str | None, **flags: bool) -> None:
    """Run the whole service on this machine, on the store in .cupbearer/.

    It answers as the deployed one does. Ctrl-C ends it.
    """
    from cupbearer import serve

    named = {"--port": port, "--host": host, "--stage": stage}
    arguments = [word for name, value in named.items() if value is not None for word in (name, value)]
    arguments += [f"--{flag}" for flag, is_set in flags.items() if is_set]
    raise SystemExit(serve.main(arguments))
