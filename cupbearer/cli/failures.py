"""What is said when a command does not do what it was asked for."""

from typing import IO, Any

import click

from cupbearer.cli.output import plain


class Failure(click.ClickException):
    """One sentence on standard error and exit status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"cupbearer: {plain(self.message)}", file=file, err=file is None)


def failure_of(error: Exception, *, command: str) -> Failure:
    """Return how an exception is shown: what is known in its own words, a defect by its type alone."""
    sentence = _sentence(error)
    if sentence is None:
        sentence = f"Something is wrong in this command ({type(error).__name__}); {command} --traceback … shows where."
    return Failure(" ".join(sentence.split()))


def _sentence(error: Exception) -> str | None:  # noqa: PLR0911 - one line a kind
    from chalicelib.errors import Refusal, SlowDown
    from chalicelib.settings.reader import SettingsError
    from chalicelib.store import Conflict, StoreUnavailable
    from cupbearer.deploying import CannotDeploy

    match error:
        case SlowDown():
            return f"{error.detail} ({error.retry_after} s)"
        case Refusal():
            return error.detail
        case SettingsError() | CannotDeploy():
            return str(error)
        case StoreUnavailable():
            return f"The store cannot be used: {error}."
        case Conflict():
            return "Somebody else changed this at the same moment: try again."
        case OSError() if error.strerror:
            return f"{error.filename or 'The system'}: {error.strerror}."
    if type(error).__module__.startswith("botocore."):
        return f"AWS did not do it: {error}"
    return None
