"""How commands are found, and how a failure is shown: a sentence and a status, never a traceback."""

import errno
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from cupbearer.cli.failures import Failure, failure_of


class Commands(click.Group):
    """A group whose commands stand in modules that are imported when they are asked for.

    ``commands_from`` leads from a name to ``module:attribute``. A module that does not exist is not shown.
    """

    def __init__(self, *args: Any, commands_from: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = {name: place.partition(":") for name, place in commands_from.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name, (module, _, _) in self._places.items() if find_spec(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = self._places[cmd_name]
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names; of an unknown one say what was meant."""
        if args and not args[0].startswith("-") and args[0] not in (known := self.list_commands(ctx)):
            nearest = get_close_matches(args[0], known, n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"There are: {', '.join(known)}."
            ctx.fail(f"No such command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            root = ctx.find_root()
            if root.params.get("traceback") or getattr(error, "errno", None) == errno.EPIPE:
                raise
            raise failure_of(error, command=root.info_name or "cupbearer") from None


def examples(*lines: str) -> str:
    r"""Return the end of a help text. ``\b`` keeps click from re-wrapping it."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


__all__ = ["Commands", "Failure", "examples"]
